use super::*;

const HEAD: &str = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s, namespace: argocd}\n";

fn expanded(scene: &Scene, spec: &str) -> Expanded {
    let (set, told) = scene.set(&format!("{HEAD}spec:\n{spec}"));
    scene.expand(&set.unwrap_or_else(|| panic!("{told:?}")))
}

fn warnings(expanded: &Expanded) -> Vec<&str> {
    expanded.diagnostics.iter().map(|d| d.code.name()).collect()
}

#[test]
fn a_pattern_that_crosses_slashes_is_told_once() {
    let scene = Scene::files(&[("apps/a/config.yaml", "n: 1"), ("apps/a/b/config.yaml", "n: 2")]);
    let spec = format!(
        "  generators: [{{git: {{repoURL: {REPOSITORY}, revision: HEAD, files: [{{path: apps/*/config.yaml}}]}}}}]\n  \
         template: {{metadata: {{name: '{{{{path.basename}}}}'}}, spec: {{project: p}}}}\n"
    );
    let made = expanded(&scene, &spec);
    assert_eq!(made.applications.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(warnings(&made), ["greedy-glob"]);
}

#[test]
fn generators_that_make_nothing_are_told() {
    let scene = Scene::files(&[]);
    let spec = "  generators:\n  - list: {elements: []}\n  - list: {elements: [{a: b}]}\n    selector: {matchLabels: {a: c}}\n  \
                - matrix: {generators: [{list: {elements: []}}, {clusters: {}}]}\n  template: {metadata: {name: x}}\n";
    let made = expanded(&scene, spec);
    assert!(made.applications.is_empty() && made.aborted.is_none());
    assert_eq!(warnings(&made), ["generates-nothing"; 4]);
}

#[test]
fn what_a_nested_matrix_leaves_open_is_told() {
    let scene = Scene::files(&[("apps/web/x", "")]);
    let spec = format!(
        "  goTemplate: true\n  generators:\n  - matrix:\n      generators:\n      - list: {{elements: [{{env: dev}}]}}\n      \
         - matrix:\n          generators:\n          - git: {{repoURL: {REPOSITORY}, revision: HEAD, directories: [{{path: \
         'apps/*'}}]}}\n          - list: {{elements: [{{app: '{{{{.path.basename}}}}'}}]}}\n  template: {{metadata: {{name: \
         '{{{{.env}}}}-x'}}}}\n"
    );
    let made = expanded(&scene, &spec);
    assert!(warnings(&made).contains(&"no-value"), "{:?}", made.diagnostics);
}

#[test]
fn a_missing_answer_is_spelled_out() {
    let scene = Scene::files(&[]);
    let spec = "  generators: [{pullRequest: {github: {owner: acme, repo: web}}}]\n  template: {metadata: {name: x}}\n";
    let made = expanded(&scene, spec);
    assert!(made.aborted.is_some());
    let hints = &made.diagnostics.iter().next().unwrap().hints;
    assert!(hints[1].contains("- for: {\"github\":{\"owner\":\"acme\",\"repo\":\"web\"}}"), "{hints:?}");
}

#[test]
fn fields_name_the_parameters_that_they_read() {
    let scene = Scene::files(&[("apps/web/config.yaml", "owner: {team: a}\n")]);
    for (go, name, label) in
        [("true", "{{.path.basename}}", "{{.owner.team}}"), ("false", "{{path.basename}}", "{{owner.team}}")]
    {
        let spec = format!(
            "  goTemplate: {go}\n  generators: [{{git: {{repoURL: {REPOSITORY}, revision: HEAD, files: [{{path: \
             apps/web/config.yaml}}]}}}}]\n  template: {{metadata: {{name: 'x-{name}', labels: {{team: '{label}'}}}}, spec: \
             {{project: p}}}}\n"
        );
        let made = expanded(&scene, &spec);
        let [application] = made.applications.as_slice() else { panic!("{:?}", made.diagnostics) };
        let fields = application.trace();
        let shown: Vec<String> = fields
            .iter()
            .map(|field| {
                let reads: Vec<String> = field.reads.iter().map(|read| read.path.join(".")).collect();
                format!("{} = {} {}", field.path.join("."), reads.join(" "), field.exact)
            })
            .collect();
        assert_eq!(shown, ["metadata.name = path.basename false", "metadata.labels.team = owner.team true"], "{go}");
        let team = fields[1].reads.iter().next().unwrap();
        assert_eq!(scene.world.sources().place(team.origin), "apps/web/config.yaml:1:15");
    }
}

#[test]
fn answers_of_live_apis_are_taken_as_they_are() {
    let scene = Scene::files(&[]).with_inputs(
        "apiVersion: terrace.dev/v1alpha1\nkind: GeneratorInputs\nspec:\n  scmProvider:\n  - for: {github: {}}\n    \
         repositories: [{id: 1296269, name: web, full_name: acme/web, owner: {login: acme}, url: https://api.github.com/x, \
         ssh_url: 'git@github.com:acme/web.git', clone_url: https://github.com/acme/web.git, default_branch: main, topics: \
         [prod], archived: false}]\n  - for: {gitlab: {}}\n    repositories: [{id: 7, path: tool, name: A Tool, \
         path_with_namespace: g/tool, namespace: {full_path: g}, http_url_to_repo: https://gitlab.com/g/tool.git, \
         ssh_url_to_repo: 'git@gitlab.com:g/tool.git', default_branch: main, topics: [], tag_list: [old]}]\n  pullRequest:\n  \
         - for: {github: {}}\n    pullRequests: [{number: 3, title: T, head: {ref: a_b, sha: '0123456789'}, base: {ref: main}, \
         labels: [{name: x}], user: {login: jane}}]\n  - pullRequests: [{iid: 4, title: T, source_branch: c, target_branch: \
         main, sha: '9876543210', labels: [y], author: {username: ann}}]\n",
    );
    for (generator, name, expected) in [
        (
            "scmProvider: {github: {organization: acme}}",
            "{{.organization}}/{{.url}}/{{.repository_id}}/{{.labels}}",
            "acme/git@github.com:acme/web.git/1296269/prod",
        ),
        (
            "scmProvider: {cloneProtocol: https, gitlab: {group: g}}",
            "{{.repository}}/{{.url}}/{{.labels}}",
            "tool/https://gitlab.com/g/tool.git/old",
        ),
        (
            "pullRequest: {github: {owner: a, repo: b}}",
            "{{.number}}/{{.branch_slug}}/{{.head_short_sha}}/{{.author}}/{{.labels}}",
            "3/a-b/01234567/jane/[x]",
        ),
        (
            "pullRequest: {gitlab: {project: '1'}}",
            "{{.number}}/{{.branch}}/{{.head_sha}}/{{.author}}",
            "4/c/9876543210/ann",
        ),
    ] {
        let spec = format!(
            "  goTemplate: true\n  generators: [{{{generator}}}]\n  template: {{metadata: {{name: '{name}'}}, spec: {{project: p}}}}\n"
        );
        let made = expanded(&scene, &spec);
        let names: Vec<_> = made.applications.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names, [expected], "{:?} {:?}", made.aborted, made.diagnostics);
    }
}

#[test]
fn reads_are_recorded() {
    let scene = Scene::files(&[("apps/web/config.yaml", "n: 1")]);
    let spec = format!(
        "  generators: [{{git: {{repoURL: {REPOSITORY}, revision: HEAD, files: [{{path: 'apps/**'}}]}}}}]\n  template: \
         {{metadata: {{name: x}}}}\n"
    );
    let (set, _) = scene.set(&format!("{HEAD}spec:\n{spec}"));
    let reader = Reader::new(&scene.world);
    let find = |_: Wanted| Ok(scene.root.clone());
    let inputs = Inputs::new();
    let outside = Outside {
        reader: &reader,
        clusters: &[],
        repositories: &find,
        inputs: &inputs,
        projects: None,
        check_destinations: false,
        namespace: NAMESPACE,
        version: Version::default(),
        new_git_file_globbing: false,
    };
    expand(&set.unwrap(), &outside);
    let reads = reader.into_reads();
    assert_eq!((reads.files.len(), reads.listings.len()), (1, 3));
}

const PROD: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: a, labels: {argocd.argoproj.io/secret-type: cluster, env: \
                    prod}}\nstringData: {name: a, server: https://a}\n";

#[test]
fn selectors_see_labels_of_clusters_since_3_4() {
    let spec = "  goTemplate: true\n  generators: [{clusters: {}, selector: {matchLabels: {metadata.labels.env: prod}}}]\n  \
                template: {metadata: {name: '{{.name}}'}}\n";
    for (version, count) in [(Version::V3_3, 0), (Version::V3_4, 1), (Version::V3_5, 1)] {
        let scene = Scene { version, ..Scene::files(&[]).with_clusters(PROD) };
        assert_eq!(expanded(&scene, spec).applications.len(), count, "{version:?}");
    }
}

#[test]
fn values_of_a_second_generator_wait_since_3_4() {
    let spec = "  goTemplate: true\n  generators: [{matrix: {generators: [{list: {elements: [{env: dev}]}}, {clusters: {values: \
                {who: '{{.env}}-{{.name}}'}}}]}}]\n  template: {metadata: {name: '{{.values.who}}'}}\n";
    for (version, name) in [(Version::V3_3, "dev-<no value>"), (Version::V3_4, "<no value>-in-cluster")] {
        let scene = Scene { version, ..Scene::files(&[]) };
        let names: Vec<_> = expanded(&scene, spec).applications.into_iter().map(|a| a.name).collect();
        assert_eq!(names, [name], "{version:?}");
    }
}

#[test]
fn randomness_is_told_and_differs_from_set_to_set() {
    let scene = Scene::files(&[]);
    let spec = "  goTemplate: true\n  generators: [{list: {elements: [{a: b}, {a: c}]}}]\n  template: {metadata: {name: 'x-{{ \
                randAlphaNum 8 | lower }}'}, spec: {project: p}}\n";
    let (first, again) = (expanded(&scene, spec), expanded(&scene, spec));
    let names = |made: &Expanded| made.applications.iter().map(|a| a.name.clone()).collect::<Vec<_>>();
    assert_eq!((names(&first).len(), names(&first)), (2, names(&again)));
    assert_eq!(warnings(&first), ["seeded-value"]);
}

#[test]
fn a_mistyped_parameter_finds_its_name() {
    let scene = Scene::files(&[]);
    let spec = "  goTemplate: true\n  goTemplateOptions: [missingkey=error]\n  generators: [{list: {elements: [{inner: \
                {cluster: b}}]}}]\n  template: {metadata: {name: '{{ .inner.clutser }}'}}\n";
    let made = expanded(&scene, spec);
    let told: Vec<_> = made.diagnostics.iter().map(|d| d.hints.join(" ")).collect();
    assert_eq!(told, ["did you mean `cluster`?"]);
}

#[test]
fn destinations_are_looked_at_only_if_asked_for() {
    let spec = "  generators: [{list: {elements: [{a: b}]}}]\n  template: {metadata: {name: x}, spec: {project: p, destination: \
                {name: nowhere}}}\n";
    let scene = Scene::files(&[]);
    assert_eq!(expanded(&scene, spec).applications.len(), 1);
    let strict = Scene { projects: Some(["p".to_owned()].into()), ..Scene::files(&[]) };
    let made = expanded(&strict, spec);
    let [refused] = made.refused.as_slice() else { panic!("{made:?}") };
    assert_eq!(refused.why, Why::Destination);
    assert!(refused.text.ends_with("there are no clusters with this name: nowhere"), "{}", refused.text);
}

mod properties {
    use proptest::prelude::*;

    use super::*;
    use crate::generate::params::Params;
    use crate::generate::template::{Compiler, Language, Scope, Unwatched};
    use crate::glob::pathspec::Pathspec;
    use crate::render::helm::gotemplate::exec::MissingKey;
    use crate::source::Origin;

    fn language(go: bool) -> Language {
        Language { go, missing_key: MissingKey::Invalid }
    }

    proptest! {
        /// Without braces nothing is a template, in either language.
        #[test]
        fn a_plain_text_stays(go: bool, name in "[^{}\\x00]{1,20}", key in "[a-z]{1,5}", value in ".{0,10}") {
            let mut params = Params::new();
            params.text(key.as_str(), value.as_str(), Origin::NONE);
            let mut metadata = crate::yaml::Map::new();
            metadata.insert("name", Origin::NONE, Node::made(name.as_str()));
            let mut template = crate::yaml::Map::new();
            template.insert("metadata", Origin::NONE, Node::made(metadata));
            let target = &crate::argocd::application_set::application::TEMPLATE;
            let compiled = Compiler { language: language(go), whole_values: false }.compile(&Node::made(template), target);
            prop_assert!(compiled.fixed().is_some());
            let scope = Scope::new(&params, language(go), Vec::new(), false);
            let made = compiled.render(&scope, &mut Unwatched).unwrap();
            prop_assert_eq!(made.str_at(&["metadata", "name"]), Some(name.as_str()));
        }

        /// A set merged into itself stays as it is, and flattening reaches every string.
        #[test]
        fn merging_a_set_into_itself_changes_nothing(keys in prop::collection::vec(("[a-c]{1,2}", "[a-z]{0,4}"), 1..6)) {
            let mut params = Params::new();
            for (key, value) in &keys {
                params.text(key.as_str(), value.as_str(), Origin::NONE);
            }
            let mut merged = params.clone();
            merged.merge(&params).unwrap();
            prop_assert_eq!(merged.to_node(), params.to_node());
            let flat = merged.flattened(true);
            prop_assert!(keys.iter().all(|(key, _)| flat.contains_key(key.as_str())));
        }

        /// A path without anything special in it matches itself, and what stands beneath it.
        #[test]
        fn a_path_is_a_pathspec_of_itself(path in "[a-z]{1,4}(/[a-z.]{0,3}[a-z]){0,3}") {
            let pathspec = Pathspec::new(&path).unwrap();
            prop_assert!(pathspec.matches(&path));
            let below = format!("{path}/x");
            prop_assert!(pathspec.matches(&below));
        }
    }
}
