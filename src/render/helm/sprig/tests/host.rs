//! An execution for functions that are called by themselves.

use crate::render::helm::gotemplate::call::{Call, Fault, Function, Host};
use crate::render::helm::gotemplate::value::Tracked;
use crate::render::helm::sprig::tables;

/// How many bytes a call may make here.
const MAX_BYTES: usize = 1 << 26;

pub struct Alone {
    pub left: usize,
    pub recording: bool,
}

impl Alone {
    pub fn new(recording: bool) -> Self {
        Self { left: MAX_BYTES, recording }
    }
}

impl Host for Alone {
    fn include(&mut self, _: &[u8], _: &Tracked) -> Result<Tracked, Fault> {
        Err(Fault::new("there are no templates here"))
    }

    fn tpl(&mut self, _: &Tracked, _: &Tracked) -> Result<Tracked, Fault> {
        Err(Fault::new("there are no templates here"))
    }

    fn random(&mut self, _: &str, buffer: &mut [u8]) -> Result<(), Fault> {
        buffer.fill(0);
        Ok(())
    }

    fn now(&mut self, _: &str) -> i128 {
        0
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Fault> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| Fault::limit("too much text"))?;
        Ok(())
    }

    fn room(&self) -> usize {
        self.left
    }

    fn recording(&self) -> bool {
        self.recording
    }
}

pub fn function(name: &str) -> Option<&'static Function> {
    tables().into_iter().flatten().find(|function| function.name == name)
}

pub fn call(name: &str, args: &[Tracked], host: &mut Alone) -> Result<Tracked, Fault> {
    let function = function(name).unwrap();
    (function.run)(&mut Call { name, args, host })
}
