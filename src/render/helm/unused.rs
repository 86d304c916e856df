//! Values that somebody sets and no template of the chart can read: a slip of a name, mostly.
//!
//! What a template reads depends on values, so that nothing is said of what one rendering happens to read. It is the text
//! that is looked at: a key that stands nowhere in the chart, below values that are nowhere taken as a whole, can't be read.
//! Whatever could take a value by another way than by its name keeps this silent.

use memchr::memmem;

use super::chart::Chart;
use super::options::{Options, Values};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::provenance::Recorder;
use crate::source::{FileId, Origin};
use crate::world::{FilePath, Reader};
use crate::yaml::{Entry, Map, Node};

/// Keys that are for others than templates, or for all charts alike.
const SHARED: [&str; 3] = ["global", "tags", "exports"];

/// The values that no template can read, out of those that are given for this chart alone: in the Application, in `app.yaml`
/// and in values files that stand in the chart. Files elsewhere may serve other charts.
pub(super) fn find(
    chart: &Chart,
    user: &Node,
    dir: &FilePath,
    options: &Options,
    reader: &Reader,
    recorder: &Recorder,
) -> Diagnostics {
    let elsewhere = options.values.iter().filter_map(|values| match values {
        Values::File(path, _) if !is_below(path, dir) => reader.text(path).ok().map(|file| file.id),
        _ => None,
    });
    let texts = Texts::of(chart, user);
    let mut work =
        Work { texts, elsewhere: elsewhere.collect(), recorder, at: options.origin, found: Diagnostics::new() };
    if let Some(map) = user.as_map().filter(|_| !work.texts.is_taken_whole("Values")) {
        work.level(map, chart, &mut Vec::new(), &mut Vec::new());
    }
    work.found
}

fn is_below(path: &FilePath, dir: &FilePath) -> bool {
    let rest = path.path.strip_prefix(dir.path.as_str());
    path.tree == dir.tree && rest.is_some_and(|rest| dir.path.is_empty() || rest.starts_with('/'))
}

struct Work<'a> {
    texts: Texts,
    elsewhere: Vec<FileId>,
    recorder: &'a Recorder,
    /// Where the chart is named.
    at: Origin,
    found: Diagnostics,
}

impl Work<'_> {
    /// One mapping of values: `below` is where it stands in those of `chart`, `above` where these stand.
    fn level<'n>(&mut self, map: &'n Map, chart: &Chart, above: &mut Vec<&'n str>, below: &mut Vec<&'n str>) {
        for entry in map {
            let key = entry.key.as_str();
            let apart =
                below.is_empty() && SHARED.contains(&key) || key.starts_with(['_', '.']) || key.starts_with("x-");
            if apart || entry.value.is_null() {
                continue;
            }
            match below.is_empty().then(|| dependency(chart, key)).flatten() {
                // It is switched off and not at hand: nothing is known of it.
                Some(None) => {}
                Some(Some(dependency)) => {
                    if let Some(values) = entry.value.as_map().filter(|_| !self.texts.is_taken_whole(key)) {
                        above.push(key);
                        self.level(values, dependency, above, &mut Vec::new());
                        above.pop();
                    }
                }
                None if !self.texts.names(key) => self.tell(entry, chart, above, below),
                None => {
                    if let Some(values) = entry.value.as_map().filter(|_| !self.texts.is_taken_whole(key)) {
                        below.push(key);
                        self.level(values, chart, above, below);
                        below.pop();
                    }
                }
            }
        }
    }

    fn tell(&mut self, entry: &Entry, chart: &Chart, above: &[&str], below: &[&str]) {
        let plain = |mut origin: Origin| {
            while let Some(step) = self.recorder.get(origin) {
                origin = step.by;
            }
            origin
        };
        let places = [plain(entry.key_origin), plain(entry.value.origin)];
        if self.elsewhere.iter().any(|file| places.iter().any(|at| at.file == *file)) {
            return;
        }
        let at = places.into_iter().find(|at| at.file.is_real()).unwrap_or(self.at);
        let key = entry.key.as_str();
        let path = above.iter().chain(below).chain([&key]).copied().collect::<Vec<_>>().join(".");
        let message = format!("no template of the chart `{}` reads the value `{path}`", chart.metadata.name);
        let known = chart.values.at(below).and_then(Node::as_map).into_iter().flatten().map(|entry| entry.key.as_str());
        self.found
            .push(Diagnostic::warning(Code::VALUE_UNUSED, message).at(at, "has no effect").did_you_mean(key, known));
    }
}

/// The chart below another whose values stand under a key: none if it isn't one, nothing in it if it isn't at hand.
fn dependency<'c>(chart: &'c Chart, key: &str) -> Option<Option<&'c Chart>> {
    let declared =
        chart.metadata.dependencies().find(|d| if d.alias.is_empty() { d.name == key } else { d.alias == key });
    let name = declared.map_or(key, |dependency| dependency.name.as_str());
    let found = chart.dependencies.iter().find(|dependency| dependency.metadata.name == name).map(|d| &**d);
    (found.is_some() || declared.is_some()).then_some(found)
}

/// Every text in which a template, or something that a template may be made of, names a value.
struct Texts {
    /// Templates, and texts with a template in them.
    templates: Vec<String>,
    /// Everything else that may name a value.
    others: Vec<String>,
}

impl Texts {
    fn of(chart: &Chart, user: &Node) -> Self {
        let mut texts = Self { templates: Vec::new(), others: Vec::new() };
        texts.chart(chart);
        texts.strings(user);
        texts
    }

    fn chart(&mut self, chart: &Chart) {
        let text = |file: &super::chart::File| file.source().map(|source| source.text.to_string());
        self.templates.extend(chart.templates.iter().filter_map(text));
        for file in &chart.files {
            // Values and documentation are read by templates only where these name the file.
            let name = file.name.rsplit('/').next().unwrap_or_default();
            let apart = name.starts_with("values") || file.name.starts_with("ci/") || name.ends_with(".md");
            if apart && !self.templates.iter().any(|text| text.contains(name)) {
                continue;
            }
            match text(file) {
                Some(text) if text.contains("{{") => self.templates.push(text),
                text => self.others.extend(text),
            }
        }
        // Conditions, tags and imports name values.
        self.others.push(crate::yaml::to_json(&chart.metadata.document));
        self.strings(&chart.values);
        chart.dependencies.iter().for_each(|dependency| self.chart(dependency));
    }

    /// Strings that are templates themselves.
    fn strings(&mut self, node: &Node) {
        let mut rest = vec![node];
        while let Some(node) = rest.pop() {
            if let Some(text) = node.as_str().filter(|text| text.contains("{{")) {
                self.templates.push(text.to_owned());
            }
            rest.extend(node.as_map().into_iter().flatten().map(|entry| &entry.value));
            rest.extend(node.as_seq().unwrap_or_default());
        }
    }

    /// Whether a name stands anywhere.
    fn names(&self, name: &str) -> bool {
        self.templates.iter().chain(&self.others).any(|text| words(text, name).next().is_some())
    }

    /// Whether the values below a name may be read without their own names: it is the end of a chain of fields somewhere, or
    /// stands in quotes.
    fn is_taken_whole(&self, name: &str) -> bool {
        let whole = |(before, after): (Option<u8>, &[u8])| match before {
            Some(b'.' | b'$') => !matches!(after, [b'.', next, ..] if next.is_ascii_alphabetic() || *next == b'_'),
            Some(b'"' | b'`' | b'\'') => true,
            _ => false,
        };
        self.templates.iter().any(|text| words(text, name).any(whole))
    }
}

/// Where a word stands by itself: the byte before it, and what follows.
fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = (Option<u8>, &'t [u8])> {
    let bytes = text.as_bytes();
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    memmem::find_iter(bytes, word).filter_map(move |at| {
        let before = at.checked_sub(1).and_then(|i| bytes.get(i)).copied();
        let after = bytes.get(at + word.len()..).unwrap_or_default();
        let apart = before.is_none_or(|b| !is_part(b)) && after.first().is_none_or(|b| !is_part(*b));
        apart.then_some((before, after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(template: &str) -> Texts {
        Texts { templates: vec![template.to_owned()], others: Vec::new() }
    }

    #[test]
    fn values_are_taken_whole_where_a_chain_of_fields_ends() {
        for (template, name, expected) in [
            ("{{ .Values.a.b }}", "Values", false),
            ("{{ .Values.a.b }}", "a", false),
            ("{{ .Values.a.b }}", "b", true),
            ("{{ toYaml .Values }}", "Values", true),
            ("{{ $.Values.a }}", "Values", false),
            ("{{ $v := .Values }}", "Values", true),
            ("{{ index .Values.a \"b-c\" }}", "a", true),
            ("{{ index .Values.a \"b-c\" }}", "b-c", true),
            ("{{ dig \"a\" \"b\" 1 .Values.x }}", "a", true),
            ("{{ with .Values.a }}{{ .b.c }}{{ end }}", "b", false),
            ("a: 1", "a", false),
        ] {
            assert_eq!(texts(template).is_taken_whole(name), expected, "{name} in {template}");
        }
    }

    #[test]
    fn a_name_stands_by_itself() {
        assert!(texts("{{ .Values.replicaCount }}").names("replicaCount"));
        assert!(!texts("{{ .Values.replicaCount }}").names("replica"));
        assert!(texts("index .Values \"a-b\"").names("a-b"));
    }
}
