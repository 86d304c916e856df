//! Randomness and time that are the same on every run: seeded from who is rendered and where the template asks.

use std::collections::HashMap;

use super::gotemplate::call::Fault;
use super::gotemplate::exec::{Effects, Site};
use crate::source::Span;

/// What `now` is when nobody asked for the true time: the first second of 1970, UTC.
pub const EPOCH: i128 = 0;

/// Randomness from a seed, and a clock that stands. Each use is kept, since a secret made from a public seed is no secret.
#[derive(Debug)]
pub struct Seeded {
    seed: blake3::Hash,
    /// How often each place has asked.
    asked: HashMap<(String, u32), u64>,
    /// Who asked, in the order of asking, each place once.
    pub uses: Vec<Use>,
}

/// A place in a template that asked for randomness or time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The function: `randAlphaNum`, `genCA`, `now`.
    pub function: String,
    /// The template that calls it.
    pub template: String,
    /// The call.
    pub span: Option<Span>,
    /// Whether it asked for the time only.
    pub time: bool,
}

impl Seeded {
    /// Seeded by an identity: cluster and app, or release and namespace.
    pub fn new(identity: &[&str]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("terrace helm effects v1");
        for part in identity {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        Self { seed: hasher.finalize(), asked: HashMap::new(), uses: Vec::new() }
    }

    /// Notes a use; how often this place asked before.
    fn note(&mut self, site: &Site, time: bool) -> u64 {
        let times = self.asked.entry((site.template.to_owned(), site.at)).or_insert(0);
        let before = *times;
        *times += 1;
        if before == 0 {
            let (function, template) = (site.function.to_owned(), site.template.to_owned());
            self.uses.push(Use { function, template, span: site.span, time });
        }
        before
    }
}

impl Effects for Seeded {
    fn random(&mut self, site: &Site, buffer: &mut [u8]) -> Result<(), Fault> {
        let before = self.note(site, false);
        let mut hasher = blake3::Hasher::new_keyed(self.seed.as_bytes());
        hasher.update(&(site.template.len() as u64).to_le_bytes());
        hasher.update(site.template.as_bytes());
        hasher.update(&u64::from(site.at).to_le_bytes());
        hasher.update(&before.to_le_bytes());
        hasher.finalize_xof().fill(buffer);
        Ok(())
    }

    fn now(&mut self, site: &Site) -> i128 {
        self.note(site, true);
        EPOCH
    }
}
