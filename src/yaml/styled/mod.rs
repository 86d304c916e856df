//! Documents with the style they are written in: quotes, brackets, tags, anchors and comments, as go-yaml v3 keeps them in
//! its nodes. For tools that change a value inside of a text and write the rest as it was.

mod comments;
mod read;
mod write;

#[cfg(test)]
mod tests;

use ecow::EcoString;

/// A document.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its value; [`Shape::Nothing`] if there is none.
    pub root: Styled,
    /// The comments before and behind it.
    pub comments: Comments,
}

/// A value in its style.
#[derive(Clone, Debug, PartialEq)]
pub struct Styled {
    /// What it is.
    pub shape: Shape,
    /// Its tag, `!!` for YAML's own: what it was read as. Empty for what was made since, whose text decides.
    pub tag: EcoString,
    /// Whether the tag is written.
    pub tagged: bool,
    /// Its anchor.
    pub anchor: Option<EcoString>,
    /// The comments that belong to it.
    pub comments: Option<Box<Comments>>,
}

/// What a styled value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Nothing at all.
    Nothing,
    /// A scalar.
    Scalar(EcoString, Form),
    /// A sequence, and whether it stands in brackets.
    Seq(Vec<Styled>, bool),
    /// A mapping, and whether it stands in braces.
    Map(Vec<(Styled, Styled)>, bool),
    /// A reference to an anchor.
    Alias(EcoString),
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Without quotes.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// Behind `|`.
    Literal,
    /// Behind `>`.
    Folded,
}

/// Comments, with their `#`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comments {
    /// Those above.
    pub head: EcoString,
    /// The one on the line.
    pub line: EcoString,
    /// Those below.
    pub foot: EcoString,
}

impl Styled {
    /// A value without a tag.
    pub fn new(shape: Shape) -> Self {
        Self { shape, tag: EcoString::new(), tagged: false, anchor: None, comments: None }
    }

    /// A plain scalar whose text decides what it is.
    pub fn scalar(text: impl Into<EcoString>) -> Self {
        Self::new(Shape::Scalar(text.into(), Form::Plain))
    }

    /// The text of a scalar, or the name of an alias; empty for collections.
    pub fn text(&self) -> &str {
        match &self.shape {
            Shape::Scalar(text, _) | Shape::Alias(text) => text,
            _ => "",
        }
    }

    /// It as a document of its own.
    pub fn write(&self) -> String {
        write::write(self, None)
    }
}

impl Document {
    /// Reads the first document of a text.
    ///
    /// # Errors
    /// Why it is none, in go-yaml's words.
    pub fn read(text: &str) -> Result<Self, String> {
        read::read(text)
    }

    /// Writes it, with an indentation of 2, lists not indented below their key.
    pub fn write(&self) -> String {
        write::write(&self.root, Some(&self.comments))
    }
}

/// The tag that a plain scalar has by its text.
pub fn tag_of(text: &str) -> &'static str {
    super::resolve::plain_tag(text)
}
