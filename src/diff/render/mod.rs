//! A [`Diff`] as text: for a terminal, as a patch, for a pull request, for programs, for a browser.
//!
//! All are made of the same [`view`]: what a field's change looks like, line by line. Values of Secrets were masked
//! long before.

mod html;
mod json;
mod markdown;
mod text;
mod unified;
mod view;
mod words;

use super::model::Diff;

pub use html::html;
pub use json::json;
pub use markdown::{Comment, markdown};
pub use text::{Terminal, text};
pub use unified::unified;

/// The limit of a comment on a pull request; GitHub's is 65,536 characters.
pub const COMMENT_BYTES: usize = 60_000;

/// What there is to say where nothing differs.
fn nothing(diff: &Diff) -> &'static str {
    if diff.sides { "Nothing differs between the two sides." } else { "Nothing changes on any cluster." }
}
