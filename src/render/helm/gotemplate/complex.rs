//! `complex128`: what an imaginary constant (`2i`) is where no type is asked for. Nothing but printing takes it.

use super::call::{Fault, Meter};
use super::format::push_float;
use super::value::Object;
use crate::yaml::Node;

/// A complex number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Complex {
    /// Its real part.
    pub real: f64,
    /// Its imaginary part.
    pub imaginary: f64,
}

impl Object for Complex {
    fn type_name(&self) -> &str {
        "complex128"
    }

    fn kind(&self) -> &'static str {
        "complex128"
    }

    fn show(&self) -> String {
        let (mut real, mut imaginary) = (Vec::new(), Vec::new());
        push_float(&mut real, self.real);
        push_float(&mut imaginary, self.imaginary);
        let sign = if imaginary.starts_with(b"-") || imaginary.starts_with(b"+") { "" } else { "+" };
        format!("({}{sign}{}i)", String::from_utf8_lossy(&real), String::from_utf8_lossy(&imaginary))
    }

    fn stringer(&self) -> bool {
        false
    }

    fn truth(&self) -> bool {
        self.real != 0.0 || self.imaginary != 0.0
    }

    fn to_node(&self, _: &mut Meter) -> Result<Node, Fault> {
        Err(Fault::new("json: unsupported type: complex128"))
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
