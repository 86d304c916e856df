//! `terrace appset`: the engine of ApplicationSets by itself.

mod args;
mod generate;
mod print;

pub use args::{AppsetArgs, AppsetVerb};

use super::ui::Ui;
use crate::exit::Exit;

/// Runs a verb of `terrace appset`.
pub fn run(args: &AppsetArgs, ui: &Ui) -> Exit {
    match &args.verb {
        AppsetVerb::Generate(args) => generate::run(args, ui),
    }
}
