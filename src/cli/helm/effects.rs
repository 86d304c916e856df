//! True randomness and the time of day, where the user asks for them.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::render::helm::gotemplate::call::Fault;
use crate::render::helm::gotemplate::exec::{Effects, Site};

/// What differs on every run.
pub struct Real;

impl Effects for Real {
    fn random(&mut self, _site: &Site, buffer: &mut [u8]) -> Result<(), Fault> {
        getrandom::fill(buffer).map_err(|error| Fault::new(format!("the system has no randomness: {error}")))
    }

    fn now(&mut self, _site: &Site) -> i128 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i128::try_from(since.as_nanos()).unwrap_or(0)
    }
}
