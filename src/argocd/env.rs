//! The variables that Argo CD puts in the place of `$NAME` (reposerver/repository, `newEnv`), and Go's rules for it
//! (`os.Expand`).

/// The variables of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Env {
    /// The app's name; with its namespace before it and `_` between where it isn't Argo CD's own.
    pub app_name: String,
    /// The destination's namespace.
    pub namespace: String,
    /// The project.
    pub project: String,
    /// `repoURL`.
    pub repo_url: String,
    /// `path`.
    pub path: String,
    /// `targetRevision`, as it is written.
    pub target_revision: String,
    /// What the revision is: a commit, or a chart's version.
    pub revision: String,
}

/// A text with its variables replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    /// The text.
    pub text: String,
    /// Whether the revision's id is in it.
    pub has_revision: bool,
    /// Names that stand for nothing and so left nothing.
    pub unknown: Vec<String>,
}

impl Env {
    fn get(&self, name: &str) -> Option<&str> {
        Some(match name {
            // `$$` is a dollar.
            "$" => "$",
            "ARGOCD_APP_NAME" => &self.app_name,
            "ARGOCD_APP_NAMESPACE" => &self.namespace,
            "ARGOCD_APP_PROJECT_NAME" => &self.project,
            "ARGOCD_APP_REVISION" => &self.revision,
            "ARGOCD_APP_REVISION_SHORT" => shortened(&self.revision, 7),
            "ARGOCD_APP_REVISION_SHORT_8" => shortened(&self.revision, 8),
            "ARGOCD_APP_SOURCE_REPO_URL" => &self.repo_url,
            "ARGOCD_APP_SOURCE_PATH" => &self.path,
            "ARGOCD_APP_SOURCE_TARGET_REVISION" => &self.target_revision,
            _ => return None,
        })
    }

    /// Replaces `$NAME` and `${NAME}`. `$$` is a dollar, an unknown name is nothing.
    pub fn expand(&self, text: &str) -> Expanded {
        let mut result = Expanded { text: String::with_capacity(text.len()), has_revision: false, unknown: Vec::new() };
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            let after = rest.get(at + 1..).unwrap_or_default();
            result.text.push_str(rest.get(..at).unwrap_or_default());
            let (name, width) = name(after);
            rest = after.get(width..).unwrap_or_default();
            match self.get(name) {
                _ if width == 0 => result.text.push('$'),
                Some(value) => {
                    result.has_revision |= name.starts_with("ARGOCD_APP_REVISION");
                    result.text.push_str(value);
                }
                None if name.is_empty() => {}
                None => result.unknown.push(name.to_owned()),
            }
        }
        result.text.push_str(rest);
        result
    }
}

fn shortened(revision: &str, bytes: usize) -> &str {
    revision.get(..bytes).unwrap_or(revision)
}

/// The name after a dollar, and how many bytes it takes: none where the dollar stands for itself.
fn name(after: &str) -> (&str, usize) {
    let Some(first) = after.bytes().next() else { return ("", 0) };
    if first == b'{' {
        let inner = after.get(1..).unwrap_or_default();
        if inner.bytes().next().is_some_and(is_special) && inner.as_bytes().get(1) == Some(&b'}') {
            return (inner.get(..1).unwrap_or_default(), 3);
        }
        return match inner.find('}') {
            // Bad syntax: Go takes `${}` away, and of a brace that nothing closes just `${`.
            Some(0) => ("", 2),
            Some(end) => (inner.get(..end).unwrap_or_default(), end + 2),
            None => ("", 1),
        };
    }
    if is_special(first) {
        return (after.get(..1).unwrap_or_default(), 1);
    }
    let end = after.bytes().position(|b| !(b == b'_' || b.is_ascii_alphanumeric())).unwrap_or(after.len());
    (after.get(..end).unwrap_or_default(), end)
}

/// The names of one character that shells have.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'*' | b'#' | b'$' | b'@' | b'!' | b'?' | b'-' | b'0'..=b'9')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env() -> Env {
        Env { app_name: "web".to_owned(), revision: "0123456789".to_owned(), ..Env::default() }
    }

    /// What Go 1.26's `os.Expand` made of these.
    #[test]
    fn names_are_found_as_go_finds_them() {
        for (text, expected) in [
            ("$ARGOCD_APP_NAME", "web"),
            ("a$ARGOCD_APP_NAME/b", "aweb/b"),
            ("${ARGOCD_APP_NAME}s", "webs"),
            ("$ARGOCD_APP_NAMEx", ""),
            ("$ARGOCD_APP_NAME-x", "web-x"),
            ("$ARGOCD_APP_NAME$", "web$"),
            ("${ARGOCD_APP_REVISION_SHORT}$", "0123456$"),
            ("${ARGOCD_APP_NAME", "ARGOCD_APP_NAME"),
            ("$$x", "$x"),
            ("$$$", "$$"),
            ("$$$$ARGOCD_APP_NAME", "$$ARGOCD_APP_NAME"),
            ("a$", "a$"),
            ("$", "$"),
            ("${", ""),
            ("a${}b", "ab"),
            ("a${x", "ax"),
            ("$10", "0"),
            ("$-x", "x"),
            ("${*}", ""),
            ("${1}x", "x"),
            ("${$}", "$"),
            ("${$", "$"),
            ("${a b}c", "c"),
            ("$é", "$é"),
            ("$.a", "$.a"),
            ("$/a", "$/a"),
            ("a$ b", "a$ b"),
            ("", ""),
            ("plain", "plain"),
        ] {
            assert_eq!(env().expand(text).text, expected, "{text}");
        }
    }

    #[test]
    fn it_says_what_it_used_and_what_it_does_not_know() {
        let expanded = env().expand("$ARGOCD_APP_REVISION_SHORT_8 $HOME ${x y}");
        assert_eq!((expanded.text.as_str(), expanded.has_revision), ("01234567  ", true));
        assert_eq!(expanded.unknown, ["HOME", "x y"]);
        assert!(!env().expand("$ARGOCD_APP_NAME").has_revision);
    }
}
