//! The globs of bmatcuk/doublestar v4.10 over a tree of files, as Argo CD expands `valueFiles` with them.
//!
//! `*` and `?` stop at `/`; `**` that is a whole component is any directories, or none; `[abc]`, `[!abc]`, `[^a-c]`;
//! `{one,t*o}`; `\` takes the next character literally. Hidden names are like any others. Matches come in the order of
//! the walk: a directory's own before those further down; only the matches of braces are sorted among themselves.

/// Where a glob looks. Paths are relative, `""` is the root; links are followed.
pub trait Files {
    /// What a directory holds, sorted by name: names, and whether each is a directory. Nothing if it can't be read.
    fn list(&self, dir: &str) -> Vec<(String, bool)>;

    /// Whether something stands at a path, and if so, whether it is a directory.
    fn stat(&self, path: &str) -> Option<bool>;
}

/// Why a glob can't be expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A class or braces that nothing closes, an empty class, a backslash at the end.
    #[error("its brackets, braces or backslashes don't add up")]
    Syntax,
    /// More to look at than anybody means.
    #[error("it asks for too much: make it more exact")]
    TooMuch,
}

/// How many names may be looked at.
const MAX_STEPS: usize = 200_000;
/// How deep directories are followed, and how many components and braces a pattern may have.
const MAX_DEPTH: usize = 200;
/// The longest pattern, in bytes, once braces are opened.
const MAX_PATTERN: usize = 4096;

/// What matches a pattern (`/`-separated, without `.` and `..` components): files and directories.
///
/// # Errors
/// The pattern isn't one, or asks for too much.
pub fn expand(files: &dyn Files, pattern: &str) -> Result<Vec<String>, Fault> {
    if !is_valid(pattern.as_bytes()) {
        return Err(Fault::Syntax);
    }
    let mut walk = Walk { files, sort_all: has_inner_doublestar(pattern.as_bytes()), steps: 0 };
    let mut found = Vec::new();
    walk.glob(pattern, true, 0, &mut found)?;
    Ok(found)
}

/// Whether the brackets and braces of a pattern add up.
fn is_valid(pattern: &[u8]) -> bool {
    let mut open = 0usize;
    let mut at = 0;
    while let Some(byte) = pattern.get(at) {
        match byte {
            b'\\' => {
                at += 1;
                if at >= pattern.len() {
                    return false;
                }
            }
            b'[' => {
                at += 1 + usize::from(matches!(pattern.get(at + 1), Some(b'^' | b'!')));
                if matches!(pattern.get(at), None | Some(b']')) {
                    return false;
                }
                loop {
                    match pattern.get(at) {
                        None => return false,
                        Some(b']') => break,
                        Some(b'\\') => at += 2,
                        Some(_) => at += 1,
                    }
                }
            }
            b'{' => open += 1,
            b'}' if open == 0 => return false,
            b'}' => open -= 1,
            _ => {}
        }
        at += 1;
    }
    open == 0
}

struct Walk<'a> {
    files: &'a dyn Files,
    /// Whether the matches of braces are sorted over all directories, and not in each.
    sort_all: bool,
    steps: usize,
}

impl Walk<'_> {
    fn step(&mut self, count: usize) -> Result<(), Fault> {
        self.steps += count;
        if self.steps > MAX_STEPS { Err(Fault::TooMuch) } else { Ok(()) }
    }

    /// What matches `pattern`; only directories unless `last`, which says that nothing of the pattern follows.
    fn glob(&mut self, pattern: &str, last: bool, depth: usize, found: &mut Vec<String>) -> Result<(), Fault> {
        if depth > MAX_DEPTH || pattern.len() > MAX_PATTERN {
            return Err(Fault::TooMuch);
        }
        self.step(1)?;
        // What an empty alternative may leave is no path.
        if pattern.is_empty() || pattern.starts_with('/') {
            return Ok(());
        }
        if !has_meta(pattern) {
            let path = unescape(pattern).trim_end_matches('/').to_owned();
            found.extend(self.files.stat(&path).map(|_| path));
            return Ok(());
        }
        let bytes = pattern.as_bytes();
        let split = last_unescaped(bytes, |b| b == b'/' || b == b'}');
        let split = match split {
            Some(close) if bytes.get(close) == Some(&b'}') => match opening(bytes, close) {
                Some(open) => return self.braces(pattern, open..close, last, depth, found),
                // A brace within a class.
                None => last_unescaped(bytes.get(..close).unwrap_or_default(), |b| b == b'/'),
            },
            other => other,
        };
        let (dir, component) = match split {
            Some(at) => (pattern.get(..at).unwrap_or_default(), pattern.get(at + 1..).unwrap_or_default()),
            None => ("", pattern),
        };
        if !has_meta(dir) {
            return self.component(&unescape(dir), component, last, found);
        }
        let mut dirs = Vec::new();
        self.glob(dir, false, depth + 1, &mut dirs)?;
        for dir in dirs {
            self.component(&dir, component, last, found)?;
        }
        Ok(())
    }

    /// Each alternative of the last braces, with what stands around them; the matches sorted, each once.
    fn braces(
        &mut self,
        pattern: &str,
        braces: std::ops::Range<usize>,
        last: bool,
        depth: usize,
        found: &mut Vec<String>,
    ) -> Result<(), Fault> {
        let bytes = pattern.as_bytes();
        let split = last_unescaped(bytes.get(..braces.start).unwrap_or_default(), |b| b == b'/' || b == b'}');
        let (dirs, start) = match split {
            Some(at) if bytes.get(at) == Some(&b'/') => {
                let mut dirs = Vec::new();
                self.glob(pattern.get(..at).unwrap_or_default(), false, depth + 1, &mut dirs)?;
                (dirs, at + 1)
            }
            // Nothing before them is common to all.
            _ => (vec![String::new()], 0),
        };
        let before = pattern.get(start..braces.start).unwrap_or_default();
        let after = pattern.get(braces.end + 1..).unwrap_or_default();
        let inner = pattern.get(braces.start + 1..braces.end).unwrap_or_default();
        let mut matches = Vec::new();
        for dir in dirs {
            let slash = if dir.is_empty() { "" } else { "/" };
            for alternative in alternatives(inner) {
                let one = format!("{}{slash}{before}{alternative}{after}", escape(&dir));
                let mut more = Vec::new();
                self.glob(&one, last, depth + 1, &mut more)?;
                let sort = self.sort_all || !(matches.is_empty() || more.is_empty());
                matches.append(&mut more);
                if sort {
                    matches.sort();
                    matches.dedup();
                }
            }
            if !self.sort_all {
                found.append(&mut matches);
            }
        }
        found.append(&mut matches);
        Ok(())
    }

    /// The names in a directory that one component matches.
    fn component(&mut self, dir: &str, component: &str, last: bool, found: &mut Vec<String>) -> Result<(), Fault> {
        match component {
            // The pattern ended in a slash.
            "" => found.extend((self.files.stat(dir) == Some(true)).then(|| dir.to_owned())),
            "**" if self.files.stat(dir) == Some(true) => {
                found.push(dir.to_owned());
                self.below(dir, last, 0, found)?;
            }
            "**" => {}
            _ => {
                let matcher: Vec<char> = component.chars().collect();
                let names = self.files.list(dir);
                // A class with a slash in it is cut in two.
                if !names.is_empty() && !is_valid(component.as_bytes()) {
                    return Err(Fault::Syntax);
                }
                for (name, is_dir) in names {
                    self.step(1 + name.len() * matcher.len() / 64)?;
                    if (last || is_dir) && matches(&matcher, &name.chars().collect::<Vec<_>>()) {
                        found.push(join(dir, &name));
                    }
                }
            }
        }
        Ok(())
    }

    /// Everything below a directory: a directory, then what is in it.
    fn below(&mut self, dir: &str, files_too: bool, depth: usize, found: &mut Vec<String>) -> Result<(), Fault> {
        if depth > MAX_DEPTH {
            return Err(Fault::TooMuch);
        }
        for (name, is_dir) in self.files.list(dir) {
            self.step(1)?;
            let path = join(dir, &name);
            if is_dir {
                found.push(path.clone());
                self.below(&path, files_too, depth + 1, found)?;
            } else if files_too {
                found.push(path);
            }
        }
        Ok(())
    }
}

fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

/// Whether `**` stands anywhere but at the very end.
fn has_inner_doublestar(pattern: &[u8]) -> bool {
    let mut at = 0;
    while at + 3 < pattern.len() {
        match pattern.get(at..at + 2) {
            Some(b"**") => return true,
            Some([b'\\', _]) => at += 2,
            _ => at += 1,
        }
    }
    false
}

/// Whether any of `*?[{` stands in it without a backslash before.
fn has_meta(pattern: &str) -> bool {
    let mut bytes = pattern.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'*' | b'?' | b'[' | b'{' => return true,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
    false
}

const META: [char; 6] = ['*', '?', '[', ']', '{', '}'];

fn unescape(pattern: &str) -> String {
    let mut result = String::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(next)) if META.contains(next) => {}
            _ => result.push(c),
        }
    }
    result
}

fn escape(path: &str) -> String {
    let mut result = String::with_capacity(path.len());
    for c in path.chars() {
        if META.contains(&c) {
            result.push('\\');
        }
        result.push(c);
    }
    result
}

fn last_unescaped(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let escaped = |at: usize| at.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\\');
    (0..bytes.len()).rev().find(|at| bytes.get(*at).is_some_and(|b| wanted(*b)) && !escaped(*at))
}

/// Where the brace opens that closes at `close`.
fn opening(bytes: &[u8], close: usize) -> Option<usize> {
    let mut open = 1usize;
    for at in (0..close).rev() {
        if at.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\\') {
            continue;
        }
        match bytes.get(at) {
            Some(b'}') => open += 1,
            Some(b'{') => {
                open -= 1;
                if open == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// What commas divide, outside of braces within. Nothing before the end of a list is no alternative.
fn alternatives(inner: &str) -> Vec<&str> {
    let bytes = inner.as_bytes();
    let mut list = Vec::new();
    let (mut start, mut at, mut open) = (0, 0, 0usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'{' => open += 1,
            b'}' => open = open.saturating_sub(1),
            b',' if open == 0 => {
                list.extend(inner.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    list.extend(inner.get(start..).filter(|rest| !rest.is_empty()));
    list
}

/// Whether a name matches a component without braces. `*` is any characters: there is no slash in a name.
fn matches(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = name.get(n) {
        let step = match pattern.get(p) {
            Some('*') => {
                star = Some((p + 1, n));
                p += 1;
                continue;
            }
            Some('?') => Some(1),
            Some('[') => class(pattern.get(p..).unwrap_or_default(), *c),
            Some('\\') => (pattern.get(p + 1) == Some(c)).then_some(2),
            Some(literal) => (literal == c).then_some(1),
            None => None,
        };
        match (step, star) {
            (Some(width), _) => {
                p += width;
                n += 1;
            }
            (None, Some((after, from))) => {
                star = Some((after, from + 1));
                (p, n) = (after, from + 1);
            }
            (None, None) => return false,
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|c| *c == '*')
}

/// How wide the class is that starts here, if the character is in it.
fn class(pattern: &[char], c: char) -> Option<usize> {
    let mut at = 1;
    let negated = matches!(pattern.get(at), Some('!' | '^'));
    at += usize::from(negated);
    let mut found = false;
    let mut before: Option<char> = None;
    loop {
        let mut next = *pattern.get(at)?;
        at += 1;
        if next == ']' {
            return (found != negated).then_some(at);
        }
        if next == '-'
            && let Some(low) = before
            && pattern.get(at).is_some_and(|high| *high != ']')
        {
            at += usize::from(pattern.get(at) == Some(&'\\'));
            found |= (low..=*pattern.get(at)?).contains(&c);
            at += 1;
            before = None;
            continue;
        }
        if next == '\\' {
            next = *pattern.get(at)?;
            at += 1;
        }
        found |= next == c;
        before = Some(next);
    }
}
