//! Patterns on paths as Go's `path.Match` and `path/filepath.Match` read them.

/// A compiled pattern: `*` and `?` stop at slashes, `[a-z]`, `[^a]`, `\` takes the next character literally.
#[derive(Clone, Debug)]
pub struct PathPattern(Vec<Part>);

#[derive(Clone, Debug)]
enum Part {
    Star,
    One,
    Char(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl PathPattern {
    /// Compiles a pattern; none if it is broken, and so matches nothing.
    pub fn new(pattern: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut chars = pattern.chars().peekable();
        while let Some(c) = chars.next() {
            parts.push(match c {
                '*' => Part::Star,
                '?' => Part::One,
                '\\' => Part::Char(chars.next()?),
                '[' => {
                    let negated = chars.next_if_eq(&'^').is_some();
                    let mut ranges = Vec::new();
                    loop {
                        if !ranges.is_empty() && chars.next_if_eq(&']').is_some() {
                            break;
                        }
                        let mut bound = || match chars.next()? {
                            '-' | ']' => None,
                            '\\' => chars.next(),
                            c => Some(c),
                        };
                        let low = bound()?;
                        let high = if chars.next_if_eq(&'-').is_some() {
                            match chars.next()? {
                                '-' | ']' => return None,
                                '\\' => chars.next()?,
                                c => c,
                            }
                        } else {
                            low
                        };
                        ranges.push((low, high));
                    }
                    Part::Class { negated, ranges }
                }
                c => Part::Char(c),
            });
        }
        Some(Self(parts))
    }

    /// Whether the whole path matches.
    pub fn matches(&self, path: &str) -> bool {
        let path: Vec<char> = path.chars().collect();
        // Which beginnings of the path the parts so far match.
        let mut reached = vec![false; path.len() + 1];
        if let Some(start) = reached.first_mut() {
            *start = true;
        }
        for part in &self.0 {
            let mut next = vec![false; path.len() + 1];
            let mut running = false;
            for (at, slot) in next.iter_mut().enumerate() {
                let before = at.checked_sub(1).and_then(|i| Some((*reached.get(i)?, *path.get(i)?)));
                *slot = match (part, before) {
                    (Part::Star, _) => {
                        running &= before.is_none_or(|(_, c)| c != '/');
                        running |= reached.get(at).copied().unwrap_or(false);
                        running
                    }
                    (_, None) => false,
                    (Part::One, Some((from, c))) => from && c != '/',
                    (Part::Char(expected), Some((from, c))) => from && c == *expected,
                    (Part::Class { negated, ranges }, Some((from, c))) => {
                        from && ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
                    }
                };
            }
            reached = next;
        }
        reached.last().copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_gos() {
        // From the table of path/filepath's documentation and behaviour.
        for (pattern, path, expected) in [
            ("abc", "abc", true),
            ("*", "abc", true),
            ("*c", "abc", true),
            ("a*", "a", true),
            ("a*", "ab/c", false),
            ("a*/b", "abc/b", true),
            ("a*/b", "a/c/b", false),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", true),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", false),
            ("a*b?c*x", "abxbbxdbxebxczzx", true),
            ("ab[c]", "abc", true),
            ("ab[^c]", "abc", false),
            ("ab[b-d]", "abc", true),
            ("ab[e-g]", "abc", false),
            ("a\\*b", "a*b", true),
            ("a?b", "a/b", false),
            ("[^a]b", "/b", true),
            ("[]a]", "]", false),
            ("[-]", "-", false),
            ("[a-]", "a", false),
            ("[", "a", false),
            ("a\\", "a\\", false),
            ("templates/*.yaml", "templates/a.yaml", true),
            ("templates/*", "templates/x/a.yaml", false),
            ("", "", true),
            ("", "a", false),
        ] {
            let found = PathPattern::new(pattern).is_some_and(|p| p.matches(path));
            assert_eq!(found, expected, "{pattern} on {path}");
        }
    }
}
