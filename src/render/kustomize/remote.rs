//! Names of git repositories in `resources`, `components` and the like (api/internal/git/repospec.go).

/// A directory of a repository elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepoSpec {
    /// As it is written.
    pub raw: String,
    /// What `git clone` would be given.
    pub url: String,
    /// The directory below the repository's root; empty for the root.
    pub path: String,
    /// `ref` or `version`; none for the default branch.
    pub revision: Option<String>,
}

impl RepoSpec {
    /// What a text names, if it names a repository at all.
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with('/') {
            return None;
        }
        let (rest, query) = text.split_once('?').unwrap_or((text, ""));
        let (host, rest) = host(rest)?;
        let (repository, path) = parts(rest, host == "file://")?;
        if repository.is_empty() || leaves(path) {
            return None;
        }
        let path = path.strip_prefix('/').unwrap_or(path).to_owned();
        let value = |wanted: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, value)| *key == wanted && !value.is_empty()).map(|(_, value)| decoded(value))
        };
        let revision = value("ref").or_else(|| value("version"));
        Some(Self { raw: text.to_owned(), url: format!("{host}{repository}"), path, revision })
    }
}

/// Whether a text names a file by `http://` or `https://`.
pub fn is_remote_file(text: &str) -> bool {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_some_and(|scheme| scheme == "http" || scheme == "https")
}

/// A repository's URL in a form in which two spellings of it are the same: no scheme, user or `.git`.
pub fn normalized(url: &str) -> String {
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    let url = url.split_once('@').filter(|(user, _)| !user.contains('/')).map_or(url, |(_, rest)| rest);
    let url = url.trim_end_matches('/');
    url.strip_suffix(".git").unwrap_or(url).replacen(':', "/", 1).to_ascii_lowercase()
}

/// The path of a file below what a URL stands for; empty for the URL itself. Raw files of GitHub are below their
/// repository, whatever their revision.
pub fn file_below(url: &str, known: &str) -> Option<String> {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let below = |url: &str, known: &str| -> Option<String> {
        let rest = url.strip_prefix(known.trim_end_matches('/'))?;
        (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_start_matches('/').to_owned())
    };
    if let Some(found) = below(url, known) {
        return Some(found);
    }
    let repository = normalized(known);
    let raw = url.strip_prefix("https://raw.githubusercontent.com/")?;
    let mut parts = raw.splitn(3, '/');
    let (owner, name, rest) = (parts.next()?, parts.next()?, parts.next()?);
    if repository != format!("github.com/{owner}/{name}").to_ascii_lowercase() {
        return None;
    }
    let rest = rest.strip_prefix("refs/heads/").or_else(|| rest.strip_prefix("refs/tags/")).unwrap_or(rest);
    rest.split_once('/').map(|(_, path)| path.to_owned())
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).and_then(|h| std::str::from_utf8(h).ok());
        match (byte, hex.and_then(|h| u8::from_str_radix(h, 16).ok())) {
            (b'%', Some(code)) => {
                out.push(code);
                at += 3;
                continue;
            }
            (b'+', _) => out.push(b' '),
            _ => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn strip_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| text.get(prefix.len()..).unwrap_or_default())
}

/// The host with its scheme and user, and what follows.
fn host(text: &str) -> Option<(String, &str)> {
    let text = strip_ignoring_case(text, "git::").unwrap_or(text);
    let schemes = ["ssh://", "https://", "http://", "file://"];
    let found = schemes.into_iter().find_map(|scheme| Some((scheme, strip_ignoring_case(text, scheme)?)));
    let (scheme, rest) = found.unwrap_or(("", text));
    let user = rest.split_once('@').map(|(user, _)| user).filter(|user| {
        user.starts_with(|c: char| c.is_ascii_alphabetic())
            && user.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    });
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    let rest = rest.get(user.len()..)?;
    let github =
        strip_ignoring_case(rest, "github.com/").is_some() || strip_ignoring_case(rest, "github.com:").is_some();
    // git's own short form, `user@host:path`.
    let short = scheme.is_empty() && (!user.is_empty() || github);
    if scheme.is_empty() && !short {
        return None;
    }
    if scheme == "file://" {
        return Some((scheme.to_owned(), rest));
    }
    let slash = rest.find('/');
    let end = match rest.find(':').filter(|_| short) {
        Some(colon) if slash.is_none_or(|slash| colon > 0 && colon < slash) => Some(colon),
        _ => slash,
    };
    let (name, below) = end.map_or((rest, ""), |at| rest.split_at(at + 1));
    if github {
        let host = if scheme == "ssh://" || !user.is_empty() {
            format!("{user}github.com:")
        } else {
            "https://github.com/".to_owned()
        };
        return Some((host, below));
    }
    (!name.is_empty()).then(|| (format!("{scheme}{user}{name}"), below))
}

/// The repository and the directory in it.
fn parts(text: &str, whole: bool) -> Option<(&str, &str)> {
    if let Some(at) = text.find("_git/") {
        let name = at + "_git/".len();
        let end = text.get(name..)?.find('/').map_or(text.len(), |slash| name + slash);
        let (repository, rest) = text.split_at(end);
        return Some((repository, rest.strip_prefix('/').unwrap_or(rest)));
    }
    if let Some((repository, path)) = text.split_once("//") {
        return Some((repository, path));
    }
    if let Some(at) = text.find(".git") {
        return Some(text.split_at(at + ".git".len()));
    }
    if whole {
        return Some((text, ""));
    }
    let first = text.find('/')?;
    let second = text.get(first + 1..)?.find('/').map(|at| first + 1 + at);
    Some(match second {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text, ""),
    })
}

fn leaves(path: &str) -> bool {
    let mut depth = 0_i64;
    for part in path.trim_start_matches('/').split('/') {
        match part {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(String, String, Option<String>)> {
        RepoSpec::parse(text).map(|spec| (spec.url, spec.path, spec.revision))
    }

    #[test]
    fn repositories_are_told_from_paths() {
        let is = |url: &str, path: &str, revision: Option<&str>| {
            Some((url.to_owned(), path.to_owned(), revision.map(str::to_owned)))
        };
        for (text, expected) in [
            ("../base", None),
            ("base", None),
            ("/abs", None),
            ("github.com/org/repo", is("https://github.com/org/repo", "", None)),
            ("github.com/org/repo/dir/sub?ref=v1", is("https://github.com/org/repo", "dir/sub", Some("v1"))),
            ("https://github.com/org/repo//dir?ref=v1&timeout=3", is("https://github.com/org/repo", "dir", Some("v1"))),
            (
                "https://github.com/org/repo.git/dir?version=a%2Fb",
                is("https://github.com/org/repo.git", "dir", Some("a/b")),
            ),
            ("git@github.com:org/repo.git//dir", is("git@github.com:org/repo.git", "dir", None)),
            (
                "ssh://git@ssh.example.com:7999/org/repo.git",
                is("ssh://git@ssh.example.com:7999/org/repo.git", "", None),
            ),
            (
                "https://dev.azure.com/org/project/_git/repo/dir",
                is("https://dev.azure.com/org/project/_git/repo", "dir", None),
            ),
            ("git::https://example.com/a/b", is("https://example.com/a/b", "", None)),
            ("file:///srv/repo//dir", is("file:///srv/repo", "dir", None)),
            ("https://github.com/org/repo//../up", None),
        ] {
            assert_eq!(parsed(text), expected, "{text}");
        }
        assert_eq!(normalized("git@github.com:Org/Repo.git"), normalized("https://github.com/org/repo/"));
        let raw = "https://raw.githubusercontent.com/org/repo/main/a/b.yaml";
        assert_eq!(file_below(raw, "https://github.com/org/repo.git").as_deref(), Some("a/b.yaml"));
        assert_eq!(file_below("https://x.io/a/b.yaml?c", "https://x.io/a").as_deref(), Some("b.yaml"));
        assert_eq!(file_below("https://x.io/ab.yaml", "https://x.io/a"), None);
        assert!(is_remote_file("https://example.com/a.yaml") && !is_remote_file("a.yaml"));
    }
}
