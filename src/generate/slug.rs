//! Names out of other names: `normalize` and `slugify` (applicationset/utils), and the slugs of gosimple/slug v1.15.

use unidecode::unidecode_char;

use crate::render::helm::sprig::unicode::{Case, to};

/// The longest DNS name.
const LONGEST_NAME: usize = 253;

/// `SanitizeName`: in lower case, what can't stand in a name made a dash, cut at 253 bytes, no dashes or dots around
/// it.
pub fn normalize(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let mut made: String = name.chars().map(|c| to(Case::Lower, c)).map(|c| if allowed(c) { c } else { '-' }).collect();
    made.truncate(LONGEST_NAME);
    made.trim_matches(['-', '.']).to_owned()
}

/// How long a slug may be, and how it is cut.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// Bytes.
    pub length: i64,
    /// Whether it is cut between words.
    pub between_words: bool,
}

/// What a slug is cut to when nobody says.
pub const SHORT: Cut = Cut { length: 50, between_words: true };

/// `slugify`: the slug of a normalised name.
///
/// # Errors
/// Go's panic: a length that no text has.
pub fn slugify(name: &str, cut: Cut) -> Result<String, String> {
    slug(&normalize(name), cut)
}

/// The slug of a branch, as pull requests have it: at most 50 bytes.
pub fn branch(name: &str) -> String {
    slug(&name.trim().replace('_', "-"), SHORT).unwrap_or_default()
}

/// `slug.Make` with `en`.
fn slug(name: &str, cut: Cut) -> Result<String, String> {
    let mut ascii = String::with_capacity(name.len());
    for c in name.trim().chars() {
        match c {
            '&' => ascii.push_str("and"),
            '@' => ascii.push_str("at"),
            '"' | '\'' | '’' => {}
            '‒' | '–' | '—' | '―' => ascii.push('-'),
            c if c.is_ascii() => ascii.push(c),
            c => ascii.push_str(transliterated(c)),
        }
    }
    ascii.make_ascii_lowercase();
    let out_of_range =
        |at: i64, length: usize| format!("runtime error: slice bounds out of range [:{at}] with length {length}");
    if !cut.between_words && i64::try_from(ascii.len()).is_ok_and(|length| length >= cut.length) {
        let at = usize::try_from(cut.length).map_err(|_| out_of_range(cut.length, ascii.len()))?;
        ascii.truncate(at);
    }
    let mut made = String::with_capacity(ascii.len());
    for c in ascii.chars() {
        let c = if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
        if c != '-' || !made.ends_with('-') {
            made.push(c);
        }
    }
    let made = made.trim_matches(['-', '_']);
    let length = usize::try_from(cut.length).unwrap_or_default();
    if length == 0 || !cut.between_words || made.len() <= length {
        return Ok(made.to_owned());
    }
    let end = made.get(..=length).and_then(|start| start.rfind('-')).unwrap_or(length);
    Ok(made.get(..end).unwrap_or(made).to_owned())
}

/// gosimple/unidecode's table: that of Text::Unidecode, which the crate has too, but for what one of them lacks.
fn transliterated(c: char) -> &'static str {
    let found = unidecode_char(c);
    match c {
        '\u{80}'..='\u{9f}' | '\u{2e5}'..='\u{2eb}' => "",
        '\u{2b0}' => "k",
        'Є' => "Ie",
        'Ъ' | 'ъ' => "'",
        // Blocks that it knows nothing of.
        _ if found == "[?] " => "",
        _ => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised() {
        for (name, expected) in [
            ("Some_Cluster.Name", "some-cluster.name"),
            ("-.a b.-", "a-b"),
            ("Ünïcode", "-n-code".trim_matches('-')),
            ("İK", "ik"),
            ("", ""),
        ] {
            assert_eq!(normalize(name), expected, "{name}");
        }
        assert_eq!(normalize(&"a".repeat(300)).len(), 253);
    }

    #[test]
    fn slugs_are_cut_between_words() {
        let name = "feat/areally+long_pull_request_name_to_test_argo_slugification_and_branch_name_shortening_feature";
        assert_eq!(slugify(name, SHORT).unwrap(), "feat-areally-long-pull-request-name-to-test-argo");
        let cut = Cut { length: 50, between_words: false };
        assert_eq!(slugify(name, cut).unwrap(), "feat-areally-long-pull-request-name-to-test-argo-s");
        assert_eq!(branch("feature/x_Y"), "feature-x-y");
        assert_eq!(branch("R&D @ “Straße”"), "randd-at-strasse");
        assert_eq!(branch("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").len(), 50);
        assert!(slugify("abc", Cut { length: -1, between_words: false }).is_err());
    }
}
