//! Git's pathspecs, as `git ls-files -- PATHSPEC` matches them from the root of a repository.
//!
//! A path matches what it names and all beneath it. `*` and `?` cross `/`, unless `:(glob)` stands before; bytes are
//! matched, as git does.

/// A pathspec.
#[derive(Clone, Debug)]
pub struct Pathspec {
    /// What is compared as it stands.
    literal: Vec<u8>,
    /// The same as a pattern, if it has something special in it.
    pattern: Option<Vec<Token>>,
    excludes: bool,
    ignores_case: bool,
}

/// Why something is no pathspec.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It leads out of the repository.
    #[error("it leads out of the repository")]
    Outside,
    /// A word between `:(` and `)` that git doesn't know.
    #[error("Invalid pathspec magic '{0}'")]
    Magic(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// Any bytes; slashes too, if so.
    Any {
        slashes: bool,
    },
    /// `**/`: any directories, or none.
    Directories,
    /// A byte; a slash too, if so.
    One {
        slash: bool,
    },
    Byte(u8),
    Class {
        negated: bool,
        ranges: Vec<(u8, u8)>,
        slash: bool,
    },
    /// What can't match: a class that is never closed.
    Never,
}

impl Pathspec {
    /// Reads a pathspec.
    ///
    /// # Errors
    /// It leads out of the repository, or starts with magic that git doesn't know.
    pub fn new(text: &str) -> Result<Self, Fault> {
        let (mut glob, mut literal, mut excludes, mut ignores_case) = (false, false, false, false);
        let mut rest = text;
        if let Some(long) = text.strip_prefix(":(") {
            let Some((words, after)) = long.split_once(')') else { return Err(Fault::Magic(long.to_owned())) };
            for word in words.split(',').filter(|word| !word.is_empty()) {
                match word {
                    "top" => {}
                    "glob" => glob = true,
                    "literal" => literal = true,
                    "icase" => ignores_case = true,
                    "exclude" => excludes = true,
                    other => return Err(Fault::Magic(other.to_owned())),
                }
            }
            rest = after;
        } else if let Some(short) = text.strip_prefix(':') {
            // `:/`, `:!`, `:^`, in any order; a further `:` ends them.
            let after = short.trim_start_matches(['/', '!', '^']);
            let magic = short.get(..short.len() - after.len()).unwrap_or_default();
            excludes = magic.contains(['!', '^']);
            rest = after.strip_prefix(':').unwrap_or(after);
        }
        let path = normalized(rest)?;
        let special = !literal && path.contains(['*', '?', '[', '\\']);
        let fold = |bytes: &[u8]| if ignores_case { bytes.to_ascii_lowercase() } else { bytes.to_vec() };
        Ok(Self {
            pattern: special.then(|| tokens(&fold(path.as_bytes()), glob)),
            literal: fold(path.as_bytes()),
            excludes,
            ignores_case,
        })
    }

    /// Whether `git ls-files` lists a path for it. A pathspec that only excludes lists everything else.
    pub fn matches(&self, path: &str) -> bool {
        if self.ignores_case {
            return self.includes(&path.as_bytes().to_ascii_lowercase()) != self.excludes;
        }
        self.includes(path.as_bytes()) != self.excludes
    }

    fn includes(&self, path: &[u8]) -> bool {
        if self.literal.is_empty() {
            return true;
        }
        if let Some(rest) = path.strip_prefix(self.literal.as_slice())
            && (rest.is_empty() || rest.starts_with(b"/") || self.literal.ends_with(b"/"))
        {
            return true;
        }
        self.pattern.as_ref().is_some_and(|tokens| matches(tokens, path))
    }
}

/// Without `.`, `..` and doubled slashes; a slash at the end stays.
fn normalized(path: &str) -> Result<String, Fault> {
    if path.starts_with('/') {
        return Err(Fault::Outside);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or(Fault::Outside)?;
            }
            part => parts.push(part),
        }
    }
    let mut made = parts.join("/");
    if !made.is_empty() && (path.ends_with('/') || path.ends_with("/.")) {
        made.push('/');
    }
    Ok(made)
}

fn tokens(pattern: &[u8], glob: bool) -> Vec<Token> {
    let mut made = Vec::new();
    let mut at = 0;
    while let Some(byte) = pattern.get(at) {
        at += 1;
        made.push(match byte {
            b'\\' => match pattern.get(at) {
                Some(byte) => {
                    at += 1;
                    Token::Byte(*byte)
                }
                None => Token::Never,
            },
            b'?' => Token::One { slash: !glob },
            b'*' => {
                let start = at - 1;
                while pattern.get(at) == Some(&b'*') {
                    at += 1;
                }
                let whole = start == 0 || pattern.get(start - 1) == Some(&b'/');
                match (glob && at - start > 1 && whole, pattern.get(at)) {
                    (true, Some(b'/')) => {
                        at += 1;
                        Token::Directories
                    }
                    (true, None) => Token::Any { slashes: true },
                    _ => Token::Any { slashes: !glob },
                }
            }
            b'[' => match class(pattern, &mut at, glob) {
                Some(class) => class,
                None => return vec![Token::Never],
            },
            byte => Token::Byte(*byte),
        });
    }
    made
}

/// What stands between brackets, from behind the first.
fn class(pattern: &[u8], at: &mut usize, glob: bool) -> Option<Token> {
    let negated = matches!(pattern.get(*at), Some(b'!' | b'^'));
    *at += usize::from(negated);
    let mut ranges = Vec::new();
    let mut first = true;
    loop {
        let byte = *pattern.get(*at)?;
        *at += 1;
        match byte {
            b']' if !first => break,
            b'[' if pattern.get(*at) == Some(&b':') => {
                let rest = pattern.get(*at + 1..)?;
                let end = rest.windows(2).position(|pair| pair == b":]")?;
                ranges.extend_from_slice(named(rest.get(..end)?)?);
                *at += end + 3;
            }
            _ => {
                let low = escaped(byte, pattern, at)?;
                let ends = pattern.get(*at) == Some(&b'-') && pattern.get(*at + 1).is_some_and(|next| *next != b']');
                if ends {
                    *at += 1;
                    let byte = *pattern.get(*at)?;
                    *at += 1;
                    ranges.push((low, escaped(byte, pattern, at)?));
                } else {
                    ranges.push((low, low));
                }
            }
        }
        first = false;
    }
    Some(Token::Class { negated, ranges, slash: !glob })
}

fn escaped(byte: u8, pattern: &[u8], at: &mut usize) -> Option<u8> {
    if byte != b'\\' {
        return Some(byte);
    }
    *at += 1;
    pattern.get(*at - 1).copied()
}

/// The classes that POSIX has names for.
fn named(name: &[u8]) -> Option<&'static [(u8, u8)]> {
    Some(match name {
        b"alnum" => &[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')],
        b"alpha" => &[(b'A', b'Z'), (b'a', b'z')],
        b"blank" => &[(b' ', b' '), (b'\t', b'\t')],
        b"cntrl" => &[(0, 31), (127, 127)],
        b"digit" => &[(b'0', b'9')],
        b"graph" => &[(33, 126)],
        b"lower" => &[(b'a', b'z')],
        b"print" => &[(32, 126)],
        b"punct" => &[(33, 47), (58, 64), (91, 96), (123, 126)],
        b"space" => &[(9, 13), (b' ', b' ')],
        b"upper" => &[(b'A', b'Z')],
        b"xdigit" => &[(b'0', b'9'), (b'A', b'F'), (b'a', b'f')],
        _ => return None,
    })
}

fn matches(tokens: &[Token], path: &[u8]) -> bool {
    // Which beginnings of the path the tokens so far match.
    let mut reached = vec![false; path.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for token in tokens {
        let mut next = vec![false; path.len() + 1];
        let mut running = false;
        for (at, slot) in next.iter_mut().enumerate() {
            let here = reached.get(at).copied().unwrap_or_default();
            let before = at.checked_sub(1).and_then(|i| Some((*reached.get(i)?, *path.get(i)?)));
            *slot = match (token, before) {
                (Token::Any { slashes }, _) => {
                    running &= *slashes || before.is_none_or(|(_, byte)| byte != b'/');
                    running |= here;
                    running
                }
                (Token::Directories, _) => {
                    let after = running && before.is_some_and(|(_, byte)| byte == b'/');
                    running |= here;
                    here || after
                }
                (Token::Never, _) | (_, None) => false,
                (Token::One { slash }, Some((from, byte))) => from && (*slash || byte != b'/'),
                (Token::Byte(expected), Some((from, byte))) => from && byte == *expected,
                (Token::Class { negated, ranges, slash }, Some((from, byte))) => {
                    let listed = ranges.iter().any(|(low, high)| (*low..=*high).contains(&byte));
                    from && listed != *negated && (*slash || byte != b'/')
                }
            };
        }
        reached = next;
    }
    reached.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pathspecs_match_as_gits() {
        for (pathspec, path, expected) in [
            ("apps/*/config.json", "apps/web/config.json", true),
            ("apps/*/config.json", "apps/a/b/config.json", true),
            ("*.yaml", "a/b/c.yaml", true),
            ("apps", "apps/web/x", true),
            ("apps/", "apps/web/x", true),
            ("app", "apps/web/x", false),
            ("apps/web", "apps/web", true),
            ("apps/web/", "apps/web", false),
            ("a?b", "a/b", true),
            ("[ab]*/x", "b/c/x", true),
            ("[!a]", "/", true),
            ("[[:digit:]]*", "1/a", true),
            ("[]x]", "]", true),
            ("[x", "x", false),
            ("[x", "[x", true),
            ("\\*", "*", true),
            ("**/x", "x", false),
            ("**/x", "a/x", true),
            ("", "any/thing", true),
            (".", "any/thing", true),
            ("./a//b/../c", "a/c/d", true),
            (":(glob)*.yaml", "a/b.yaml", false),
            (":(glob)**/*.yaml", "b.yaml", true),
            (":(glob)**/*.yaml", "a/c/b.yaml", true),
            (":(glob)a/**", "a/b/c", true),
            (":(glob)a/**/b", "a/b", true),
            (":(glob)a**b", "a/b", false),
            (":(icase)APPS/*.YAML", "apps/a.yaml", true),
            (":(literal)a*", "ab", false),
            (":(literal)a*", "a*", true),
            (":!apps", "apps/x", false),
            (":!apps", "x", true),
            (":/apps", "apps/x", true),
        ] {
            assert_eq!(Pathspec::new(pathspec).unwrap().matches(path), expected, "{pathspec} on {path}");
        }
        assert_eq!(Pathspec::new("../x").unwrap_err(), Fault::Outside);
        assert_eq!(Pathspec::new("/x").unwrap_err(), Fault::Outside);
        assert_eq!(Pathspec::new(":(nonsense)x").unwrap_err(), Fault::Magic("nonsense".to_owned()));
    }
}
