//! The message of a commit, and what its trailers say.
//!
//! Argo CD reads `Argocd-reference-commit-*` from the commit that it syncs, and shows the commit that it came from
//! (`util/git/client.go`, `GetReferences`): the last paragraph as `git interpret-trailers --parse` finds it, one line each;
//! the author as in a mail, the date in RFC 3339, the body as a JSON string, the URL as one that Go's `url.Parse` takes.

use std::collections::BTreeSet;

use crate::git::{Identity, Message, ObjectId};
use crate::snapshot::Resolved;

const SHA: &str = "Argocd-reference-commit-sha";
const RESOLVED: &str = "Terrace-resolved-revision";

/// As much of a body goes into a trailer: Argo CD reads lines of at most 64 KB, and none after a longer one.
const BODY_LIMIT: usize = 16 << 10;

/// The message of a commit that was made of a source commit.
pub(super) fn compose(source: &Message, own: Option<&str>, url: Option<&str>, revisions: &[Resolved]) -> String {
    let (subject, body) = match own {
        Some(text) => text.trim().split_once('\n').unwrap_or((text.trim(), "")),
        None => (source.subject.trim(), source.body.as_str()),
    };
    let id = source.id.to_string();
    // The first paragraph has no trailers, so there has to be one.
    let mut text = match subject.trim() {
        "" => format!("Publish {}", super::report::short(&id)),
        subject => subject.to_owned(),
    };
    text.push('\n');
    let body = body.trim_matches('\n').trim_end();
    if !body.is_empty() {
        text.push('\n');
        for line in body.lines() {
            // `---` would end the message for whoever looks for trailers.
            if line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace)) {
                text.push(' ');
            }
            text.push_str(line.trim_end_matches('\r'));
            text.push('\n');
        }
    }
    text.push('\n');
    let mut trailer = |name: &str, value: &str| {
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        if !value.is_empty() {
            text.push_str(&format!("{name}: {value}\n"));
        }
    };
    trailer("Argocd-reference-commit-repourl", url.unwrap_or_default());
    trailer(SHA, &id);
    trailer("Argocd-reference-commit-author", &mailbox(&source.author).unwrap_or_default());
    trailer("Argocd-reference-commit-subject", &source.subject);
    trailer("Argocd-reference-commit-date", &source.author_date_iso);
    let resolved: BTreeSet<&Resolved> = revisions.iter().collect();
    for Resolved { repository, revision, commit } in resolved {
        trailer(RESOLVED, &format!("{repository}@{revision} {commit}"));
    }
    // Its spaces count, so it isn't folded as the others are; a JSON string is one line.
    if !source.body.is_empty() {
        text.push_str(&format!("Argocd-reference-commit-body: {}\n", json(&source.body)));
    }
    text
}

/// A text as a JSON string, cut where it is too long.
fn json(text: &str) -> String {
    let mut end = text.len().min(BODY_LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let cut = text.get(..end).unwrap_or_default();
    let cut = if cut.len() < text.len() { format!("{cut}…") } else { cut.to_owned() };
    serde_json::Value::String(cut).to_string()
}

/// A person as in a mail (RFC 5322); none if the address isn't one.
fn mailbox(who: &Identity) -> Option<String> {
    let email = who.email.trim();
    let (local, domain) = email.rsplit_once('@')?;
    let bad = |part: &str| {
        part.is_empty() || part.contains(|c: char| c.is_whitespace() || c.is_control() || "<>(),;:\"\\[]@".contains(c))
    };
    if bad(local) || bad(domain) {
        return None;
    }
    let name: String = who.name.chars().filter(|c| !c.is_control()).collect();
    let is_atom = |c: char| c.is_alphanumeric() || c == ' ' || c == '-' || c == '_' || c == '\'';
    Some(match name.trim() {
        "" => format!("<{email}>"),
        name if name.chars().all(is_atom) => format!("{name} <{email}>"),
        name => format!("\"{}\" <{email}>", name.replace('\\', "\\\\").replace('"', "\\\"")),
    })
}

/// The URL of a repository as it may stand in a message: without password or token, and in a form that Argo CD takes.
pub fn published_url(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = match authority.rsplit_once('@') {
                // The user of SSH is part of the address; that of HTTP is who asks.
                Some((user, host)) if scheme.contains("ssh") => {
                    format!("{}@{host}", user.split(':').next().unwrap_or_default())
                }
                Some((_, host)) => host.to_owned(),
                None => authority.to_owned(),
            };
            format!("{scheme}://{host}{path}")
        }
        // `git@host:path`, unless a slash comes before the colon.
        None => match url.split_once(':') {
            Some((host, path)) if !host.contains('/') && host.len() > 1 => {
                format!("ssh://{host}/{}", path.trim_start_matches('/'))
            }
            _ => url.to_owned(),
        },
    }
}

/// The source commit that a message names: in its last paragraph that is all trailers and has one.
pub(super) fn source_commit(message: &str) -> Option<ObjectId> {
    let message = message.replace("\r\n", "\n");
    let paragraphs: Vec<&str> = message.split("\n\n").collect();
    // The first paragraph is the subject.
    paragraphs.iter().skip(1).rev().find_map(|paragraph| {
        let lines: Vec<&str> = paragraph.trim_matches('\n').lines().collect();
        let is_trailer = |line: &&str| {
            let name = line.split_once(": ").map(|(name, _)| name).unwrap_or_default();
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        if !lines.iter().all(is_trailer) {
            return None;
        }
        let named = lines.iter().rev().find_map(|line| line.strip_prefix(SHA)?.strip_prefix(": "))?;
        ObjectId::from_hex(named.trim())
    })
}

/// The trailer that names a source commit.
pub(super) fn sha_trailer(id: ObjectId) -> String {
    format!("{SHA}: {id}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(subject: &str, body: &str) -> Message {
        Message {
            id: ObjectId::from_hex(&"ab".repeat(20)).unwrap(),
            author: Identity { name: "J. \"Q\" Doe".into(), email: "j@example.com".into() },
            author_date: "1700000000 +0100".into(),
            author_date_iso: "2023-11-14T23:13:20+01:00".into(),
            committer_date: "1700000000 +0100".into(),
            subject: subject.into(),
            body: body.into(),
        }
    }

    #[test]
    fn a_message_has_what_argo_cd_reads() {
        let resolved = |revision: &str| Resolved {
            repository: "platform".into(),
            revision: revision.into(),
            commit: "cd".repeat(20),
        };
        let body = "Why.\n\n---\nMore: of it\n\nArgocd-reference-commit-sha: 1234567";
        let revisions = [resolved("v2"), resolved("v1"), resolved("v2")];
        let text = compose(&source("Do it", body), None, Some("https://git.example.com/acme"), &revisions);
        insta::assert_snapshot!(text, @r#"
        Do it

        Why.

         ---
        More: of it

        Argocd-reference-commit-sha: 1234567

        Argocd-reference-commit-repourl: https://git.example.com/acme
        Argocd-reference-commit-sha: abababababababababababababababababababab
        Argocd-reference-commit-author: "J. \"Q\" Doe" <j@example.com>
        Argocd-reference-commit-subject: Do it
        Argocd-reference-commit-date: 2023-11-14T23:13:20+01:00
        Terrace-resolved-revision: platform@v1 cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd
        Terrace-resolved-revision: platform@v2 cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd
        Argocd-reference-commit-body: "Why.\n\n---\nMore: of it\n\nArgocd-reference-commit-sha: 1234567"
        "#);
        assert_eq!(source_commit(&text).unwrap().to_string(), "ab".repeat(20));
    }

    #[test]
    fn an_own_message_and_no_message_at_all() {
        let own = compose(&source("Do it", "body"), Some("Release 7\n\nto prod"), None, &[]);
        assert!(own.starts_with("Release 7\n\nto prod\n\nArgocd-reference-commit-sha: abab"), "{own}");
        assert!(own.contains("-subject: Do it\n") && own.contains("-body: \"body\"\n"), "{own}");
        let none = compose(&source("", ""), None, None, &[]);
        assert!(none.starts_with("Publish ababababab\n\nArgocd-reference-commit-sha: abab"), "{none}");
        assert!(source_commit(&none).is_some());
        let long = compose(&source("s", &"ä".repeat(BODY_LIMIT)), None, None, &[]);
        assert!(long.lines().last().unwrap().len() < 33 << 10);
    }

    #[test]
    fn only_trailers_name_a_source() {
        let sha = "ab".repeat(20);
        for text in [
            format!("Argocd-reference-commit-sha: {sha}\n"),
            format!("Subject\n\nArgocd-reference-commit-sha: {sha}\nand more\n"),
            "Subject\n\nArgocd-reference-commit-sha: 1234567\n".to_owned(),
            "Subject\n".to_owned(),
            String::new(),
        ] {
            assert_eq!(source_commit(&text), None, "{text}");
        }
        // A squashed merge, with what a forge adds below.
        let squashed = format!(
            "Promote (#7)\r\n\r\nArgocd-reference-commit-sha: {sha}\r\n\r\n---------\r\n\r\nCo-authored-by: a <b@c>\r\n"
        );
        assert_eq!(source_commit(&squashed).unwrap().to_string(), sha);
    }

    #[test]
    fn urls_have_no_secrets() {
        for (url, shown) in [
            ("https://token@github.com/acme/fleet.git", "https://github.com/acme/fleet.git"),
            ("https://u:p@ss@example.com:8443/x", "https://example.com:8443/x"),
            ("ssh://git:pw@example.com:22/x", "ssh://git@example.com:22/x"),
            ("git@github.com:acme/fleet.git", "ssh://git@github.com/acme/fleet.git"),
            ("file:///srv/x.git", "file:///srv/x.git"),
            ("/srv/x.git", "/srv/x.git"),
            ("../x:y", "../x:y"),
        ] {
            assert_eq!(published_url(url), shown);
        }
    }
}
