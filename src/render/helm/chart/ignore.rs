//! `.helmignore`, in Helm's own dialect: rules in order, the first match decides, `!` turns a rule around (what it does
//! *not* match is ignored), `**` is an error.

/// The rules of a chart's directory.
#[derive(Debug, Default)]
pub(super) struct Rules {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    negate: bool,
    directories: bool,
    /// Whether it is held against the whole path, or the last component.
    whole: bool,
    pattern: String,
}

/// Longest line that Go's scanner takes.
const MAX_LINE: usize = 65_536;

impl Rules {
    /// Reads a file, and adds the rule that is always there.
    ///
    /// # Errors
    /// Where the first bad line starts, and Helm's words.
    pub(super) fn parse(text: &str) -> Result<Self, (usize, &'static str)> {
        let mut rules = Self::default();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            if line.len() > MAX_LINE {
                return Err((at, "bufio.Scanner: token too long"));
            }
            rules.add(line).map_err(|error| (at, error))?;
            at += line.len();
        }
        rules.add_defaults();
        Ok(rules)
    }

    /// The rule of a chart without a file.
    pub(super) fn defaults() -> Self {
        let mut rules = Self::default();
        rules.add_defaults();
        rules
    }

    fn add_defaults(&mut self) {
        // Never an error.
        let _ = self.add("templates/.?*");
    }

    fn add(&mut self, line: &str) -> Result<(), &'static str> {
        let rule = line.trim();
        if rule.is_empty() || rule.starts_with('#') {
            return Ok(());
        }
        if rule.contains("**") {
            return Err("double-star (**) syntax is not supported");
        }
        matches(rule, "abc").ok_or("syntax error in pattern")?;
        let (rule, negate) = rule.strip_prefix('!').map_or((rule, false), |rest| (rest, true));
        let (rule, directories) = rule.strip_suffix('/').map_or((rule, false), |rest| (rest, true));
        let (pattern, whole) = match rule.strip_prefix('/') {
            Some(rest) => (rest, true),
            None => (rule, rule.contains('/')),
        };
        self.rules.push(Rule { negate, directories, whole, pattern: pattern.to_owned() });
        Ok(())
    }

    /// Whether the file or directory at a path below the chart is left out.
    pub(super) fn ignores(&self, path: &str, directory: bool) -> bool {
        for rule in &self.rules {
            let applies = !rule.directories || directory;
            let found = applies && rule.matches(path);
            if rule.negate != found {
                return true;
            }
        }
        false
    }
}

impl Rule {
    fn matches(&self, path: &str) -> bool {
        let name = if self.whole { path } else { path.rsplit('/').next().unwrap_or_default() };
        matches(&self.pattern, name).unwrap_or(false)
    }
}

/// Go's `filepath.Match`: `*` and `?` stop at `/`, `[a-z]` and `[^a-z]`, `\` escapes. None for a bad pattern.
fn matches(pattern: &str, name: &str) -> Option<bool> {
    let tokens = tokens(pattern)?;
    let name: Vec<char> = name.chars().collect();
    // Which prefixes of the name the tokens so far may match.
    let mut reached = vec![false; name.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for token in tokens {
        let mut next = vec![false; name.len() + 1];
        let mut star = false;
        for (i, slot) in next.iter_mut().enumerate() {
            let before = i.checked_sub(1);
            let c = before.and_then(|b| name.get(b).copied());
            let came = before.and_then(|b| reached.get(b).copied()).unwrap_or(false);
            *slot = match &token {
                Token::Star => {
                    star = reached.get(i).copied().unwrap_or(false) || (star && c != Some('/'));
                    star
                }
                Token::Any => came && c != Some('/'),
                Token::Char(wanted) => came && c == Some(*wanted),
                Token::Set { negated, ranges } => {
                    let inside = |c: char| ranges.iter().any(|(from, to)| (*from..=*to).contains(&c));
                    came && c.is_some_and(|c| inside(c) != *negated)
                }
            };
        }
        reached = next;
    }
    reached.last().copied()
}

enum Token {
    Star,
    Any,
    Char(char),
    Set { negated: bool, ranges: Vec<(char, char)> },
}

fn tokens(pattern: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '*' => Token::Star,
            '?' => Token::Any,
            '\\' => Token::Char(chars.next()?),
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
                    let from = bound()?;
                    let to = if chars.next_if_eq(&'-').is_some() {
                        match chars.next()? {
                            '-' | ']' => return None,
                            '\\' => chars.next()?,
                            c => c,
                        }
                    } else {
                        from
                    };
                    ranges.push((from, to));
                    // A set that never closes.
                    chars.peek()?;
                }
                Token::Set { negated, ranges }
            }
            c => Token::Char(c),
        });
    }
    Some(tokens)
}
