//! Heads of manifests, read while other files are still being rendered: templates run on one thread, for they share their
//! values.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, PoisonError};

use ecow::EcoString;
use foldhash::fast::FixedState;

use super::head::{self, Head};
use super::manifest::RenderedFile;
use super::split::split;
use crate::parallel;
use crate::render::helm::Profile;

/// What was read ahead.
#[derive(Debug)]
pub struct Ahead {
    profile: Profile,
    heads: Mutex<HashMap<EcoString, Heads, FixedState>>,
}

/// The heads of a file's documents.
pub(super) type Heads = Vec<Result<Head, String>>;

/// Bytes that another thread is woken for.
const PORTION: usize = 64 << 10;

impl Ahead {
    /// Nothing yet.
    pub fn new(profile: Profile) -> Self {
        Self { profile, heads: Mutex::default() }
    }

    /// Renders, and meanwhile does something else and reads what has been rendered. What is rendered last is left for
    /// [`super::manifest::collect_ahead`].
    pub fn reading<R>(
        &self,
        meanwhile: impl FnOnce() + Send,
        render: impl FnOnce(&mut dyn FnMut(&RenderedFile)) -> R,
    ) -> R {
        parallel::start();
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| meanwhile());
            let (mut waiting, mut bytes) = (Vec::new(), 0);
            render(&mut |file| {
                bytes += file.text.len();
                waiting.push(file.clone());
                if bytes >= PORTION {
                    let files = mem::take(&mut waiting);
                    bytes = 0;
                    scope.spawn(move |_| files.into_iter().for_each(|file| self.read(file)));
                }
            })
        })
    }

    fn read(&self, file: RenderedFile) {
        let Ok(text) = std::str::from_utf8(&file.text) else { return };
        if file.path.ends_with("NOTES.txt") {
            return;
        }
        let heads = split(text, self.profile).into_iter().map(|document| head::read(document, self.profile)).collect();
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).insert(file.path, heads);
    }

    /// The heads of a file's documents; nothing if they weren't read.
    pub(super) fn take(&self, path: &str) -> Heads {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).remove(path).unwrap_or_default()
    }
}
