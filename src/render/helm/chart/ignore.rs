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
    pattern: Pattern,
}

/// A pattern, taken apart.
#[derive(Debug)]
struct Pattern {
    /// The pattern itself, if it has nothing special in it.
    literal: Option<String>,
    /// What stands behind the star, if that is all that is special in it and comes first.
    suffix: Option<String>,
    /// What every name starts with that it fits.
    start: String,
    /// Its parts, each with whether stars stand before it; none for one that is malformed.
    chunks: Vec<(bool, Option<Vec<Token>>)>,
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
        Pattern::new(rule).matches("abc").ok_or("syntax error in pattern")?;
        let (rule, negate) = rule.strip_prefix('!').map_or((rule, false), |rest| (rest, true));
        let (rule, directories) = rule.strip_suffix('/').map_or((rule, false), |rest| (rest, true));
        let (pattern, whole) = match rule.strip_prefix('/') {
            Some(rest) => (rest, true),
            None => (rule, rule.contains('/')),
        };
        self.rules.push(Rule { negate, directories, whole, pattern: Pattern::new(pattern) });
        Ok(())
    }

    /// Whether the file or directory at a path below the chart is left out.
    pub(super) fn ignores(&self, path: &str, directory: bool) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        for rule in &self.rules {
            let applies = !rule.directories || directory;
            let found = applies && rule.pattern.matches(if rule.whole { path } else { name }).unwrap_or(false);
            if rule.negate != found {
                return true;
            }
        }
        false
    }
}

impl Pattern {
    fn new(pattern: &str) -> Self {
        let special = ['*', '?', '[', '\\'];
        let literal = (!pattern.contains(special)).then(|| pattern.to_owned());
        let suffix = pattern.strip_prefix('*').filter(|rest| !rest.contains(special)).map(str::to_owned);
        let chunks: Vec<_> = chunks(pattern).into_iter().map(|(star, chunk)| (star, tokens(&chunk))).collect();
        let start = match chunks.first() {
            Some((false, Some(tokens))) => {
                tokens.iter().map_while(|token| if let Token::Char(c) = token { Some(*c) } else { None }).collect()
            }
            _ => String::new(),
        };
        Self { literal, suffix, start, chunks }
    }

    /// Go's `filepath.Match`: `*` and `?` stop at `/`, `[a-z]` and `[^a-z]`, `\` escapes. None for a bad pattern, as far
    /// as it was looked at: what stands behind a part that doesn't match isn't.
    fn matches(&self, name: &str) -> Option<bool> {
        if let Some(literal) = &self.literal {
            return Some(literal == name);
        }
        if let Some(suffix) = &self.suffix {
            return Some(name.strip_suffix(suffix.as_str()).is_some_and(|head| !head.contains('/')));
        }
        if !name.starts_with(&self.start) {
            return Some(false);
        }
        let name: Vec<char> = name.chars().collect();
        let mut rest = name.as_slice();
        let mut chunks = self.chunks.iter().peekable();
        while let Some((star, tokens)) = chunks.next() {
            let tokens = tokens.as_ref()?;
            if *star && tokens.is_empty() {
                return Some(!rest.contains(&'/'));
            }
            let last = chunks.peek().is_none();
            // With a star before it, the chunk may stand further on.
            let further = if *star { rest.iter().take_while(|c| **c != '/').count() } else { 0 };
            let tails = (0..=further).filter_map(|skip| prefix(tokens, rest.get(skip..)?));
            match tails.into_iter().find(|tail| !last || tail.is_empty()) {
                Some(tail) => rest = tail,
                None => return Some(false),
            }
        }
        Some(rest.is_empty())
    }
}

/// The parts of a pattern, each with whether stars stand before it.
fn chunks(pattern: &str) -> Vec<(bool, String)> {
    let mut chunks = Vec::new();
    let (mut star, mut chunk, mut inside) = (false, String::new(), false);
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' if !inside => {
                if !chunk.is_empty() {
                    chunks.push((star, std::mem::take(&mut chunk)));
                }
                star = true;
                continue;
            }
            '[' => inside = true,
            ']' => inside = false,
            '\\' => {
                chunk.push(c);
                chunk.extend(chars.next());
                continue;
            }
            _ => {}
        }
        chunk.push(c);
    }
    // A star that follows a chunk is one of its own; stars in a row are one.
    if star || !chunk.is_empty() {
        chunks.push((star, chunk));
    }
    chunks
}

/// What is left of a name that starts with the tokens.
fn prefix<'n>(tokens: &[Token], name: &'n [char]) -> Option<&'n [char]> {
    let (start, rest) = name.split_at_checked(tokens.len())?;
    let fits = |(token, c): (&Token, &char)| match token {
        Token::Any => *c != '/',
        Token::Char(wanted) => c == wanted,
        Token::Set { negated, ranges } => ranges.iter().any(|(from, to)| (*from..=*to).contains(c)) != *negated,
    };
    tokens.iter().zip(start).all(fits).then_some(rest)
}

#[derive(Debug)]
enum Token {
    Any,
    Char(char),
    Set { negated: bool, ranges: Vec<(char, char)> },
}

fn tokens(chunk: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut chars = chunk.chars().peekable();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '?' => Token::Any,
            '\\' => Token::Char(chars.next()?),
            '[' => {
                let negated = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                while ranges.is_empty() || chars.next_if_eq(&']').is_none() {
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

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    #[test]
    fn rules_ignore_what_helm_ignores() {
        let path = format!("{}/testdata/helm/chart/ignore.jsonl", env!("CARGO_MANIFEST_DIR"));
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let case: Json = serde_json::from_str(line).unwrap();
            match Rules::parse(case["rules"].as_str().unwrap()) {
                Err((_, error)) => assert_eq!(case["error"], error, "{case}"),
                Ok(rules) => {
                    assert!(case.get("error").is_none(), "{case}");
                    for (path, expected) in case["ignored"].as_object().unwrap() {
                        let (name, directory) = path.strip_suffix('/').map_or((path.as_str(), false), |p| (p, true));
                        assert_eq!(rules.ignores(name, directory), *expected, "{path} in {case}");
                    }
                }
            }
        }
    }
}
