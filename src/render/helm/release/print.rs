//! What `helm template` prints: the manifests, then the hooks, or those that `--show-only` asks for.

use ecow::EcoString;

use super::hook::Event;
use super::manifest::{Broken, Output, ReleaseManifest};
use super::split::split;
use crate::glob::path_match::PathPattern;
use crate::render::helm::Profile;

/// What is printed.
#[derive(Clone, Debug, Default)]
pub struct Printing {
    /// Whether the files of `crds/` come first.
    pub include_crds: bool,
    /// Whether hooks stay out.
    pub no_hooks: bool,
    /// Whether tests stay out.
    pub skip_tests: bool,
    /// Templates to print, by patterns on their paths below the chart; all if there is none.
    pub show_only: Vec<String>,
}

impl Printing {
    /// Whether a hook is printed.
    pub fn shows(&self, hook: &ReleaseManifest) -> bool {
        let is_test = || hook.hook.as_ref().is_some_and(|info| info.events.contains(&Event::Test));
        !(self.no_hooks || self.skip_tests && is_test())
    }
}

/// A document as it is printed, and as `--output-dir` writes it.
pub fn document(path: &str, text: &str) -> String {
    format!("---\n# Source: {path}\n{text}\n")
}

/// What `helm template` prints of a release.
///
/// # Errors
/// Helm's text, when `--show-only` names what isn't there.
pub fn print(output: &Output, printing: &Printing, profile: Profile) -> Result<String, String> {
    let mut text = String::new();
    if printing.include_crds {
        for crd in &output.crds {
            text.push_str(&document(&crd.path, &String::from_utf8_lossy(&crd.text)));
        }
    }
    // Each with its path and the lines around it.
    text.reserve(output.manifests.iter().map(|manifest| manifest.text.len() + manifest.path.len() + 16).sum());
    for manifest in &output.manifests {
        push(&mut text, &manifest.path, &manifest.text);
    }
    finish(text, &output.hooks, printing, profile)
}

/// What `helm template --debug` prints where a document is broken: all files as they are. Helm's order of them is random,
/// ours is that of their paths.
///
/// # Errors
/// Helm's text, when `--show-only` names what isn't there.
pub fn print_broken(broken: &Broken, printing: &Printing, profile: Profile) -> Result<String, String> {
    let mut text = String::new();
    for (path, content) in broken.files.iter().filter(|(_, content)| !content.trim().is_empty()) {
        push(&mut text, path, content);
    }
    let found = finish(text, &broken.hooks, printing, profile);
    match profile {
        Profile::Helm3 => found,
        // The document may be just what was asked for.
        Profile::Helm4 => found.map_err(|_| broken.text.clone()),
    }
}

fn push(out: &mut String, path: &EcoString, text: &str) {
    for part in ["---\n# Source: ", path, "\n", text, "\n"] {
        out.push_str(part);
    }
}

/// Adds the hooks, and picks what is asked for.
fn finish(
    manifests: String,
    hooks: &[ReleaseManifest],
    printing: &Printing,
    profile: Profile,
) -> Result<String, String> {
    let mut text = manifests;
    text.truncate(text.trim_end().len());
    text.drain(..text.len() - text.trim_start().len());
    text.push('\n');
    for hook in hooks.iter().filter(|hook| printing.shows(hook)) {
        push(&mut text, &hook.path, &hook.text);
    }
    if printing.show_only.is_empty() { Ok(text) } else { show_only(&text, &printing.show_only, profile) }
}

/// The documents whose templates match, pattern after pattern. Helm looks for the paths in what it prints itself, so a
/// comment `# Source: …` in front of a document counts.
fn show_only(text: &str, patterns: &[String], profile: Profile) -> Result<String, String> {
    let documents: Vec<(&str, &str)> =
        split(text, profile).into_iter().filter_map(|document| Some((source(document)?, document))).collect();
    let mut shown = String::new();
    for pattern in patterns {
        let compiled = PathPattern::new(pattern);
        let mut missing = true;
        for (_, document) in documents.iter().filter(|(path, _)| compiled.as_ref().is_some_and(|p| p.matches(path))) {
            missing = false;
            for part in ["---\n", document, "\n"] {
                shown.push_str(part);
            }
        }
        if missing {
            return Err(format!("could not find template {pattern} in chart"));
        }
    }
    Ok(shown)
}

/// The path below the chart that a printed document names: the first match of `# Source: [^/]+/(.+)`.
fn source(document: &str) -> Option<&str> {
    let mut rest = document;
    loop {
        let (_, after) = rest.split_once("# Source: ")?;
        rest = after;
        if let Some((chart, path)) = after.split_once('/') {
            let path = path.split('\n').next().unwrap_or_default();
            if !chart.is_empty() && !path.is_empty() {
                return Some(path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_found_as_the_expression_finds_them() {
        let expression = regex::Regex::new("# Source: [^/]+/(.+)").unwrap();
        for document in [
            "# Source: web/templates/a.yaml\na: 1",
            "# Source: none\n# Source: web/b.yaml",
            "x # Source: /a\n# Source: a/\n# Source: b/c # Source: d/e",
            "# Source: a# Source: b/c\n",
            "nothing",
        ] {
            let expected = expression.captures(document).and_then(|c| c.get(1)).map(|m| m.as_str());
            assert_eq!(source(document), expected, "{document}");
        }
    }

    #[test]
    fn nothing_is_an_empty_line() {
        assert_eq!(print(&Output::default(), &Printing::default(), Profile::Helm4), Ok("\n".to_owned()));
    }
}
