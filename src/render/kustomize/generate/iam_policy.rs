//! The IAMPolicyGenerator (api/filters/iampolicygenerator).

use super::super::context::Context;
use super::super::failure::{Failure, Result};
use super::super::resource::Resource;
use super::super::types::IamPolicy;
use crate::diag::{Code, Severity};
use crate::source::{FileId, Origin};
use crate::yaml::{self, Dialect, Node, Value};

/// A ServiceAccount that stands for one of a cloud provider.
///
/// # Errors
/// Another provider than GKE, texts of which no YAML comes.
pub fn generate(policy: &IamPolicy, ctx: &Context) -> Result<Resource> {
    if &*policy.cloud != "gke" {
        let text = format!("cloud provider {} not supported yet", &*policy.cloud);
        let at = if policy.cloud.is_empty() { policy.origin } else { policy.cloud.origin };
        return Err(Failure::new(Code::INVALID_KUSTOMIZATION, text).at(at, "only `gke` is known"));
    }
    // kustomize writes the texts into YAML as they are, and reads that.
    let mut text = format!(
        "\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  annotations:\n    iam.gke.io/gcp-service-account: \
         {}@{}.iam.gserviceaccount.com\n  name: {}\n",
        &*policy.account_name, &*policy.project_id, &*policy.service_name
    );
    if !policy.service_namespace.is_empty() {
        text.push_str(&format!("\n  namespace: {}", &*policy.service_namespace));
    }
    let parsed = yaml::parse(FileId::TRANSIENT, &text, Dialect::Kustomize);
    if let Some(wrong) = parsed.diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error) {
        let told = yaml::unmarshal(&text).err();
        let told = told.as_deref().and_then(|told| told.strip_prefix("error converting YAML to JSON: "));
        let text = told.map_or_else(|| format!("yaml: {}", wrong.message), str::to_owned);
        return Err(Failure::new(Code::INVALID_KUSTOMIZATION, text).at(policy.origin, "makes no YAML"));
    }
    let mut node = parsed.into_first();
    place(&mut node, policy.origin);
    for (keys, said) in
        [(["metadata", "name"], &policy.service_name), (["metadata", "namespace"], &policy.service_namespace)]
    {
        let found = keys.iter().try_fold(&mut node, |node, key| node.as_map_mut()?.get_mut(key));
        if let Some(found) = found.filter(|found| found.as_str() == Some(said)) {
            found.origin = said.origin;
        }
    }
    Ok(Resource::new(node, ctx.file.clone()))
}

/// Gives everything in a made document one place.
fn place(node: &mut Node, origin: Origin) {
    node.origin = origin;
    match &mut node.value {
        Value::Seq(items) => items.make_mut().iter_mut().for_each(|item| place(item, origin)),
        Value::Map(map) => map.entries_mut().iter_mut().for_each(|entry| {
            entry.key_origin = origin;
            place(&mut entry.value, origin);
        }),
        _ => {}
    }
}
