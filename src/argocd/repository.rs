//! What a `repoURL` means.

use crate::go::url::Url;

/// A URL as Argo CD compares it with a project's `sourceRepos` (util/git/git.go, `NormalizeGitURL`): lower case, without
/// `.git` and `ssh://`, `git@host:path` as `git@host/path`. Empty if it isn't a URL.
pub fn normalize_git_url(url: &str) -> String {
    let mut url = url.trim().to_lowercase();
    if is_ssh(&url) && !url.starts_with("ssh://") {
        url = format!("ssh://{}", url.replacen(':', "/", 1));
    }
    let url = url.strip_suffix(".git").unwrap_or(&url);
    let Ok(parsed) = Url::parse(url.as_bytes()) else { return String::new() };
    let text = String::from_utf8_lossy(&parsed.text()).into_owned();
    text.strip_prefix("ssh://").map(str::to_owned).unwrap_or(text)
}

/// Whether a URL has ssh's form: `user@host…`, with or without the scheme.
fn is_ssh(url: &str) -> bool {
    let rest = url.strip_prefix("ssh://").unwrap_or(url);
    rest.split_once('@')
        .is_some_and(|(user, rest)| !user.contains(['/', ':']) && !rest.is_empty() && !rest.contains('@'))
}

/// A URL in the form by which Terrace finds a repository, in which two ways of writing one repository are the same: lower case, without `.git`, trailing
/// slash, user and scheme; `git@host:path` as `host/path`.
pub fn normalize_url(url: &str) -> String {
    let url = url.trim().to_lowercase();
    let url = url.strip_suffix('/').unwrap_or(&url);
    let url = url.strip_suffix(".git").unwrap_or(url);
    let rest = match url.split_once("://") {
        Some((_, rest)) => rest.to_owned(),
        // scp's form: user@host:path
        None => match url.split_once(':') {
            Some((host, path)) if !host.contains('/') && host.contains('@') => {
                format!("{host}/{}", path.trim_start_matches('/'))
            }
            _ => url.to_owned(),
        },
    };
    let (host, path) = rest.split_once('/').unwrap_or((&rest, ""));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.strip_suffix(":443").or_else(|| host.strip_suffix(":22")).unwrap_or(host);
    format!("{host}/{}", path.trim_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::normalize_url;

    #[test]
    fn one_repository_in_many_spellings() {
        for url in [
            "https://github.com/Acme/Fleet.git",
            "https://github.com/acme/fleet",
            "https://github.com/acme/fleet/",
            "git@github.com:acme/fleet.git",
            "ssh://git@github.com/acme/fleet.git",
            "ssh://git@github.com:22/acme/fleet",
            "https://token@github.com/acme/fleet.git",
        ] {
            assert_eq!(normalize_url(url), "github.com/acme/fleet", "{url}");
        }
        assert_ne!(normalize_url("https://example.com:8443/a"), normalize_url("https://example.com/a"));
        assert_eq!(normalize_url("/srv/git/fleet.git"), "/srv/git/fleet");
    }
}
