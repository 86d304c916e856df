//! Exit codes: part of the interface, as scripts and CI read them.

use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Everything is fine.
    Fine,
    /// There are findings.
    Findings,
    /// Part of the work was done: apps are held.
    Partial,
    /// Nothing could be done.
    Nothing,
}

impl Exit {
    /// The number: 0 fine, 1 findings, 2 nothing could be done, 3 done in part.
    pub fn number(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Findings => 1,
            Self::Nothing => 2,
            Self::Partial => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
