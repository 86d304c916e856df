//! The registry of codes. A code is stable: scripts and suppressions name it. Each has a page in `docs/codes/`.

use std::fmt;

/// What kind of finding a diagnostic is: a stable name in kebab case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static Entry);

#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Entry {
    name: &'static str,
    page: &'static str,
}

impl Code {
    /// Its name, as people write it.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Its page: what it means, why it matters, an example, how to fix it. Markdown.
    pub fn page(self) -> &'static str {
        self.0.page
    }

    /// What its page says in a sentence: the paragraph below the heading.
    pub fn summary(self) -> String {
        let lines = self.page().lines().skip(1).skip_while(|line| line.trim().is_empty());
        lines.take_while(|line| !line.trim().is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// The code of that name.
    pub fn find(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|c| c.name() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({})", self.name())
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $ident:ident = $name:literal;)*) => {
        impl Code {
            $($(#[$doc])* pub const $ident: Self = Self(&Entry {
                name: $name,
                page: include_str!(concat!("../../docs/codes/", $name, ".md")),
            });)*
        }
        /// Every code, in the order of the registry.
        pub const ALL: &[Code] = &[$(Code::$ident),*];
    };
}

codes! {
    // Reading files
    /// A file that must be there isn't.
    FILE_MISSING = "file-missing";
    /// A file can't be read.
    FILE_UNREADABLE = "file-unreadable";
    /// A file isn't UTF-8.
    NOT_UTF8 = "not-utf8";
    /// A path or symbolic link leaves the repository.
    PATH_ESCAPES = "path-escapes";
    // YAML
    /// A file isn't YAML.
    YAML_SYNTAX = "yaml-syntax";
    /// A key stands twice in one mapping.
    DUPLICATE_KEY = "duplicate-key";
    /// Aliases expand to more than the limit.
    ALIAS_BOMB = "alias-bomb";
    /// A document is nested, or is larger, than the limit.
    YAML_LIMIT = "yaml-limit";
    // Our own files
    /// There is no fleet to work on.
    NO_FLEET = "no-fleet";
    /// A key that isn't one of ours.
    UNKNOWN_KEY = "unknown-key";
    /// A value of the wrong type or form.
    WRONG_TYPE = "wrong-type";
    /// A required key is missing.
    MISSING_KEY = "missing-key";
    /// A value that can't be meant.
    INVALID_VALUE = "invalid-value";
    /// Two things of one name.
    DUPLICATE_NAME = "duplicate-name";
    /// Something in a layer that belongs to no stage.
    OUTSIDE_STAGES = "outside-stages";
    /// A pattern or selector that matches nothing.
    MATCHES_NOTHING = "matches-nothing";
    // Templates
    /// A template isn't one.
    TEMPLATE_SYNTAX = "template-syntax";
    /// A template names something that isn't there.
    UNDEFINED_NAME = "undefined-name";
    /// A template fails while it renders.
    TEMPLATE_ERROR = "template-error";
    /// A template used up its fuel.
    TEMPLATE_FUEL = "template-fuel";
    // Charts
    /// A chart that can't be loaded, or not be rendered by itself.
    INVALID_CHART = "invalid-chart";
    /// A dependency of a chart that isn't at hand, or isn't what was declared.
    CHART_DEPENDENCY = "chart-dependency";
    /// Values that a chart can't take.
    INVALID_VALUES = "invalid-values";
    /// A value that no template of its chart can read.
    VALUE_UNUSED = "value-unused";
    /// A template asked for randomness or the time, and got what is the same on every run.
    SEEDED_VALUE = "seeded-value";
    // Kustomizations
    /// A kustomization that kustomize would refuse.
    INVALID_KUSTOMIZATION = "invalid-kustomization";
    /// A patch that isn't one, or can't be applied.
    INVALID_PATCH = "invalid-patch";
    /// A replacement whose source or target isn't there.
    INVALID_REPLACEMENT = "invalid-replacement";
    /// A name that several resources answer to.
    AMBIGUOUS_REFERENCE = "ambiguous-reference";
    /// A plugin or function that would run a program.
    PLUGIN_REFUSED = "plugin-refused";
    // Sources and Applications
    /// A repository URL that no declared repository stands for.
    UNKNOWN_REPOSITORY = "unknown-repository";
    /// A path that the repository doesn't have.
    UNKNOWN_PATH = "unknown-path";
    /// A revision that this clone doesn't have.
    UNKNOWN_REVISION = "unknown-revision";
    /// A chart, or a version of it, that isn't in the directory of its repository.
    CHART_MISSING = "chart-missing";
    /// A value takes a commit's id, and revisions aren't pinned.
    ASSUMED_REVISION = "assumed-revision";
    /// A destination that no declared cluster answers to.
    UNKNOWN_DESTINATION = "unknown-destination";
    /// A destination was taken as a cluster, since none is declared.
    ASSUMED_CLUSTER = "assumed-cluster";
    /// An Application that Argo CD would refuse.
    INVALID_APPLICATION = "invalid-application";
    /// An Application under a name that another one has.
    DUPLICATE_APPLICATION = "duplicate-application";
    /// Applications that make Applications without end.
    APPLICATION_DEPTH = "application-depth";
    /// An ApplicationSet that Argo CD would refuse, or that makes nothing at all.
    INVALID_APPLICATION_SET = "invalid-application-set";
    /// A generator asks the world, and no recorded answer is at hand.
    GENERATOR_INPUT = "generator-input";
    /// A generator makes no parameters.
    GENERATES_NOTHING = "generates-nothing";
    /// A template of an ApplicationSet prints what isn't there.
    NO_VALUE = "no-value";
    /// A pattern of a git generator matches deeper than it looks.
    GREEDY_GLOB = "greedy-glob";
    /// A source that needs an engine which isn't there yet.
    ENGINE_MISSING = "engine-missing";
    /// What Argo CD's source hydrator writes, and where two write to one place.
    SOURCE_HYDRATOR = "source-hydrator";
    /// A project that nobody declares.
    UNKNOWN_PROJECT = "unknown-project";
    /// An Application in a namespace from which its project takes none.
    SOURCE_NAMESPACE_FORBIDDEN = "source-namespace-forbidden";
    /// A repository that an Application's project doesn't permit.
    SOURCE_FORBIDDEN = "source-forbidden";
    /// A destination that an Application's project doesn't permit.
    DESTINATION_FORBIDDEN = "destination-forbidden";
    /// An object that an Application's project doesn't permit.
    OBJECT_FORBIDDEN = "object-forbidden";
    /// A git command failed.
    GIT_FAILED = "git-failed";
    // Objects
    /// A document that isn't a Kubernetes object.
    NOT_AN_OBJECT = "not-an-object";
    /// One app makes the same object twice.
    REPEATED_OBJECT = "repeated-object";
    /// Two apps own one object.
    OBJECT_OWNED_TWICE = "object-owned-twice";
    /// A cluster is checked against another Kubernetes version than its own.
    ASSUMED_VERSION = "assumed-version";
    /// A field that the cluster's Kubernetes version doesn't know.
    UNKNOWN_FIELD = "unknown-field";
    /// An object that the cluster's Kubernetes version would refuse.
    INVALID_OBJECT = "invalid-object";
    /// A tenant's app makes what a tenant may not.
    TENANT_ESCAPES = "tenant-escapes";
    /// A dependency that isn't there, or that goes in a circle.
    BAD_DEPENDENCY = "bad-dependency";
    // Output
    /// The output can't be written.
    OUTPUT_UNWRITABLE = "output-unwritable";
    /// A file of somebody else stands where ours should go.
    FOREIGN_FILE = "foreign-file";
    /// A file that would be made is there already.
    FILE_EXISTS = "file-exists";
    /// The index of a tree can't be read, so nothing in it may be replaced.
    INDEX_UNREADABLE = "index-unreadable";
    /// A cluster left the fleet; its tree stays.
    CLUSTER_LEFT = "cluster-left";
    // Publishing
    /// A Secret whose data isn't encrypted.
    PLAIN_SECRET = "plain-secret";
    /// A branch that is in use for something else.
    BRANCH_IN_USE = "branch-in-use";
    /// A branch that Terrace didn't make.
    BRANCH_FOREIGN = "branch-foreign";
    /// A branch whose source commit isn't in the history of the one that is published.
    SOURCE_DIVERGED = "source-diverged";
    /// A branch that can't be moved: the remote refuses it, or it keeps moving.
    BRANCH_REFUSED = "branch-refused";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    const HEADINGS: [&str; 4] = ["## What it means", "## Why it matters", "## Example", "## How to fix it"];

    /// What is wrong with a page; it is read as `terrace explain` prints it.
    fn faults(code: Code) -> Vec<String> {
        let page = code.page();
        let mut faults = Vec::new();
        if page.lines().next() != Some(format!("# {code}").as_str()) {
            faults.push("the heading isn't the code".to_owned());
        }
        let mut fenced = false;
        let mut headings = Vec::new();
        let mut bodies: Vec<String> = Vec::new();
        for line in page.lines().skip(1) {
            fenced ^= line.starts_with("```");
            if !fenced && line.starts_with('#') {
                headings.push(line);
                bodies.push(String::new());
            } else if let Some(body) = bodies.last_mut() {
                body.push_str(line);
                body.push('\n');
            }
            if !fenced && line.chars().count() > 120 {
                faults.push(format!("too long a line: {line}"));
            }
        }
        if headings != HEADINGS {
            faults.push(format!("the headings are {headings:?}"));
        }
        if bodies.iter().any(|body| body.trim().is_empty()) {
            faults.push("a section is empty".to_owned());
        }
        let fences = bodies.get(2).map_or(0, |b| b.lines().filter(|l| l.starts_with("```")).count());
        if fenced || fences != 4 {
            faults.push("the example isn't a wrong and a corrected input".to_owned());
        }
        let summary = code.summary();
        if !summary.ends_with('.') || summary.matches(". ").count() > 0 {
            faults.push(format!("the summary isn't one sentence: {summary:?}"));
        }
        faults
    }

    #[test]
    fn every_code_has_a_page_of_the_usual_form() {
        let faults: Vec<_> = ALL.iter().map(|c| (*c, faults(*c))).filter(|(_, faults)| !faults.is_empty()).collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }

    #[test]
    fn every_page_belongs_to_a_code() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/codes");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let pages: BTreeSet<String> = files.map(|name| name.into_string().unwrap()).collect();
        let codes: BTreeSet<String> = ALL.iter().map(|code| format!("{code}.md")).collect();
        assert_eq!(pages, codes);
        assert_eq!(codes.len(), ALL.len(), "names are unique");
    }

    #[test]
    fn a_summary_is_one_line() {
        assert_eq!(Code::FILE_MISSING.summary(), "A file that something names isn't there.");
        assert!(ALL.iter().all(|code| Code::find(code.name()) == Some(*code) && !code.summary().contains('\n')));
    }
}
