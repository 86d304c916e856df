//! Files of cases, for tests.

/// A case of a file: its name, and its sections by name.
pub struct Case<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its sections, by their names.
    pub sections: Vec<(&'a str, &'a str)>,
}

impl<'a> Case<'a> {
    /// The section of a name.
    pub fn section(&self, name: &str) -> Option<&'a str> {
        self.sections.iter().find(|(found, _)| *found == name).map(|(_, text)| *text)
    }
}

/// The cases of a file: each starts with a line `=== name`, its sections with `--- name`.
pub fn cases(text: &str) -> Vec<Case<'_>> {
    let case = |text| {
        let (name, body) = titled(text);
        Case { name, sections: parts(body, "--- ").map(titled).collect() }
    };
    parts(text, "=== ").map(case).collect()
}

/// The parts of a text that start with lines of a mark.
fn parts<'a>(text: &'a str, mark: &str) -> impl Iterator<Item = &'a str> {
    let starts = text.match_indices(mark).map(|(at, _)| at).filter(|at| *at == 0 || text[..*at].ends_with('\n'));
    let bounds: Vec<usize> = starts.chain([text.len()]).collect();
    (1..bounds.len()).map(move |at| &text[bounds[at - 1]..bounds[at]])
}

/// The title of a part, and what is below.
fn titled(text: &str) -> (&str, &str) {
    text[4..].split_once('\n').unwrap()
}

/// How two texts differ, for people.
pub fn difference(expected: &str, got: &str) -> String {
    let diff = similar::TextDiff::from_lines(expected, got);
    diff.unified_diff().context_radius(2).header("kustomize", "terrace").to_string()
}
