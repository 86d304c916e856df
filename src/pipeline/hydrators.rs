//! Source hydrators that write over each other: Argo CD commits nothing of either (controller/hydrator/hydrator.go,
//! `validateApplications`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Held;
use super::fixpoint::Fixed;
use crate::diag::{Code, Diagnostic};
use crate::plan::AppKey;
use crate::plan::fleet::Fleet;

/// Holds Applications of one hub that hydrate to the same directory in the same commit.
pub fn check(fleet: &Fleet, fixed: &mut Fixed) {
    // By hub, commit, repository and path, as Argo CD compares them: not normalized.
    let mut places: BTreeMap<(usize, [String; 4], String, String), Vec<AppKey>> = BTreeMap::new();
    for (key, result) in &fixed.apps {
        let (AppKey::Application { hub, .. }, None) = (key, &result.held) else { continue };
        let Some(application) = result.app.as_ref().and_then(|app| app.application()) else { continue };
        let (Some(hydrator), Some(dry)) = (&application.hydrator, application.sources.first()) else { continue };
        let place = (*hub, hydrator.commit(dry), hydrator.repo_url.clone(), hydrator.path.0.clone());
        places.entry(place).or_default().push(key.clone());
    }
    for ((_, _, url, path), keys) in places {
        let [first, rest @ ..] = keys.as_slice() else { continue };
        for second in rest {
            let of = |key: &AppKey| {
                let app = fixed.apps.get(key)?.app.as_ref()?;
                Some((app, app.application()?.hydrator.as_ref()?.path.1))
            };
            let (Some((one, one_at)), Some((two, two_at))) = (of(first), of(second)) else { continue };
            let message = format!("two Applications hydrate to the directory `{path}` of `{url}`");
            let cluster = fleet.clusters.get(two.cluster).map(|c| Arc::clone(&c.name));
            let diagnostic = Diagnostic::error(Code::SOURCE_HYDRATOR, message)
                .at(two_at, format!("written for `{}`", two.tree_name))
                .also(one_at, format!("and for `{}`", one.tree_name))
                .hint("Argo CD hydrates none that it would commit with them: give each a `path` of its own")
                .about(cluster.as_ref(), Some(&two.tree_name));
            let held = Held { code: diagnostic.code, reason: diagnostic.message.clone() };
            fixed.diagnostics.push(diagnostic);
            [first, second].into_iter().for_each(|key| fixed.hold(key, held.clone()));
        }
    }
}
