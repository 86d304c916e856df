//! How kustomizations are built: by what Argo CD's settings say, and with the changes that an Application makes.

use std::sync::Arc;

use super::application_sources::Variables;
use super::fleet::Fleet;
use crate::argocd::kustomize_source::{Kustomize, Pair, Patch as GivenPatch, Target, Text as GivenText};
use crate::config::cluster::Cluster;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::kube::KubeVersion;
use crate::render::helm;
use crate::render::kustomize::options::{AddedLabels, Options, Overrides, Remotes, Reorder};
use crate::render::kustomize::overrides::parse_image;
use crate::render::kustomize::remote::RepoSpec;
use crate::render::kustomize::types::{Pairs, Patch, Replica, Selector, Text};
use crate::source::Origin;
use crate::world::{EntryKind, FilePath, Reader, World, find, is_glob, parent};

/// The version whose behaviour Terrace has.
const VERSION: &str = "v5.8.1";

/// The flags of `kustomize build`, as Argo CD's `kustomize.buildOptions` has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildOptions {
    /// `--enable-helm`.
    pub helm: bool,
    /// `--load-restrictor LoadRestrictionsNone`.
    pub unrestricted: bool,
    /// `--reorder`.
    pub reorder: Reorder,
    /// `--enable-managedby-label`.
    pub managed_by: bool,
    /// `--helm-kube-version`.
    pub kube_version: Option<String>,
    /// `--helm-api-versions`.
    pub api_versions: Vec<String>,
}

impl BuildOptions {
    /// Reads flags. Those that let kustomize run programs change nothing here: Terrace runs none.
    ///
    /// # Errors
    /// A flag that `kustomize build` doesn't have, or a value that it refuses.
    pub fn parse(text: &str, at: Origin) -> Result<Self, Diagnostic> {
        const SWITCHES: [&str; 8] = [
            "enable-helm",
            "enable-managedby-label",
            "enable-alpha-plugins",
            "enable-exec",
            "network",
            "as-current-user",
            "helm-debug",
            "stack-trace",
        ];
        const VALUES: [&str; 8] = [
            "load-restrictor",
            "reorder",
            "helm-kube-version",
            "helm-api-versions",
            "helm-command",
            "network-name",
            "mount",
            "env",
        ];
        let refuse = |message: String| Diagnostic::error(Code::INVALID_VALUE, message).at(at, "these flags");
        let mut options = Self::default();
        let mut words = text.split_whitespace();
        while let Some(word) = words.next() {
            let (flag, given) = word.split_once('=').map_or((word, None), |(flag, value)| (flag, Some(value)));
            let name = match flag {
                "-e" => "env",
                flag => flag.strip_prefix("--").ok_or_else(|| refuse(format!("`{word}` is no flag")))?,
            };
            if SWITCHES.contains(&name) {
                let on = match given {
                    None | Some("true" | "1") => true,
                    Some("false" | "0") => false,
                    Some(other) => return Err(refuse(format!("`--{name}` is true or false, not `{other}`"))),
                };
                match name {
                    "enable-helm" => options.helm = on,
                    "enable-managedby-label" => options.managed_by = on,
                    _ => {}
                }
            } else if VALUES.contains(&name) {
                let value = given.or_else(|| words.next());
                let value = value.ok_or_else(|| refuse(format!("`--{name}` has no value")))?;
                match (name, value) {
                    ("load-restrictor", "LoadRestrictionsNone") => options.unrestricted = true,
                    ("load-restrictor", "LoadRestrictionsRootOnly") => options.unrestricted = false,
                    ("reorder", "legacy") => options.reorder = Reorder::Legacy,
                    ("reorder", "none") => options.reorder = Reorder::None,
                    ("load-restrictor" | "reorder", other) => {
                        let known = match name {
                            "reorder" => ["legacy", "none"],
                            _ => ["LoadRestrictionsNone", "LoadRestrictionsRootOnly"],
                        };
                        return Err(refuse(format!("`--{name}` can't be `{other}`"))
                            .did_you_mean(other, known)
                            .hint(format!("it is `{}` or `{}`", known[0], known[1])));
                    }
                    ("helm-kube-version", version) => options.kube_version = Some(version.to_owned()),
                    ("helm-api-versions", version) => options.api_versions.push(version.to_owned()),
                    _ => {}
                }
            } else {
                let known: Vec<String> = SWITCHES.iter().chain(&VALUES).map(|name| format!("--{name}")).collect();
                return Err(refuse(format!("`kustomize build` has no flag `{flag}`"))
                    .did_you_mean(flag, known.iter().map(String::as_str)));
            }
        }
        Ok(options)
    }

    /// What terrace.yaml says of Argo CD's setting. Where it says nothing, charts are rendered: what stands in a repository
    /// that Argo CD deploys works there.
    pub fn of(setting: Option<&str>, at: Origin) -> Result<Self, Diagnostic> {
        match setting {
            Some(text) => Self::parse(text, at),
            None => Ok(Self { helm: true, ..Self::default() }),
        }
    }
}

impl Fleet {
    /// How a kustomization of a layer is built for an app on a cluster: as `kustomize build --enable-helm` does it.
    pub fn kustomization(&self, cluster: &Cluster, app: &str, at: Origin, world: &World) -> Options {
        let build = BuildOptions { helm: true, ..BuildOptions::default() };
        self.built(&build, self.release(cluster, app, None, world), at)
    }

    /// How Argo CD builds a kustomization that nobody says more of.
    pub fn argocd_kustomization(&self, cluster: &Cluster, app: &str, at: Origin, world: &World) -> Options {
        self.built(&self.kustomize, self.argocd_release(cluster, app, None, world), at)
    }

    fn built(&self, build: &BuildOptions, mut known: helm::options::Options, at: Origin) -> Options {
        let helm = build.helm.then(|| {
            known.kube_version = known.kube_version.or_else(|| build.kube_version.clone());
            if !build.api_versions.is_empty() {
                known.api_versions = build.api_versions.iter().chain(known.api_versions.iter()).cloned().collect();
            }
            known.origin = at;
            Arc::new(known)
        });
        let remotes: Arc<dyn Remotes> = Arc::<super::repositories::Repositories>::clone(&self.repositories);
        Options {
            unrestricted: build.unrestricted,
            helm,
            reorder: build.reorder,
            remotes: Some(remotes),
            managed_by: build.managed_by,
            overrides: Overrides::default(),
            origin: at,
        }
    }
}

/// A kustomization that an Application changes.
pub(super) struct Changed<'a, 'w> {
    /// What it changes.
    pub kustomize: &'a Kustomize,
    /// The kustomization's directory.
    pub dir: &'a FilePath,
    /// The variables of the source.
    pub variables: &'a Variables,
    /// Where files are read from.
    pub reader: &'a Reader<'w>,
}

impl Changed<'_, '_> {
    /// Puts what the Application says into the options.
    ///
    /// # Errors
    /// Everything that `kustomize edit` would refuse but for what needs the kustomization itself.
    pub fn apply(&self, options: &mut Options) -> Result<Diagnostics, Diagnostics> {
        let given = self.kustomize;
        let mut problems = Diagnostics::new();
        let overrides = &mut options.overrides;
        let text = |text: &Option<GivenText>| text.as_ref().map(text_of).unwrap_or_default();
        overrides.name_prefix = text(&given.name_prefix);
        overrides.name_suffix = text(&given.name_suffix);
        overrides.namespace = text(&given.namespace);
        for (image, at) in &given.images {
            let expanded = self.variables.expand(image, *at, &mut problems);
            match parse_image(&Text::new(expanded.text.as_str(), *at)) {
                Ok(image) => overrides.images.push(image),
                Err(why) => {
                    let message = format!("`{}` is not an image that replaces one: {why}", expanded.text);
                    problems.push(Diagnostic::error(Code::INVALID_APPLICATION, message).at(*at, "this image").hint(
                        "write `[old=]new[:tag][@digest]`, as in `nginx:1.27` or `nginx=registry.example.com/nginx`",
                    ));
                }
            }
        }
        for replicas in &given.replicas {
            if replicas.name.0.contains('=') {
                let message = format!("`{}` can't be a name: kustomize takes it apart at the `=`", replicas.name.0);
                problems.push(Diagnostic::error(Code::INVALID_APPLICATION, message).at(replicas.name.1, "this name"));
            }
            let (count, count_at) = replicas.count;
            let name = text_of(&replicas.name);
            overrides.replicas.push(Replica { name, count, count_at, origin: replicas.origin });
        }
        let labels = self.pairs(&given.common_labels, "a label", true, &mut problems);
        overrides.labels = Some(labels).filter(|labels| !labels.is_empty()).map(|pairs| AddedLabels {
            pairs,
            force: given.force_common_labels,
            without_selector: given.label_without_selector,
            include_templates: given.label_include_templates,
        });
        let expand = given.common_annotations_envsubst;
        let annotations = self.pairs(&given.common_annotations, "an annotation", expand, &mut problems);
        overrides.annotations = Some((annotations, given.force_common_annotations)).filter(|(all, _)| !all.is_empty());
        overrides.patches = given.patches.iter().map(patch).collect();
        overrides.components = self.components(&mut problems);
        self.charts(options, &mut problems);
        self.version(&mut problems);
        if problems.has_errors() { Err(problems) } else { Ok(problems) }
    }

    /// Labels or annotations, as `kustomize edit add` reads them out of `name:value`.
    fn pairs(&self, given: &[Pair], kind: &str, expand: bool, problems: &mut Diagnostics) -> Pairs {
        let mut pairs = Pairs::new();
        for Pair { name: (name, name_at), value: (value, at) } in given {
            let value = match expand {
                true => self.variables.expand(value, *at, problems).text,
                false => value.clone(),
            };
            if name.is_empty() || name.contains(':') {
                let message = match name.is_empty() {
                    true => format!("{kind} needs a name"),
                    false => format!("`{name}` can't be the name of {kind}"),
                };
                problems.push(Diagnostic::error(Code::INVALID_APPLICATION, message).at(*name_at, "this name"));
                continue;
            }
            // A pair of quotes around the whole value is taken off.
            let bare = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(&value);
            pairs.push((Text::new(name.as_str(), *name_at), Text::new(bare, *at)));
        }
        pairs
    }

    /// The components, globs among them taken apart.
    fn components(&self, problems: &mut Diagnostics) -> Vec<Text> {
        let mut components = Vec::new();
        for (name, at) in &self.kustomize.components {
            let place = self.dir.join(name.trim_start_matches('/'));
            let there = place.as_ref().is_some_and(|path| matches!(self.reader.kind(path), Ok(Some(_))));
            if there {
                components.push(Text::new(name.as_str(), *at));
                continue;
            }
            if self.kustomize.ignore_missing_components {
                continue;
            }
            if RepoSpec::parse(name).is_some() {
                components.push(Text::new(name.as_str(), *at));
                continue;
            }
            let matching = if is_glob(name) { self.matching(name) } else { Vec::new() };
            if matching.is_empty() {
                problems.push(self.missing(name, *at, place));
            }
            components.extend(matching.into_iter().map(|path| Text::new(path, *at)));
        }
        components
    }

    /// What a glob means, as `filepath.Glob` finds it.
    fn matching(&self, pattern: &str) -> Vec<String> {
        let parts: Vec<&str> = pattern.split('/').collect();
        let literal = parts.iter().take_while(|part| !is_glob(part)).count();
        let (head, tail) = parts.split_at(literal);
        let head = head.join("/");
        let Some(base) = self.dir.join(&head) else { return Vec::new() };
        let all = |kind| find(self.reader, &base, &tail.join("/"), kind).unwrap_or_default();
        let mut found = all(EntryKind::Directory);
        found.extend(all(EntryKind::File));
        found.sort();
        let whole = |path: String| if head.is_empty() { path } else { format!("{head}/{path}") };
        found.into_iter().map(whole).collect()
    }

    fn missing(&self, name: &str, at: Origin, place: Option<FilePath>) -> Diagnostic {
        let ignore = "`ignoreMissingComponents: true` leaves out what isn't there";
        let Some(place) = place.filter(|place| !is_glob(&place.path)) else {
            let message = match is_glob(name) {
                true => format!("no component matches `{name}`"),
                false => format!("the component `{name}` leaves the repository"),
            };
            let code = if is_glob(name) { Code::MATCHES_NOTHING } else { Code::PATH_ESCAPES };
            return Diagnostic::error(code, message).at(at, "this component").hint(ignore);
        };
        let message = format!("there is no component `{}`", self.reader.world().show(&place));
        // The first part of the path that isn't there is the one that is misspelled.
        let mut gone = place;
        let mut above = FilePath::new(gone.tree, parent(&gone.path));
        while !above.path.is_empty() && matches!(self.reader.kind(&above), Ok(None)) {
            gone = above;
            above = FilePath::new(gone.tree, parent(&gone.path));
        }
        let beside = self.reader.list(&above).unwrap_or_default();
        Diagnostic::error(Code::UNKNOWN_PATH, message)
            .at(at, "this component")
            .did_you_mean(gone.name(), beside.iter().map(|entry| entry.name.as_str()))
            .hint(ignore)
    }

    /// What charts are told of the cluster, where the Application says it.
    fn charts(&self, options: &mut Options, problems: &mut Diagnostics) {
        let version = match &self.kustomize.kube_version {
            None => None,
            Some((text, at)) => match KubeVersion::parse(text) {
                Ok(version) => Some(version.numbers()),
                Err(why) => {
                    let message = why.to_string();
                    problems.push(Diagnostic::error(Code::INVALID_APPLICATION, message).at(*at, "not a version"));
                    None
                }
            },
        };
        let Some(helm) = options.helm.as_mut().map(Arc::make_mut) else { return };
        helm.kube_version = version.or_else(|| helm.kube_version.take());
        if !self.kustomize.api_versions.is_empty() {
            helm.api_versions = self.kustomize.api_versions.as_slice().into();
        }
    }

    fn version(&self, problems: &mut Diagnostics) {
        let Some((version, at)) = &self.kustomize.version else { return };
        if version.trim_start_matches('v') != VERSION.trim_start_matches('v') {
            let message = format!("Argo CD builds this with a kustomize of its own, `{version}`; here it is {VERSION}");
            problems.push(Diagnostic::note(Code::ASSUMED_VERSION, message).at(*at, "this version"));
        }
    }
}

fn text_of((text, at): &GivenText) -> Text {
    Text::new(text.as_str(), *at)
}

fn patch(given: &GivenPatch) -> Patch {
    let text = |text: &Option<GivenText>| text.as_ref().map(text_of).unwrap_or_default();
    Patch {
        path: text(&given.path),
        patch: text(&given.patch),
        target: given.target.as_ref().map(selector),
        allow_name_change: given.allow_name_change,
        allow_kind_change: given.allow_kind_change,
        origin: given.origin,
    }
}

fn selector(given: &Target) -> Selector {
    let text = |text: &Option<GivenText>| text.as_ref().map(text_of).unwrap_or_default();
    Selector {
        group: text(&given.group),
        version: text(&given.version),
        kind: text(&given.kind),
        name: text(&given.name),
        namespace: text(&given.namespace),
        annotation_selector: text(&given.annotation_selector),
        label_selector: text(&given.label_selector),
        origin: given.origin,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::argocd::application::{Source, Tool};
    use crate::argocd::env::Env;
    use crate::render::kustomize::types::{Image, Kustomization, Label};
    use crate::render::kustomize::{overrides, read};
    use crate::source::{FileId, SourceKind};
    use crate::world::MemoryTree;
    use crate::yaml::{Dialect, parse};

    #[test]
    fn flags_are_read_as_kustomize_reads_them() {
        let parsed = |text: &str| BuildOptions::parse(text, Origin::NONE).map_err(|d| d.message);
        let none = BuildOptions::default();
        assert_eq!(parsed(""), Ok(none.clone()));
        let all = "--enable-helm --load-restrictor LoadRestrictionsNone  --reorder=none --enable-alpha-plugins \
                   --helm-api-versions a/v1 --helm-kube-version=1.33 --helm-command /bin/helm -e A=b";
        let expected = BuildOptions {
            helm: true,
            unrestricted: true,
            reorder: Reorder::None,
            managed_by: false,
            kube_version: Some("1.33".to_owned()),
            api_versions: vec!["a/v1".to_owned()],
        };
        assert_eq!(parsed(all), Ok(expected));
        assert_eq!(parsed("--enable-helm=false --enable-managedby-label").map(|o| o.managed_by), Ok(true));
        for (text, message) in [
            ("--enable-hlem", "`kustomize build` has no flag `--enable-hlem`"),
            ("enable-helm", "`enable-helm` is no flag"),
            ("--load-restrictor none", "`--load-restrictor` can't be `none`"),
            ("--reorder", "`--reorder` has no value"),
            ("--enable-helm=yes", "`--enable-helm` is true or false, not `yes`"),
        ] {
            assert_eq!(parsed(text).map(|_| ()), Err(message.to_owned()), "{text}");
        }
    }

    const ENV: [(&str, &str); 2] = [("app", "shop"), ("namespace", "prod")];

    fn pairs(pairs: &Pairs) -> Json {
        pairs
            .iter()
            .map(|(name, value)| (name.text.to_string(), json!(&**value)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    /// What an Application can change in a kustomization.
    fn shown(kustomization: &Kustomization) -> Json {
        let image = |i: &Image| json!([&*i.name, &*i.new_name, &*i.new_tag, &*i.digest, &*i.tag_suffix]);
        let label = |l: &Label| json!([pairs(&l.pairs), l.include_selectors, l.include_templates, l.fields.len()]);
        let patch = |p: &Patch| {
            let target = p.target.as_ref().map(|t| json!([&*t.kind, &*t.name, &*t.label_selector]));
            json!([&*p.path, &*p.patch, target, p.allow_name_change, p.allow_kind_change])
        };
        let texts = |texts: &[Text]| texts.iter().map(|text| json!(&**text)).collect::<Vec<_>>();
        json!({
            "names": [&*kustomization.name_prefix, &*kustomization.name_suffix, &*kustomization.namespace],
            "images": kustomization.images.iter().map(image).collect::<Vec<_>>(),
            "replicas": kustomization.replicas.iter().map(|r| json!([&*r.name, r.count])).collect::<Vec<_>>(),
            "commonLabels": pairs(&kustomization.common_labels),
            "labels": kustomization.labels.iter().map(label).collect::<Vec<_>>(),
            "commonAnnotations": pairs(&kustomization.common_annotations),
            "patches": kustomization.patches.iter().map(patch).collect::<Vec<_>>(),
            "components": texts(&kustomization.components),
        })
    }

    /// A kustomization changed as an Application's `kustomize` says, or what kustomize would say.
    fn changed(before: &str, kustomize: &Json) -> Result<Kustomization, String> {
        let world = World::new();
        let component = b"kind: Component\n".to_vec();
        let files = ["one", "two"].map(|name| (format!("app/components/{name}/kustomization.yaml"), component.clone()));
        let root = FilePath::new(world.mount(Arc::new(MemoryTree::new(files))), "");
        let reader = Reader::new(&world);
        let spec = json!({"repoURL": "x", "kustomize": kustomize}).to_string();
        let spec = parse(FileId::NONE, &spec, Dialect::Kubernetes).into_first();
        let source = Source::from_node(&spec).map_err(|all| format!("{all:?}"))?;
        let Some(Tool::Kustomize(kustomize)) = &source.tool else { return Err("not read".to_owned()) };
        let [(_, app_name), (_, namespace)] = ENV.map(|(key, value)| (key, value.to_owned()));
        let env = Env { app_name, namespace, ..Env::default() };
        let variables = Variables { env, exact: true };
        let dir = root.join("app/overlay").unwrap();
        let mut options = Options::default();
        let work = Changed { kustomize, dir: &dir, variables: &variables, reader: &reader };
        work.apply(&mut options).map_err(|all| all.into_iter().map(|d| d.message).collect::<Vec<_>>().join("; "))?;
        let file = world.sources().add("kustomization.yaml", before, SourceKind::File);
        let mut kustomization = read::kustomization(&file).map_err(|failure| failure.text)?;
        overrides::apply(&mut kustomization, &options.overrides).map_err(|failure| failure.text)?;
        Ok(kustomization)
    }

    #[test]
    fn kustomizations_change_as_kustomize_edit_changes_them() {
        let mut count = 0;
        for line in include_str!("../../testdata/kustomize/overrides/overrides.jsonl").lines() {
            let case: Json = serde_json::from_str(line).unwrap();
            let note = case["note"].as_str().unwrap();
            let found = changed(case["before"].as_str().unwrap(), &case["kustomize"]);
            match (case["after"].as_str(), found) {
                (Some(after), Ok(found)) => {
                    let world = World::new();
                    let file = world.sources().add("kustomization.yaml", after, SourceKind::File);
                    let after = read::kustomization(&file).unwrap();
                    assert_eq!(shown(&found), shown(&after), "{note}");
                }
                (None, Err(said)) => {
                    let expected = case["error"].as_str().unwrap();
                    // What needs no kustomization is told in words of Argo CD's Application.
                    let ours = ["is not an image that replaces one", "there is no component"];
                    assert!(said == expected || ours.iter().any(|words| said.contains(words)), "{note}: {said}");
                }
                (after, found) => panic!("{note}: {after:?} {:?}", found.map(|_| ())),
            }
            count += 1;
        }
        assert_eq!(count, 32);
    }
}
