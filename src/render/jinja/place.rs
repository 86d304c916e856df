//! Where a template's text stands in a file.

use std::ops::Range;

use crate::source::{FileId, Span};

/// Leads from bytes of a template to a span.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// The template is a file.
    File(FileId),
    /// The template is a string in a file, and every byte of it stands there as it is, from this one on.
    Inside(FileId, usize),
    /// The template is a string that the file spells otherwise (escapes, folded lines).
    Token(Span),
}

impl Place {
    /// The place of a string of `len` bytes whose token is `token`. The token's length tells whether it is spelled as
    /// it is: bare, or with a quote on either side.
    pub(super) fn of_string(token: Span, len: usize) -> Self {
        let (start, width) = (token.start as usize, token.range().len());
        if width == len {
            Self::Inside(token.file, start)
        } else if width == len + 2 {
            Self::Inside(token.file, start + 1)
        } else {
            Self::Token(token)
        }
    }

    /// The span of a range of the template.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        match self {
            Self::File(file) => Span::new(*file, range),
            Self::Inside(file, at) => Span::new(*file, range.start + at..range.end + at),
            Self::Token(span) => *span,
        }
    }
}
