//! Names that say what an object is called and, behind it, which content or version it has.

/// The letters of kustomize's hashes.
const KUSTOMIZE: &str = "2456789bcdfghkmt";

/// The letters of the names that Kubernetes makes up.
const RANDOM: &str = "2456789bcdfghjklmnpqrstvwxz";

/// What is left of a name without the hashes, versions and numbers at its end.
pub(super) fn stem(name: &str) -> &str {
    let mut stem = name;
    while let Some((before, last)) = stem.rsplit_once('-') {
        if before.is_empty() || !(is_hash(last) || is_version(last)) {
            break;
        }
        stem = before;
    }
    stem
}

/// Whether a name ends as kustomize ends those of generated ConfigMaps and Secrets.
pub(super) fn has_kustomize_hash(name: &str) -> bool {
    name.rsplit_once('-').is_some_and(|(before, last)| !before.is_empty() && is_kustomize(last))
}

fn is_kustomize(part: &str) -> bool {
    part.len() == 10 && part.chars().all(|c| KUSTOMIZE.contains(c))
}

fn is_hash(part: &str) -> bool {
    let digits = part.bytes().any(|b| b.is_ascii_digit());
    let hex = (6..=64).contains(&part.len()) && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let random = (5..=10).contains(&part.len()) && part.chars().all(|c| RANDOM.contains(c));
    is_kustomize(part) || (digits && (hex || random))
}

/// `3`, `v2`, `1.27.0`, `v1.2.3_4`, `20240131`.
fn is_version(part: &str) -> bool {
    let numbers = part.strip_prefix('v').unwrap_or(part);
    numbers.starts_with(|c: char| c.is_ascii_digit())
        && numbers.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_and_versions_are_set_aside() {
        let cases = [
            ("web-config-7g2mkd5h4b", "web-config"),
            ("migrate-v1.2.3", "migrate"),
            ("migrate-1-2-3", "migrate"),
            ("job-5d41402abc4b2a76b9719d911017c592", "job"),
            ("web", "web"),
            ("web-config", "web-config"),
            ("web-backend", "web-backend"),
            ("-5", "-5"),
            ("pre-facade", "pre-facade"),
        ];
        for (name, expected) in cases {
            assert_eq!(stem(name), expected, "{name}");
        }
        assert!(has_kustomize_hash("a-7g2mkd5h4b") && !has_kustomize_hash("a-7g2mkd5h4"));
    }
}
