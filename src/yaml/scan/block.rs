//! Literal (`|`) and folded (`>`) scalars.

use std::borrow::Cow;

use super::super::chars::{break_len, is_blank, is_breakz, width};
use super::super::error::{Problem, Result};
use super::plain::Break;
use super::{Kind, Scanner, Style};

/// What happens to the breaks at the end.
#[derive(Clone, Copy, PartialEq)]
enum Chomp {
    Clip,
    Strip,
    Keep,
}

impl<'a> Scanner<'a> {
    pub(super) fn scan_block_scalar(&mut self, literal: bool) -> Result<()> {
        let start = self.pos;
        self.advance();
        let (chomp, increment) = self.block_header()?;
        self.end_of_line(start, "the block scalar's header")?;
        let mut end = self.pos;
        let mut indent = match increment {
            0 => 0,
            n => usize::try_from(self.indent).unwrap_or(0) + n,
        };
        let mut text = String::new();
        let mut trailing = String::new();
        let mut leading: Option<Break> = None;
        let mut leading_blank = false;
        self.block_breaks(&mut indent, &mut trailing, start, &mut end)?;
        while self.column() == indent && self.pos < self.bytes.len() {
            let blank = is_blank(self.byte(0));
            if let Some(found) = leading.take() {
                let folds = found == Break::Line && !literal && !leading_blank && !blank;
                if !folds {
                    text.push_str(found.as_str());
                } else if trailing.is_empty() {
                    text.push(' ');
                }
            }
            text.push_str(&trailing);
            trailing.clear();
            leading_blank = blank;
            let from = self.pos;
            let (pos, ascii) = self.end_of_text(from);
            self.advance_to(pos, ascii);
            text.push_str(self.text.get(from..pos).unwrap_or_default());
            // The end of the text, without a break, leaves nothing to chomp.
            if !is_breakz(self.bytes, self.pos) || self.pos < self.bytes.len() {
                leading = Some(Break::at(self.bytes, self.pos));
                self.skip_break();
            }
            self.block_breaks(&mut indent, &mut trailing, start, &mut end)?;
        }
        if chomp != Chomp::Strip
            && let Some(found) = leading
        {
            text.push_str(found.as_str());
        }
        if chomp == Chomp::Keep {
            text.push_str(&trailing);
        }
        let style = if literal { Style::Quoted } else { Style::Folded };
        self.push_from(Kind::Scalar(Cow::Owned(text), style), start, end);
        Ok(())
    }

    /// The chomping and indentation indicators, in either order.
    fn block_header(&mut self) -> Result<(Chomp, usize)> {
        let mut chomp = self.chomp_indicator();
        let mut increment = 0;
        if self.byte(0).is_ascii_digit() {
            if self.byte(0) == b'0' {
                return Err(Box::new(
                    Problem::new(self.pos, self.pos + 1, "a block scalar can't be indented by 0")
                        .scanner_says("found an indentation indicator equal to 0")
                        .hint("give the number of spaces, from 1 to 9, or leave it out"),
                ));
            }
            increment = usize::from(self.byte(0) - b'0');
            self.advance();
            if chomp.is_none() {
                chomp = self.chomp_indicator();
            }
        }
        Ok((chomp.unwrap_or(Chomp::Clip), increment))
    }

    fn chomp_indicator(&mut self) -> Option<Chomp> {
        let chomp = match self.byte(0) {
            b'+' => Chomp::Keep,
            b'-' => Chomp::Strip,
            _ => return None,
        };
        self.advance();
        Some(chomp)
    }

    /// Moves over indentation and empty lines, and finds out the indentation where it isn't given: that of the deepest
    /// line up to the first that isn't empty.
    fn block_breaks(&mut self, indent: &mut usize, breaks: &mut String, start: usize, end: &mut usize) -> Result<()> {
        *end = self.pos;
        let mut deepest = 0;
        loop {
            while self.byte(0) == b' ' && (*indent == 0 || self.column() < *indent) {
                self.advance();
            }
            deepest = deepest.max(self.column());
            if self.byte(0) == b'\t' && (*indent == 0 || self.column() < *indent) {
                return Err(Box::new(
                    Problem::new(self.pos, self.pos + width(b'\t'), "found a tab where only spaces may indent")
                        .scanner_says("found a tab character where an indentation space is expected")
                        .context(start)
                        .hint("indent the block's lines with spaces"),
                ));
            }
            if break_len(self.bytes, self.pos) == 0 {
                break;
            }
            breaks.push_str(Break::at(self.bytes, self.pos).as_str());
            self.skip_break();
            *end = self.pos;
        }
        if *indent == 0 {
            *indent = deepest.max(usize::try_from(self.indent + 1).unwrap_or(0)).max(1);
        }
        Ok(())
    }
}
