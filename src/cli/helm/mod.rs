//! `terrace helm`: the engine by itself, in the words of the command of that name.

mod args;
mod cluster;
mod effects;
mod flags;
mod lists;
mod output_dir;
mod template;

pub use args::{HelmArgs, HelmVerb};
pub(super) use flags::refused;
pub(super) use lists::boolean;

use super::ui::Ui;
use crate::exit::Exit;

/// Runs a verb of `terrace helm`.
pub fn run(args: &HelmArgs, ui: &Ui) -> Exit {
    match &args.verb {
        HelmVerb::Template(args) => template::run(args, ui),
    }
}
