//! How configurations are merged (`TransformerConfig.Merge`, `FsSlice.MergeAll`).
//!
//! What stands in a configuration wins over what comes later: a field spec counts as known if one of its path stands
//! already whose types are among its own. So a spec for any kind is lost behind one for a single kind.
//!
//! After each merge kustomize sorts by type, with a sort that may exchange specs of one type where there are more than
//! twelve. Here their order stays. No output shows it: specs of one type differ in path, each is applied by itself, and
//! whether one counts as known depends on none of another path.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use super::{NameBackReferences, TransformerConfig};
use crate::diag::{Code, Diagnostic};
use crate::render::kustomize::failure::{Failure, Result};
use crate::render::kustomize::field_spec::FieldSpec;
use crate::render::kustomize::id::{FIRST_KINDS, Gvk, LAST_KINDS};

impl TransformerConfig {
    /// Two configurations in one: shared where one of them is all of it. Equal ones cost nothing.
    ///
    /// # Errors
    /// Field specs that contradict each other.
    pub fn merged(own: &Arc<Self>, more: &Arc<Self>) -> Result<Arc<Self>> {
        if more.is_empty() || Arc::ptr_eq(own, more) && own.is_settled() {
            return Ok(Arc::clone(own));
        }
        if own.is_empty() && more.is_settled() {
            return Ok(Arc::clone(more));
        }
        own.merge(more).map(Arc::new)
    }

    /// This configuration with what another one adds.
    ///
    /// # Errors
    /// Field specs that contradict each other.
    pub fn merge(&self, more: &Self) -> Result<Self> {
        let specs = |name: &str, own: &[FieldSpec], more: &[FieldSpec]| {
            merge_all(own.to_vec(), more).map_err(|failure| prefixed(failure, name))
        };
        let mut merged = Self {
            name_prefix: specs("NamePrefix", &self.name_prefix, &more.name_prefix)?,
            name_suffix: specs("NameSuffix", &self.name_suffix, &more.name_suffix)?,
            namespace: specs("NameSpace", &self.namespace, &more.namespace)?,
            common_annotations: specs("CommonAnnotations", &self.common_annotations, &more.common_annotations)?,
            common_labels: specs("CommonLabels", &self.common_labels, &more.common_labels)?,
            labels: specs("Labels", &self.labels, &more.labels)?,
            template_labels: specs("TemplateLabels", &self.template_labels, &more.template_labels)?,
            var_reference: specs("VarReference", &self.var_reference, &more.var_reference)?,
            name_reference: merge_references(self.name_reference.clone(), &more.name_reference)
                .map_err(|failure| prefixed(failure, "NameReference"))?,
            images: specs("Images", &self.images, &more.images)?,
            replicas: specs("Replicas", &self.replicas, &more.replicas)?,
        };
        merged.sort();
        Ok(merged)
    }

    fn sections(&self) -> [&Vec<FieldSpec>; 10] {
        [
            &self.name_prefix,
            &self.name_suffix,
            &self.namespace,
            &self.common_labels,
            &self.labels,
            &self.template_labels,
            &self.common_annotations,
            &self.var_reference,
            &self.images,
            &self.replicas,
        ]
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.name_reference.is_empty() && self.sections().iter().all(|specs| specs.is_empty())
    }

    /// Whether merging it with itself, or with nothing, changes nothing: not so where a spec for one kind stands before
    /// one for any.
    fn is_settled(&self) -> bool {
        if std::ptr::eq(self, &**Self::builtin()) {
            return true;
        }
        let mut named = HashSet::new();
        self.sections().iter().all(|specs| is_settled(specs))
            && self.name_reference.iter().all(|back| named.insert(&back.gvk) && agrees(&back.referrers))
    }

    /// Sorts each section by type.
    pub(super) fn sort(&mut self) {
        for specs in [
            &mut self.name_prefix,
            &mut self.name_suffix,
            &mut self.namespace,
            &mut self.common_labels,
            &mut self.labels,
            &mut self.template_labels,
            &mut self.common_annotations,
            &mut self.var_reference,
            &mut self.images,
            &mut self.replicas,
        ] {
            specs.sort_by(|a, b| compare(&a.gvk, &b.gvk));
        }
        self.name_reference.sort_by(|a, b| compare(&a.gvk, &b.gvk));
    }
}

fn prefixed(failure: Failure, section: &str) -> Failure {
    failure.prefixed(&format!("failed to merge {section} fieldSpec"))
}

/// Whether a spec stands for `other` where that comes later (`effectivelyEquals`).
fn covers(spec: &FieldSpec, other: &FieldSpec) -> bool {
    spec.path == other.path && spec.gvk.is_selected(&other.gvk)
}

fn is_settled(specs: &[FieldSpec]) -> bool {
    specs.iter().enumerate().all(|(at, spec)| !specs.iter().take(at).any(|earlier| covers(earlier, spec)))
}

/// Whether merging them with themselves fails not.
fn agrees(specs: &[FieldSpec]) -> bool {
    specs
        .iter()
        .all(|spec| specs.iter().find(|known| covers(known, spec)).is_none_or(|known| known.create == spec.create))
}

/// Field specs, and those of others that they don't have yet (`FsSlice.MergeAll`).
///
/// # Errors
/// One that is there already, but says otherwise whether the field is to be created.
pub fn merge_all(own: Vec<FieldSpec>, more: &[FieldSpec]) -> Result<Vec<FieldSpec>> {
    let mut all = own;
    for spec in more {
        match all.iter().find(|known| covers(known, spec)) {
            None => all.push(spec.clone()),
            Some(known) if known.create == spec.create => {}
            Some(known) => return Err(conflict(known, spec)),
        }
    }
    Ok(all)
}

fn conflict(known: &FieldSpec, spec: &FieldSpec) -> Failure {
    let word = |create: bool| if create { "is to be created" } else { "is not to be created" };
    let message = format!(
        "two field specs say of `{}` that it {} and that it {}",
        spec.path,
        word(known.create),
        word(spec.create)
    );
    let diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, message)
        .at(spec.origin, word(spec.create))
        .named_at(known.origin, word(known.create))
        .hint("give both the same `create`");
    Failure::told("conflicting fieldspecs", diagnostic)
}

/// The same for references: those to one type become one.
///
/// # Errors
/// Field specs that contradict each other.
pub fn merge_references(own: Vec<NameBackReferences>, more: &[NameBackReferences]) -> Result<Vec<NameBackReferences>> {
    let mut all = own;
    for other in more {
        let mut found = false;
        for known in all.iter_mut().filter(|known| known.gvk == other.gvk) {
            known.referrers = merge_all(std::mem::take(&mut known.referrers), &other.referrers)?;
            found = true;
        }
        if !found {
            all.push(other.clone());
        }
    }
    Ok(all)
}

/// The order of types (`Gvk.IsLessThan`).
fn compare(a: &Gvk, b: &Gvk) -> Ordering {
    let rank = |gvk: &Gvk| {
        let first = FIRST_KINDS.iter().position(|kind| *kind == gvk.kind).map(|at| (0, at));
        let last = || LAST_KINDS.iter().position(|kind| *kind == gvk.kind).map(|at| (2, at));
        first.or_else(last).unwrap_or((1, 0))
    };
    rank(a).cmp(&rank(b)).then_with(|| sorted_by(a).cmp(&sorted_by(b)))
}

fn sorted_by(gvk: &Gvk) -> String {
    let part = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
    format!("{}_{}_{}", part(&gvk.group, "~G"), part(&gvk.version, "~V"), part(&gvk.kind, "~K"))
}
