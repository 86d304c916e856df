//! Files for a start: a cluster, a team or an app in a fleet ([`new`]), and a fleet for what is there already ([`init`]).
//!
//! What is made is decided first, as texts, and then written by [`files::write`], which never writes over a file.
//! The texts stand in `templates/new/`.

pub mod files;
pub mod init;
mod layers;
mod name;
pub mod new;
mod roots;
pub mod survey;
mod text;
