//! The globs of gobwas/glob v0.2.3, which Argo CD uses for `directory.include` and many other patterns.
//!
//! `*` any characters but separators, `**` any at all, `?` one that is no separator, `[abc]`, `[!abc]`, `[a-z]`,
//! `{one,other}`, `\` takes the next character literally.

pub mod doublestar;
pub mod path_match;
pub mod pathspec;

use regex::Regex;

/// A compiled glob.
#[derive(Clone, Debug)]
pub struct Glob {
    pattern: Box<str>,
    regex: Regex,
}

impl Glob {
    /// The pattern, as it is written.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Compiles a glob. `separator` is what `*` and `?` stop at; none where they cross everything.
    ///
    /// # Errors
    /// What is wrong with the pattern, in words.
    pub fn new(pattern: &str, separator: Option<char>) -> Result<Self, String> {
        let mut parser = Parser { chars: pattern.chars().peekable(), separator, regex: String::from("(?s)^") };
        parser.sequence(0)?;
        parser.regex.push('$');
        let regex = Regex::new(&parser.regex).map_err(|_| format!("`{pattern}` is too large a glob"))?;
        Ok(Self { pattern: pattern.into(), regex })
    }

    /// Whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

const MAX_NESTING: usize = 50;

struct Parser<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    separator: Option<char>,
    regex: String,
}

impl Parser<'_> {
    fn literal(&mut self, c: char) {
        self.regex.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
    }

    fn one(&self) -> String {
        match self.separator {
            Some(separator) => format!("[^{}]", regex::escape(separator.encode_utf8(&mut [0; 4]))),
            None => ".".to_owned(),
        }
    }

    /// Reads up to the end, or to the brace that closes the alternatives around it.
    fn sequence(&mut self, nesting: usize) -> Result<(), String> {
        while let Some(c) = self.chars.next() {
            match c {
                '\\' => {
                    // One at the very end says nothing.
                    if let Some(c) = self.chars.next() {
                        self.literal(c);
                    }
                }
                '*' => {
                    if self.chars.next_if_eq(&'*').is_some() {
                        self.regex.push_str(".*");
                    } else {
                        let one = self.one();
                        self.regex.push_str(&one);
                        self.regex.push('*');
                    }
                }
                '?' => {
                    let one = self.one();
                    self.regex.push_str(&one);
                }
                '[' => self.class()?,
                '{' => {
                    if nesting == MAX_NESTING {
                        return Err("braces are nested too deep".to_owned());
                    }
                    self.regex.push_str("(?:");
                    self.sequence(nesting + 1)?;
                    self.regex.push(')');
                }
                ',' if nesting > 0 => self.regex.push('|'),
                '}' if nesting > 0 => return Ok(()),
                c => self.literal(c),
            }
        }
        // A `{` that is never closed reaches to the end.
        Ok(())
    }

    /// `[abc]`, `[!abc]` or one range `[a-z]`: gobwas takes a list or a range, not both.
    fn class(&mut self) -> Result<(), String> {
        let unclosed = || "a `[` is never closed".to_owned();
        let mut class = String::from("[");
        if self.chars.next_if_eq(&'!').is_some() {
            class.push('^');
        }
        let mut push = |c: char| class.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
        let first = self.chars.next().ok_or_else(unclosed)?;
        if self.chars.peek() == Some(&'-') {
            self.chars.next();
            let last = self.chars.next().ok_or_else(unclosed)?;
            if self.chars.next() != Some(']') {
                return Err("after a range such as `[a-z` a `]` is expected".to_owned());
            }
            if first > last {
                return Err(format!("the range `[{first}-{last}]` is empty"));
            }
            push(first);
            class.push('-');
            class.push_str(&format!("\\x{{{:x}}}", u32::from(last)));
        } else {
            let mut next = Some(first);
            let mut any = false;
            loop {
                match next.ok_or_else(unclosed)? {
                    ']' => break,
                    '\\' => push(self.chars.next().ok_or_else(unclosed)?),
                    c => push(c),
                }
                any = true;
                next = self.chars.next();
            }
            if !any {
                return Err("`[]` matches nothing".to_owned());
            }
        }
        class.push(']');
        self.regex.push_str(&class);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn globs_match_as_gobwas_does() {
        for (pattern, separator, text, expected) in [
            ("*.yaml", None, "a/b.yaml", true),
            ("*.yaml", Some('/'), "a/b.yaml", false),
            ("**.yaml", Some('/'), "a/b.yaml", true),
            ("{a,b}/*.yml", None, "b/x/y.yml", true),
            ("{*.yaml,*.yml}", None, "x.yml", true),
            ("root.yaml", None, "root.yaml", true),
            ("root.yaml", None, "sub/root.yaml", false),
            ("[!a-c]x", None, "dx", true),
            ("[!a-c]x", None, "bx", false),
            ("[ab]?", None, "bz", true),
            ("a\\*", None, "a*", true),
            ("a\\*", None, "ab", false),
            ("a,b", None, "a,b", true),
            ("{a,{b,c}d}", None, "cd", true),
            ("a}", None, "a}", true),
            ("", None, "", true),
            ("", None, "a", false),
            ("x{a,b", None, "xb", true),
            ("a\\", None, "a", true),
        ] {
            let glob = Glob::new(pattern, separator).unwrap();
            assert_eq!(glob.matches(text), expected, "{pattern} on {text}");
        }
        for pattern in ["[a", "[a-", "[a-cx]", "[z-a]"] {
            assert!(Glob::new(pattern, None).is_err(), "{pattern}");
        }
    }
}
