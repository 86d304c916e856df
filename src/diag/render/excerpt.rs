//! What is shown of the files: a few lines around each label, clipped to the terminal, as one text that miette reads.
//!
//! miette draws one source per diagnostic, and draws it as it is. Here lines from several files, made safe to print and
//! cut to width, are laid behind each other; each block of lines knows its file and number, so that miette draws a
//! frame per block. Every label lies on one line: what goes on below is cut.

use std::ops::Range;

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::finding::Mark;
use super::words;
use crate::source::{FileId, SourceFile};

/// Lines shown before and after a labelled one.
const CONTEXT: u32 = 1;

/// What a tab is drawn as.
const TAB: &str = "    ";

/// What stands for what can't be shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signs {
    /// Where a line was cut.
    pub cut: &'static str,
    /// A character that a terminal must not get.
    pub unsafe_char: char,
}

/// Lines of files around labels.
#[derive(Debug)]
pub(super) struct Excerpt {
    signs: Signs,
    text: String,
    blocks: Vec<Block>,
    shown: Vec<Shown>,
}

/// Consecutive lines of one file.
#[derive(Debug)]
struct Block {
    name: String,
    /// In the excerpt's text.
    range: Range<usize>,
    /// The number of the first line, from 0, as miette counts.
    line: usize,
    lines: usize,
}

/// A label in the excerpt.
#[derive(Debug)]
struct Shown {
    /// In the excerpt's text: never empty, never over a line's end.
    range: Range<usize>,
    /// Its place in the file, from 0.
    line: usize,
    column: usize,
    text: String,
    primary: bool,
}

/// A label and where it lies in its file's line.
struct Label<'a> {
    mark: &'a Mark,
    primary: bool,
    line: u32,
    column: usize,
    /// Bytes in the line.
    range: Range<usize>,
    /// The byte where the line is shown from: 0, unless the label lies too far to the right.
    from: usize,
}

/// Lines that are shown together.
struct Group<'a> {
    first: u32,
    last: u32,
    from: usize,
    labels: Vec<Label<'a>>,
}

impl Group<'_> {
    fn file(&self) -> Option<&SourceFile> {
        self.labels.first().map(|l| l.mark.place.file.as_ref())
    }
}

impl Excerpt {
    /// The lines around these labels, at most `width` columns of each. The first label is the primary one if
    /// `has_primary`; its lines come first.
    pub fn new<'a>(marks: impl Iterator<Item = &'a Mark>, has_primary: bool, width: usize, signs: Signs) -> Self {
        let width = width.saturating_sub(2 * signs.cut.chars().count());
        let labels = marks.enumerate().map(|(i, mark)| Label::new(mark, has_primary && i == 0, width));
        let mut excerpt = Self { signs, text: String::new(), blocks: Vec::new(), shown: Vec::new() };
        for group in groups(labels, width) {
            excerpt.push(&group, width);
        }
        excerpt
    }

    /// The labels, in terms of this text.
    pub fn labels(&self) -> impl Iterator<Item = LabeledSpan> + '_ {
        self.shown.iter().map(|shown| {
            let text = (!shown.text.is_empty()).then(|| shown.text.clone());
            let span = SourceSpan::new(shown.range.start.into(), shown.range.len());
            match shown.primary {
                true => LabeledSpan::new_primary_with_span(text, span),
                false => LabeledSpan::new_with_span(text, span),
            }
        })
    }

    fn push(&mut self, group: &Group<'_>, width: usize) {
        let Some(file) = group.file() else { return };
        let start = self.text.len();
        for number in group.first..=group.last {
            let here = group.labels.iter().filter(|l| l.line == number);
            self.push_line(file.line(number), group.from, &here.collect::<Vec<_>>(), width);
        }
        self.blocks.push(Block {
            name: words::printable(&file.name).replace('\n', " "),
            range: start..self.text.len(),
            line: (group.first as usize).saturating_sub(1),
            lines: (group.last - group.first) as usize + 1,
        });
    }

    /// Adds a line and the labels on it.
    fn push_line(&mut self, line: &str, from: usize, labels: &[&Label<'_>], width: usize) {
        if from > 0 {
            self.text.push_str(self.signs.cut);
        }
        let mut places: Vec<(Option<usize>, Option<usize>)> = vec![(None, None); labels.len()];
        let mut used = 0;
        let mut clipped = false;
        for (i, c) in line.char_indices().skip_while(|(i, _)| *i < from) {
            if used + columns(c) > width {
                clipped = true;
                break;
            }
            for (label, place) in labels.iter().zip(&mut places) {
                if label.range.start <= i {
                    place.0.get_or_insert(self.text.len());
                }
                if label.range.end <= i {
                    place.1.get_or_insert(self.text.len());
                }
            }
            match c {
                '\t' => self.text.push_str(TAB),
                c if words::unsafe_to_print(c) => self.text.push(self.signs.unsafe_char),
                c => self.text.push(c),
            }
            used += columns(c);
        }
        let end = self.text.len();
        self.text.push_str(if clipped { self.signs.cut } else { " " });
        for (label, place) in labels.iter().zip(places) {
            // A label behind the last character, and an empty one, get a column of their own.
            let start = place.0.unwrap_or(end);
            let next = self.text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            self.shown.push(Shown {
                range: start..place.1.unwrap_or(end).max(start + next),
                line: (label.line as usize).saturating_sub(1),
                column: label.column,
                text: words::clip(&words::printable(&label.mark.text), 400),
                primary: label.primary,
            });
        }
        self.text.push('\n');
    }
}

impl<'a> Label<'a> {
    fn new(mark: &'a Mark, primary: bool, width: usize) -> Self {
        let at = mark.place.start();
        let text = &mark.place.file.text;
        let line = mark.place.file.line(at.line);
        let before = text.get(..mark.place.range.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        let start = (mark.place.range.start - line_start).min(line.len());
        let end = (start + mark.place.range.len()).min(line.len());
        let mut label = Self {
            mark,
            primary,
            line: at.line,
            column: (at.column as usize).saturating_sub(1),
            range: start..end,
            from: 0,
        };
        let before = line.get(..start).unwrap_or_default();
        let inside = line.get(start..end).unwrap_or_default();
        if measure(before, width) + measure(inside, width / 2) > width {
            let mut room = width / 3;
            let left = before.char_indices().rev().take_while(|(_, c)| {
                let fits = columns(*c) <= room;
                room = room.saturating_sub(columns(*c));
                fits
            });
            label.from = left.last().map_or(start, |(i, _)| i);
        }
        label
    }

    fn file(&self) -> FileId {
        self.mark.place.file.id
    }

    /// Whether it fits in a line shown from byte `from`.
    fn fits(&self, from: usize, width: usize) -> bool {
        let line = self.mark.place.file.line(self.line);
        from <= self.range.start
            && line.get(from..self.range.start).is_some_and(|before| measure(before, width) + 8 < width)
    }
}

/// Puts labels near each other together: the primary one's group first, then by file in the order of labels, then by
/// line.
fn groups<'a>(labels: impl Iterator<Item = Label<'a>>, width: usize) -> Vec<Group<'a>> {
    let mut files: Vec<Vec<Label<'a>>> = Vec::new();
    for label in labels {
        match files.iter_mut().find(|f| f.first().is_some_and(|l| l.file() == label.file())) {
            Some(file) => file.push(label),
            None => files.push(vec![label]),
        }
    }
    let mut groups: Vec<Group<'a>> = Vec::new();
    for mut labels in files {
        labels.sort_by_key(|l| (l.line, l.range.start, l.range.end));
        let done = groups.len();
        for label in labels {
            let last_line = last_line(&label.mark.place.file);
            let near = |g: &&mut Group<'a>| match (label.from, g.from) {
                (0, 0) => label.line.saturating_sub(CONTEXT) <= g.last.saturating_add(1),
                (_, from) => label.line == g.last && from > 0 && label.fits(from, width),
            };
            match groups.get_mut(done..).and_then(|g| g.last_mut()).filter(near) {
                Some(group) => {
                    if group.from == 0 {
                        group.last = label.line.saturating_add(CONTEXT).min(last_line).max(label.line);
                    }
                    group.labels.push(label);
                }
                // A line that doesn't fit stands alone: its neighbours would be shown from elsewhere.
                None if label.from > 0 => {
                    groups.push(Group { first: label.line, last: label.line, from: label.from, labels: vec![label] });
                }
                None => groups.push(Group {
                    first: label.line.saturating_sub(CONTEXT).max(1),
                    last: label.line.saturating_add(CONTEXT).min(last_line).max(label.line),
                    from: 0,
                    labels: vec![label],
                }),
            }
        }
    }
    groups.sort_by_key(|g| !g.labels.iter().any(|l| l.primary));
    groups
}

/// The number of the last line that has anything on it, or the one before an end of file without a line break.
fn last_line(file: &SourceFile) -> u32 {
    let end = file.line_column(file.text.len());
    if end.column == 1 { end.line.saturating_sub(1).max(1) } else { end.line }
}

/// Columns that a character takes, roughly: miette draws, this only decides where to clip.
fn columns(c: char) -> usize {
    match c {
        '\t' => TAB.len(),
        c if c >= '\u{1100}' => 2,
        _ => 1,
    }
}

/// Columns of a text, counted no further than just past `limit`.
fn measure(text: &str, limit: usize) -> usize {
    let mut sum = 0;
    for c in text.chars() {
        if sum > limit {
            break;
        }
        sum += columns(c);
    }
    sum
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_lines_before: usize,
        context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let end = span.offset().saturating_add(span.len());
        let within = |b: &&Block| b.range.start <= span.offset() && end <= b.range.end;
        let block = self.blocks.iter().find(within).ok_or(MietteError::OutOfBounds)?;
        // Without context miette asks for the place that it prints above the frame.
        let label = self.shown.iter().find(|s| s.range.start == span.offset());
        let (range, line, column, lines) = match label {
            Some(label) if context_lines_before == 0 && context_lines_after == 0 => {
                (label.range.clone(), label.line, label.column, 1)
            }
            _ => (block.range.clone(), block.line, 0, block.lines),
        };
        let data = self.text.as_bytes().get(range.clone()).ok_or(MietteError::OutOfBounds)?;
        let span = SourceSpan::new(range.start.into(), range.len());
        Ok(Box::new(MietteSpanContents::new_named(block.name.clone(), data, span, line, column, lines)))
    }
}
