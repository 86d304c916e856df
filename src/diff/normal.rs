//! What a cluster calls itself, in texts: two clusters whose values differ in that only have the same.

use std::borrow::Cow;

/// The names of a cluster, and other words that are its own by nature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Own {
    /// Longest first; the number is that of the thing they name.
    words: Vec<(String, u8)>,
}

impl Own {
    /// The words; each stands for what its place says.
    pub fn new(words: impl IntoIterator<Item = String>) -> Self {
        Self::numbered(words.into_iter().enumerate().map(|(at, word)| (word, u8::try_from(at).unwrap_or(u8::MAX))))
    }

    /// The words, and what each stands for: words of two clusters with the same number are the same.
    pub fn numbered(words: impl IntoIterator<Item = (String, u8)>) -> Self {
        let mut words: Vec<(String, u8)> = words.into_iter().filter(|(word, _)| !word.is_empty()).collect();
        words.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        words.dedup_by(|a, b| a.0 == b.0);
        Self { words }
    }

    /// Nothing is its own.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The text with its own words replaced by placeholders. A word counts where no letter or digit adjoins: the
    /// cluster
    /// `a` is not in `banana`.
    pub fn replace<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut out: Cow<'t, str> = Cow::Borrowed(text);
        for (word, number) in &self.words {
            if let Some(replaced) = replace_one(&out, word, *number) {
                out = Cow::Owned(replaced);
            }
        }
        out
    }
}

/// The text with a word replaced; none where it isn't there.
fn replace_one(text: &str, word: &str, number: u8) -> Option<String> {
    let mut out = String::new();
    let mut done = 0;
    for (at, _) in text.match_indices(word) {
        let end = at + word.len();
        let adjoins = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(end..).and_then(|t| t.chars().next());
        if at < done || adjoins(before) || adjoins(after) {
            continue;
        }
        out.push_str(text.get(done..at).unwrap_or_default());
        // What no YAML text can hold unescaped.
        out.push('\u{1}');
        out.push(char::from_u32(0xE000 + u32::from(number)).unwrap_or_default());
        out.push('\u{1}');
        done = end;
    }
    if done == 0 {
        return None;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_words() {
        let own = Own::new(["prod-01".to_owned(), "https://10.0.0.1".to_owned()]);
        assert_eq!(own.replace("web.prod-01.example.com"), "web.\u{1}\u{E000}\u{1}.example.com");
        assert_eq!(own.replace("https://10.0.0.1:6443/prod-01"), "\u{1}\u{E001}\u{1}:6443/\u{1}\u{E000}\u{1}");
        assert_eq!(own.replace("prod-011, xprod-01"), "prod-011, xprod-01");
        assert!(matches!(own.replace("nothing"), Cow::Borrowed(_)));
        assert_eq!(Own::new(["a".to_owned()]).replace("banana a-b"), "banana \u{1}\u{E000}\u{1}-b");
    }
}
