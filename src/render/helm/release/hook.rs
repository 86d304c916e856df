//! Hooks: manifests that Helm applies at a moment of a release, by their annotations.

use ecow::EcoString;

use super::head::Head;

/// When a hook runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Event {
    /// Before a release is installed.
    PreInstall,
    /// After it.
    PostInstall,
    /// Before a release is deleted.
    PreDelete,
    /// After it.
    PostDelete,
    /// Before a release is upgraded.
    PreUpgrade,
    /// After it.
    PostUpgrade,
    /// Before a release is rolled back.
    PreRollback,
    /// After it.
    PostRollback,
    /// By `helm test`.
    Test,
}

impl Event {
    /// The event of a name; none if Helm doesn't know it.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "pre-install" => Self::PreInstall,
            "post-install" => Self::PostInstall,
            "pre-delete" => Self::PreDelete,
            "post-delete" => Self::PostDelete,
            "pre-upgrade" => Self::PreUpgrade,
            "post-upgrade" => Self::PostUpgrade,
            "pre-rollback" => Self::PreRollback,
            "post-rollback" => Self::PostRollback,
            // The other was Helm 2's.
            "test" | "test-success" => Self::Test,
            _ => return None,
        })
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreInstall => "pre-install",
            Self::PostInstall => "post-install",
            Self::PreDelete => "pre-delete",
            Self::PostDelete => "post-delete",
            Self::PreUpgrade => "pre-upgrade",
            Self::PostUpgrade => "post-upgrade",
            Self::PreRollback => "pre-rollback",
            Self::PostRollback => "post-rollback",
            Self::Test => "test",
        }
    }
}

/// What the annotations of a hook say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookInfo {
    /// When it runs; as often as it is written.
    pub events: Vec<Event>,
    /// Its place among the hooks of an event: lower runs first.
    pub weight: i64,
    /// When it is deleted, in Helm's words: `before-hook-creation`, `hook-succeeded`, `hook-failed`. Others are kept.
    pub delete_policies: Vec<EcoString>,
}

/// What a manifest is, by its annotations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One that is installed.
    Manifest,
    /// A hook.
    Hook(HookInfo),
    /// A hook of an event that Helm doesn't know, with its annotation: Helm says so and drops it.
    Unknown(EcoString),
}

/// What a manifest is, by its annotations.
pub(super) fn kind(head: &Head) -> Kind {
    let annotation = |name: &str| head.annotations.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let Some(events) = annotation("helm.sh/hook") else { return Kind::Manifest };
    let words = |text: &str| text.split(',').map(|w| EcoString::from(w.trim().to_lowercase())).collect::<Vec<_>>();
    let Some(events) = words(events).iter().map(|name| Event::named(name)).collect() else {
        return Kind::Unknown(events.into());
    };
    let weight = annotation("helm.sh/hook-weight").and_then(|text| text.parse().ok()).unwrap_or(0);
    let delete_policies = annotation("helm.sh/hook-delete-policy").map(words).unwrap_or_default();
    Kind::Hook(HookInfo { events, weight, delete_policies })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(annotations: &[(&str, &str)]) -> Kind {
        let annotations = annotations.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        kind(&Head { annotations, ..Head::default() })
    }

    #[test]
    fn annotations_make_hooks() {
        let hook = |events, weight| Kind::Hook(HookInfo { events, weight, delete_policies: Vec::new() });
        assert_eq!(of(&[("a", "b")]), Kind::Manifest);
        assert_eq!(
            of(&[("helm.sh/hook", " Pre-Install, test-success")]),
            hook(vec![Event::PreInstall, Event::Test], 0)
        );
        assert_eq!(of(&[("helm.sh/hook", "test"), ("helm.sh/hook-weight", "-5")]), hook(vec![Event::Test], -5));
        assert_eq!(of(&[("helm.sh/hook", "test"), ("helm.sh/hook-weight", "+5")]), hook(vec![Event::Test], 5));
        assert_eq!(of(&[("helm.sh/hook", "test"), ("helm.sh/hook-weight", " 5")]), hook(vec![Event::Test], 0));
        for unknown in ["crd-install", "test,", ""] {
            assert_eq!(of(&[("helm.sh/hook", unknown)]), Kind::Unknown(unknown.into()));
        }
    }
}
