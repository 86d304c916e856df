use super::*;
use crate::argocd::repository::normalize_git_url;
use crate::yaml::schema::tests::from_json;

/// A project with this `spec`.
fn project(spec: &serde_json::Value) -> AppProject {
    let manifest = serde_json::json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject",
        "metadata": {"name": "p", "namespace": "argocd"},
        "spec": spec,
    });
    let (project, problems) = AppProject::from_node(&from_json(&manifest));
    project.unwrap_or_else(|| panic!("{spec}: {problems:?}"))
}

fn answer(project: &AppProject, ask: &serde_json::Value) -> serde_json::Value {
    let text = |key: &str| ask[key].as_str().unwrap_or_default();
    match text("what") {
        "normalize" => normalize_git_url(text("url")).into(),
        "source" => project.permits_source(text("url")).is_ok().into(),
        "destination" => {
            let scoped: Vec<&str> = ask["scoped"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
            let scoped: Vec<(&str, &str)> = scoped.chunks(2).map(|pair| (pair[0], pair[1])).collect();
            let target = Target { name: text("name"), server: text("server"), namespace: text("namespace") };
            project.permits_destination(target, &scoped).is_ok().into()
        }
        "kind" => {
            let namespaced = ask["namespaced"].as_bool().unwrap();
            project.permits_kind(text("group"), text("kind"), text("name"), namespaced).is_ok().into()
        }
        "namespace" => project.permits_namespace(text("namespace"), "argocd").is_ok().into(),
        "account" => match project.service_account(text("server"), text("namespace")) {
            Ok(found) => found.map_or("", |account| &account.account).into(),
            Err(_) => "error".into(),
        },
        // Argo CD tells the first, in its words: whether it refuses is what counts.
        "validate" => project.validate().has_errors().into(),
        what => panic!("{what}"),
    }
}

/// What Argo CD's own package answered: see `testdata/argocd/README.md`.
#[test]
fn answers_are_those_of_argo_cd() {
    let rows = include_str!("../../../testdata/argocd/project.jsonl");
    let mut wrong = Vec::new();
    for line in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let expected = match row["ask"]["what"].as_str() {
            Some("validate") => (row["is"] != "").into(),
            _ => row["is"].clone(),
        };
        let found = answer(&project(row.get("spec").unwrap_or(&serde_json::json!({}))), &row["ask"]);
        if found != expected {
            wrong.push(format!("{line}\n  we say {found}"));
        }
    }
    assert!(rows.lines().count() > 700);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.lines().count(), wrong.join("\n"));
}

fn read(text: &str) -> (Option<AppProject>, Vec<String>) {
    let node = crate::yaml::parse(crate::source::FileId::NONE, text, crate::yaml::Dialect::Kubernetes).into_first();
    let (project, problems) = AppProject::from_node(&node);
    let found = project.iter().flat_map(AppProject::validate);
    let told = problems.into_iter().chain(found);
    let told = told.map(|d| std::iter::once(d.message).chain(d.hints).collect::<Vec<_>>().join(" | ")).collect();
    (project, told)
}

#[test]
fn every_mistake_is_told() {
    let text = "kind: AppProject\nmetadata: {name: p}\nspec:\n  sourceRepo: ['*']\n  sourceRepos: ['https://{a,b}/x', 'https://x/{a,b}', '!*']\n\
                \x20 destinations: [{namespace: a}, {server: '[', namespace: '!*'}]\n\
                \x20 clusterResourceWhitelist: [{kind: Namespace}, {group: '[', kind: '*'}]\n\
                \x20 sourceNamespaces: ['/(/', '[a', '/']\n\
                \x20 roles: [{name: a, policies: ['p, proj:p:b, applications, get, p/*, allow']}]\n\
                \x20 syncWindows: [{kind: allow, schedule: '@daily', duration: 1d, applications: ['*'], timeZone: Mars/City}]\n\
                \x20 signatureKeys: [{}]\n";
    let (project, problems) = read(text);
    assert!(project.is_some());
    let expected = [
        "`spec` of an AppProject has no field `sourceRepo`: Argo CD drops it | did you mean `sourceRepos`?",
        "one of `clusterResourceWhitelist` has no `group`",
        "one of `signatureKeys` has no `keyID`",
        "a destination with neither `server` nor `name` allows nothing",
        "`[` is not a glob, and matches nothing: a `[` is never closed",
        "`namespace: \"!*\"` denies everything",
        "`https://{a,b}/x` is not a URL, and matches no repository",
        "Argo CD escapes the braces in `https://x/{a,b}`: they are no alternatives here",
        "`!*` denies every repository",
        "`/(/` matches no namespace: it is not a regular expression",
        "`[a` matches no namespace: it is not a glob: a `[` is never closed",
        "`/` matches no namespace: it is a lone slash: Argo CD crashes on it",
        "`[` is not a pattern, and matches nothing",
        "`p, proj:p:b, applications, get, p/*, allow` is no policy of this role: its subject is `proj:p:b`, expected `proj:p:a`",
        "`@daily` is not a schedule: names such as `@daily` are not taken: write the five fields",
        "`1d` is not a duration: time: unknown unit \"d\" in duration \"1d\"",
        "`Mars/City` is no time zone: Argo CD takes UTC instead",
    ];
    assert_eq!(problems, expected);
}

#[test]
fn wrong_types_make_no_project() {
    for spec in
        ["sourceRepos: x", "destinations: [1]", "roles: [{name: 1}]", "orphanedResources: []", "syncWindows: [1]"]
    {
        let (project, problems) = read(&format!("kind: AppProject\nmetadata: {{name: p}}\nspec: {{{spec}}}\n"));
        assert!(project.is_none() && !problems.is_empty(), "{spec}");
    }
    assert!(read("kind: AppProject\nmetadata: {name: p}\n").0.is_none());
    assert!(read("kind: AppProject\nmetadata: {}\nspec: {}\n").0.is_none());
}

#[test]
fn a_global_project_adds_to_it() {
    let mut own = project(&serde_json::json!({"sourceRepos": ["https://a/*"]}));
    let global = project(&serde_json::json!({
        "sourceRepos": ["https://b/*"], "clusterResourceWhitelist": [{"group": "*", "kind": "Namespace"}],
        "namespaceResourceWhitelist": [],
    }));
    own.merge(&global);
    assert!(own.permits_source("https://b/x").is_ok() && own.permits_kind("", "Namespace", "n", false).is_ok());
    assert!(own.permits_kind("", "Secret", "s", true).is_ok(), "an empty list of the global project restricts nothing");
}
