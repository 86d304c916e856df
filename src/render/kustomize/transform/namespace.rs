//! `namespace` (api/filters/namespace, NamespaceTransformer).

use std::borrow::Cow;
use std::collections::HashMap;

use super::super::context::Context;
use super::super::failure::{Failure, Result};
use super::super::field_spec::{Change, Create, Field, FieldSpec, Fields, Kind, wrong_kind};
use super::super::id::ResId;
use super::super::resmap::ResMap;
use super::super::resource::Resource;
use super::super::scalar::text_of;
use super::super::types::Text;
use super::super::written;
use crate::diag::{Code, Diagnostic};
use crate::yaml::{self, Node, Value};

/// Where the namespace of all but cluster-scoped objects stands. Field specs have no say in it.
const NAMESPACE: &str = "metadata/namespace";
/// The name of an object, which is its namespace's if it is a Namespace.
const NAME: &str = "metadata/name";
/// Who a role is bound to. Field specs have no say in it.
const SUBJECTS: &str = "subjects/namespace";
/// What the Helm generator leaves on manifests whose namespace is Helm's affair.
const HELM_GENERATED: &str = "internal.config.kubernetes.io/helm-generated";
/// The action of a step.
const ACTION: &str = "namespace set by";

/// Sets the namespace of resources, and of what names it in them.
#[derive(Clone, Debug, Default)]
pub struct Namespace<'a> {
    /// `metadata.namespace` of the configuration: the namespace. Empty changes nothing.
    pub namespace: Text,
    /// `fieldSpecs`.
    pub field_specs: Cow<'a, [FieldSpec]>,
    /// `unsetOnly`: whether fields that say something are left alone.
    pub unset_only: bool,
    /// `setRoleBindingSubjects`: `defaultOnly` (also if empty), `allServiceAccounts` or `none`.
    pub set_role_binding_subjects: Text,
}

/// Which subjects of role bindings get the namespace.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subjects {
    NamedDefault,
    ServiceAccounts,
    None,
}

impl Namespace<'_> {
    /// Sets the namespace of all resources.
    ///
    /// # Errors
    /// `setRoleBindingSubjects` that says nothing, a field that isn't a scalar, two resources of one id.
    pub fn apply(&self, map: &mut ResMap, ctx: &Context) -> Result<()> {
        let subjects = self.subjects()?;
        if self.namespace.is_empty() {
            return Ok(());
        }
        let filter = self.filter(subjects, ctx);
        let mut ids: HashMap<ResId, usize> = HashMap::with_capacity(map.len());
        for resource in map.resources() {
            *ids.entry(resource.id().clone()).or_default() += 1;
        }
        let mut conflict = None;
        for resource in map.resources_mut() {
            let by_helm = || resource.metadata_text("annotations", HELM_GENERATED).is_some_and(|text| text == "true");
            if resource.is_empty() || by_helm() {
                continue;
            }
            let old = resource.id().clone();
            resource.store_previous_id();
            filter.run(resource)?;
            if let Some(count) = ids.get_mut(&old) {
                *count -= 1;
            }
            let count = ids.entry(resource.id().clone()).or_default();
            *count += 1;
            if *count > 1 {
                conflict = Some(resource.id().clone());
                break;
            }
        }
        conflict.map_or(Ok(()), |id| Err(self.conflict(map, &id)))
    }

    /// Sets the namespace of one resource, by what is fixed and no field specs (as the ValueAddTransformer does).
    ///
    /// # Errors
    /// A field that isn't a scalar.
    pub fn apply_to(&self, resource: &mut Resource, ctx: &Context) -> Result<()> {
        self.filter(self.subjects()?, ctx).run(resource)
    }

    fn filter<'f, 'w>(&'f self, subjects: Subjects, ctx: &'f Context<'f, 'w>) -> Filter<'f, 'w> {
        let own = FieldSpec { path: NAMESPACE.into(), create: true, ..FieldSpec::default() };
        let others = self.field_specs.iter().filter(|spec| spec.path != NAMESPACE);
        Filter { namespace: self, subjects, own, others: Fields::new(others), ctx }
    }

    fn subjects(&self) -> Result<Subjects> {
        match &*self.set_role_binding_subjects {
            "" | "defaultOnly" => Ok(Subjects::NamedDefault),
            "allServiceAccounts" => Ok(Subjects::ServiceAccounts),
            "none" => Ok(Subjects::None),
            other => {
                let text = format!(
                    "invalid value {other:?} for setRoleBindingSubjects: must be one of \"defaultOnly\", \"none\" or \
                     \"allServiceAccounts\""
                );
                let origin = self.set_role_binding_subjects.origin;
                Err(Failure::new(Code::INVALID_KUSTOMIZATION, text).at(origin, "none of these"))
            }
        }
    }

    fn conflict(&self, map: &ResMap, id: &ResId) -> Failure {
        let same: Vec<&Resource> = map.resources().iter().filter(|resource| resource.id() == id).collect();
        let shown: Vec<String> = same.iter().map(|resource| yaml::to_json(resource.node())).collect();
        let text = format!("namespace transformation produces ID conflict: [{}]", shown.join(" "));
        let message = format!("in the namespace `{}`, {id} is there twice", &*self.namespace);
        let mut diagnostic = Diagnostic::error(Code::REPEATED_OBJECT, message);
        diagnostic = diagnostic.at(self.namespace.origin, "put into one namespace by this");
        for resource in same {
            diagnostic = diagnostic.also(resource.declared_at, "one of them");
        }
        Failure::told(text, diagnostic)
    }
}

/// The filter, made ready for many resources.
struct Filter<'f, 'w> {
    namespace: &'f Namespace<'f>,
    subjects: Subjects,
    own: FieldSpec,
    others: Fields<'f>,
    ctx: &'f Context<'f, 'w>,
}

impl Filter<'_, '_> {
    fn run(&self, resource: &mut Resource) -> Result<()> {
        let id = resource.id().clone();
        let by = self.namespace.namespace.origin;
        let result = resource.edit(|node| {
            if !id.gvk.cluster_scoped {
                self.set_at(&Field::new(&self.own), node, false)?;
            }
            let binds = is_role_binding(&id.gvk.kind);
            if binds {
                self.set_subjects(node)?;
            }
            let is_core = id.gvk.group.is_empty() && id.gvk.version == "v1";
            for field in self.others.of(&id.gvk) {
                let spec = field.spec;
                let fixed =
                    spec.path == NAME && !is_core || binds && spec.path == SUBJECTS && is_role_binding(&spec.gvk.kind);
                if !fixed {
                    self.set_at(field, node, true).map_err(|failure| {
                        let wrong_kind = failure.text.contains("wrong node kind: expected ");
                        failure.prefixed(match wrong_kind {
                            true => "namespace field specs must target scalar nodes",
                            false => "namespace transformation failed",
                        })
                    })?;
                }
            }
            Ok(())
        });
        result.map_err(|failure: Failure| failure.also(by, "for this namespace"))
    }

    /// Sets a field. A null in its place gets a tag, if a field spec made it one.
    fn set_at(&self, field: &Field, node: &mut Node, tagged: bool) -> Result<()> {
        let created = field.spec.create;
        let mut set = |node: &mut Node, _: &[_]| self.set(node, created, tagged);
        let by = self.namespace.namespace.origin;
        let mut change = Change { create: Create::Scalar, by, wants: &|_| true, set: &mut set };
        field.apply(node, &mut change)
    }

    fn set(&self, node: &mut Node, created: bool, tagged: bool) -> Result<()> {
        if self.namespace.unset_only && self.says_something(node, created) {
            if tagged && node.is_null() {
                node.value = Value::Str(self.written(node));
            }
            return Ok(());
        }
        if Kind::of(node) != Kind::Scalar {
            return Err(wrong_kind(node, Kind::Scalar));
        }
        let namespace = &self.namespace.namespace;
        *node = Node::new(namespace.text.clone(), self.ctx.recorder.step(ACTION, namespace.origin, node.origin));
        Ok(())
    }

    /// Whether a field is set already. What stands for a null counts as a text, once a field spec that creates has seen it.
    fn says_something(&self, node: &Node, created: bool) -> bool {
        match &node.value {
            Value::Null => created && !self.written(node).is_empty(),
            Value::Seq(_) => false,
            Value::Map(map) => map.get("").and_then(text_of).is_some_and(|text| !text.is_empty()),
            _ => text_of(node).is_some_and(|text| !text.is_empty()),
        }
    }

    fn written(&self, node: &Node) -> ecow::EcoString {
        written::text(node, self.ctx).unwrap_or_default()
    }

    /// Sets the namespace of those that a role is bound to.
    fn set_subjects(&self, node: &mut Node) -> Result<()> {
        let (key, value, looking) = match self.subjects {
            Subjects::None => return Ok(()),
            Subjects::NamedDefault => ("name", "default", "looking up name on (cluster)role binding subject"),
            Subjects::ServiceAccounts => ("kind", "ServiceAccount", "looking up kind on (cluster)role binding subject"),
        };
        let setting = "setting namespace on (cluster)role binding subjects";
        let subjects = match node.get("subjects") {
            None => return Ok(()),
            Some(subjects) if subjects.is_null() => return Ok(()),
            Some(subjects) => subjects.as_seq().ok_or_else(|| wrong_kind(subjects, Kind::Sequence)),
        };
        let mut chosen = Vec::new();
        for (at, subject) in subjects.map_err(|failure| failure.prefixed(setting))?.iter().enumerate() {
            let fits = is(subject, key, value).map_err(|failure| failure.prefixed(looking).prefixed(setting))?;
            if fits {
                chosen.push(at);
            }
        }
        if chosen.is_empty() {
            return Ok(());
        }
        let subjects = node.as_map_mut().and_then(|map| map.get_mut("subjects"));
        let Some(Value::Seq(subjects)) = subjects.map(|subjects| &mut subjects.value) else { return Ok(()) };
        let subjects = subjects.make_mut();
        for at in chosen {
            let Some(subject) = subjects.get_mut(at).and_then(Node::as_map_mut) else { continue };
            if subject.get("namespace").is_none() {
                subject.insert("namespace", self.namespace.namespace.origin, Node::default());
            }
            if let Some(namespace) = subject.get_mut("namespace") {
                self.set(namespace, false, false).map_err(|failure| failure.prefixed(setting))?;
            }
        }
        Ok(())
    }
}

fn is_role_binding(kind: &str) -> bool {
    matches!(kind, "RoleBinding" | "ClusterRoleBinding")
}

/// Whether a subject has a field with a value.
fn is(subject: &Node, key: &str, value: &str) -> Result<bool> {
    if subject.is_null() {
        return Ok(false);
    }
    if subject.as_map().is_none() {
        return Err(wrong_kind(subject, Kind::Mapping));
    }
    match subject.get(key) {
        None => Ok(false),
        Some(found) if found.is_null() => Ok(false),
        Some(found) => match text_of(found) {
            Some(text) => Ok(text == value),
            None => Err(wrong_kind(found, Kind::Scalar)),
        },
    }
}
