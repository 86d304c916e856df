//! What several runs of one tool have in common: the text of a chart that makes random values, passwords, certificates
//! or dates, with just those parts open that Helm itself doesn't repeat.

use std::collections::BTreeSet;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// The text of the first run, with what other runs have otherwise left open.
#[derive(Debug)]
pub struct Pattern<'a> {
    lines: Vec<Line<'a>>,
    /// Before which lines any number of other lines may stand: those that a later run had more.
    gaps: BTreeSet<usize>,
}

#[derive(Debug)]
struct Line<'a> {
    tokens: Vec<&'a str>,
    open: Open,
}

/// What of a line is open.
#[derive(Debug)]
enum Open {
    /// These tokens; often none.
    Tokens(BTreeSet<usize>),
    /// The line as a whole, which may also not be there.
    All,
}

/// Where a text doesn't fit.
#[derive(Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The line of the pattern, from 0.
    pub expected: usize,
    /// The line of the text, from 0.
    pub found: usize,
}

impl<'a> Pattern<'a> {
    /// What the runs have in common.
    pub fn new(first: &'a str, others: &[&str]) -> Self {
        let text = lines(first);
        let line = |line: &&'a str| Line { tokens: tokens(line), open: Open::Tokens(BTreeSet::new()) };
        let mut pattern = Self { lines: text.iter().map(line).collect(), gaps: BTreeSet::new() };
        for other in others {
            pattern.open(&text, &lines(other));
        }
        pattern
    }

    /// Leaves open what another run has otherwise.
    fn open(&mut self, first: &[&str], other: &[&str]) {
        for op in capture_diff_slices(Algorithm::Myers, first, other) {
            match op {
                DiffOp::Equal { .. } => {}
                DiffOp::Delete { old_index, old_len, .. } => self.open_lines(old_index, old_len),
                DiffOp::Insert { old_index, .. } => {
                    self.gaps.insert(old_index);
                }
                DiffOp::Replace { old_index, old_len, new_index, new_len } if old_len == new_len => {
                    for i in 0..old_len {
                        let (Some(line), Some(other)) = (self.lines.get_mut(old_index + i), other.get(new_index + i))
                        else {
                            continue;
                        };
                        line.open(&tokens(other));
                    }
                }
                DiffOp::Replace { old_index, old_len, .. } => {
                    self.open_lines(old_index, old_len);
                    self.gaps.insert(old_index);
                }
            }
        }
    }

    fn open_lines(&mut self, from: usize, count: usize) {
        for line in self.lines.iter_mut().skip(from).take(count) {
            line.open = Open::All;
        }
    }

    /// How many tokens and whole lines are open.
    pub fn masked(&self) -> usize {
        let of_lines = self.lines.iter().map(|line| match &line.open {
            Open::Tokens(open) => open.len(),
            Open::All => 1,
        });
        of_lines.sum::<usize>() + self.gaps.len()
    }

    /// Whether a text is the pattern's but for what is open.
    ///
    /// # Errors
    /// The first place where it isn't.
    pub fn fit(&self, text: &str) -> Result<(), Misfit> {
        let text = lines(text);
        let (mut at, mut loose) = (0, false);
        for (index, line) in self.lines.iter().enumerate() {
            loose |= self.gaps.contains(&index);
            if matches!(line.open, Open::All) {
                loose = true;
                continue;
            }
            let found = if loose {
                text.iter().skip(at).position(|found| line.fits(found)).map(|skipped| at + skipped)
            } else {
                text.get(at).is_some_and(|found| line.fits(found)).then_some(at)
            };
            let Some(found) = found else { return Err(Misfit { expected: index, found: at }) };
            (at, loose) = (found + 1, false);
        }
        loose |= self.gaps.contains(&self.lines.len());
        if at < text.len() && !loose { Err(Misfit { expected: self.lines.len(), found: at }) } else { Ok(()) }
    }
}

impl Line<'_> {
    fn open(&mut self, other: &[&str]) {
        let Open::Tokens(open) = &mut self.open else { return };
        if other.len() == self.tokens.len() {
            open.extend((0..other.len()).filter(|&i| self.tokens.get(i) != other.get(i)));
        } else {
            self.open = Open::All;
        }
    }

    fn fits(&self, found: &str) -> bool {
        let Open::Tokens(open) = &self.open else { return true };
        let found = tokens(found);
        found.len() == self.tokens.len()
            && self.tokens.iter().zip(&found).enumerate().all(|(i, (a, b))| a == b || open.contains(&i))
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// A line in pieces: runs of what random values, base64 and dates are written with, and single other characters.
fn tokens(line: &str) -> Vec<&str> {
    let wordy = |c: char| c.is_ascii_alphanumeric() || "+/=_.-:$".contains(c);
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let end = if wordy(first) { rest.find(|c| !wordy(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces
}
