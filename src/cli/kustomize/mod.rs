//! `terrace kustomize`: the engine by itself, in the words of the command of that name.

mod args;
mod build;

pub use args::{KustomizeArgs, KustomizeVerb};

use super::ui::Ui;
use crate::exit::Exit;

/// Runs a verb of `terrace kustomize`.
pub fn run(args: &KustomizeArgs, ui: &Ui) -> Exit {
    match &args.verb {
        KustomizeVerb::Build(args) => build::run(args, ui),
    }
}
