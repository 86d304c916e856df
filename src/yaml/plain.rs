//! What a text means as a plain scalar: for tools that write a text into a document and read the document again.

use std::borrow::Cow;

use ecow::EcoString;

use super::number::{self, Number};
use super::resolve::{Scalar, is_text, resolve};
use super::scan::Style;
use super::{Dialect, Value};

/// The value that a text has where it stands unquoted: `8080` is an integer, `yes` a boolean or a string, by dialect.
/// Infinities, which no JSON can hold, stay texts.
pub fn plain_value(dialect: Dialect, text: &str) -> Value {
    let string = || Value::Str(EcoString::from(text));
    // Without a tag, nothing can mismatch.
    match resolve(dialect, None, Style::Plain, Cow::Borrowed(text)).unwrap_or(Scalar::Null) {
        Scalar::Null => Value::Null,
        Scalar::Bool(b) => Value::Bool(b),
        Scalar::Str(text) | Scalar::Timestamp(text) => Value::Str(EcoString::from(text.as_ref())),
        Scalar::Number(Number::Int(n)) => Value::Int(n),
        Scalar::Number(Number::UInt(n)) => big(dialect, n),
        Scalar::Number(Number::Float(f)) if !f.is_finite() => string(),
        Scalar::Number(Number::Float(f)) => match number::through_json(f) {
            Number::Int(n) => Value::Int(n),
            Number::UInt(n) => big(dialect, n),
            Number::Float(f) => Value::Float(f),
        },
    }
}

/// Whether a text is still a string where it stands unquoted. The empty one is: nobody writes it without quotes.
pub fn stays_text(dialect: Dialect, text: &str) -> bool {
    let resolved = || resolve(dialect, None, Style::Plain, Cow::Borrowed(text));
    text.is_empty() || is_text(text) || matches!(resolved(), Ok(Scalar::Str(_)))
}

/// Kubernetes decodes what an `i64` can't hold as a float; kustomize keeps its digits.
pub(super) fn big(dialect: Dialect, n: u64) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "that loss is what upstream does")]
    match dialect {
        Dialect::Kustomize => Value::UInt(n),
        Dialect::Kubernetes | Dialect::Config => Value::Float(n as f64),
    }
}
