//! `literals`, `files` and `envs` of ConfigMaps and Secrets (api/kv).

use std::fmt::Write as _;

use crate::diag::{Code, Diagnostic};
use crate::go::quote;
use crate::render::kustomize::context::Context;
use crate::render::kustomize::failure::{Failure, Result};
use crate::render::kustomize::types::{GeneratorArgs, Text};
use crate::source::{FileId, Origin};
use crate::world::ReadError;
use crate::yaml::{Dialect, stays_text};

/// A key, and the bytes that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The key.
    pub key: String,
    /// Where it is said.
    pub key_origin: Origin,
    /// The value.
    pub value: Vec<u8>,
    /// Where it is said.
    pub origin: Origin,
}

/// What a generator is given, in kustomize's order: `envs`, `literals`, `files`.
///
/// # Errors
/// Files that can't be read, sources that are none, and keys that are there twice or that kustomize can't write.
pub fn load(args: &GeneratorArgs, ctx: &Context) -> Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    for source in &args.envs {
        let lines = env_file(source, ctx, &mut pairs);
        lines.map_err(|failure| failure.prefixed(&format!("env source files: {}", list(&args.envs))))?;
    }
    for source in &args.literals {
        let pair = literal(source);
        pairs.push(pair.map_err(|failure| failure.prefixed(&format!("literal sources {}", list(&args.literals))))?);
    }
    for source in &args.files {
        let pair = file(source, ctx);
        pairs.push(pair.map_err(|failure| failure.prefixed(&format!("file sources: {}", list(&args.files))))?);
    }
    Ok(pairs)
}

/// Texts as Go prints a list of them.
fn list(texts: &[Text]) -> String {
    let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
    format!("[{}]", texts.join(" "))
}

fn literal(source: &Text) -> Result<Pair> {
    match source.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok(Pair {
            key: key.into(),
            key_origin: source.origin,
            value: unquoted(value).into(),
            origin: source.origin,
        }),
        _ => Err(Failure::new(
            Code::INVALID_KUSTOMIZATION,
            format!("invalid literal source {}, expected key=value", &**source),
        )
        .at(source.origin, "not `key=value`")),
    }
}

/// A value without the quotes around it: one pair, if it has the same on both sides.
fn unquoted(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// A source of `files`: `path`, or `key=path`.
fn file(source: &Text, ctx: &Context) -> Result<Pair> {
    let text = &**source;
    let refused = |said: String| Err(Failure::new(Code::INVALID_KUSTOMIZATION, said).at(source.origin, "here"));
    let (key, path) = match text.matches('=').count() {
        0 => (base(text), text),
        1 => match text.split_once('=') {
            Some(("", path)) => {
                return refused(format!("missing key name for file path {} in source {}", quote(path), quote(text)));
            }
            Some((key, "")) => {
                return refused(format!("missing file path for key name {} in source {}", quote(key), quote(text)));
            }
            Some(both) => both,
            None => (text, text),
        },
        _ => return refused(format!("source {} key name or file path contains '='", quote(text))),
    };
    let (value, file) = read(&Text::new(path, source.origin), ctx)?;
    let origin = file.map_or(source.origin, |file| Origin::new(file, 0));
    Ok(Pair { key: key.into(), key_origin: source.origin, value, origin })
}

/// The last part of a path (Go's `path.Base`).
fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match trimmed.rsplit('/').next() {
        _ if path.is_empty() => ".",
        None | Some("") => "/",
        Some(name) => name,
    }
}

/// The bytes of a file, and its id if they are text.
fn read(path: &Text, ctx: &Context) -> Result<(Vec<u8>, Option<FileId>)> {
    let place = ctx.loader.locate(path)?;
    match ctx.loader.reader.text(&place) {
        Ok(file) => Ok((file.text.as_bytes().to_vec(), Some(file.id))),
        Err(ReadError::NotUtf8 { .. }) => Ok((ctx.loader.bytes(path)?, None)),
        Err(_) => ctx.loader.bytes(path).map(|bytes| (bytes, None)),
    }
}

/// Longer lines end Go's reading, without a word.
const LONGEST_LINE: usize = (64 << 10) - 1;

/// A source of `envs`: a file of lines `key=value`.
fn env_file(source: &Text, ctx: &Context, pairs: &mut Vec<Pair>) -> Result<()> {
    let (content, file) = read(source, ctx)?;
    let mut start = 0;
    for (number, whole) in content.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let at = start;
        start += whole.len();
        let place = |offset: usize| file.map_or(source.origin, |file| Origin::new(file, at + offset));
        let line = whole.strip_suffix(b"\n").unwrap_or(whole);
        if line.len() > LONGEST_LINE {
            let message = format!("kustomize reads `{}` only up to line {number}", &**source);
            let warning = Diagnostic::warning(Code::INVALID_KUSTOMIZATION, message)
                .at(place(0), "a line of 64 KiB or more: it and what follows is left out")
                .also(source.origin, "named here")
                .hint("put a value of that size into a file of its own, under `files`");
            ctx.warnings.borrow_mut().push(warning);
            return Ok(());
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Ok(text) = std::str::from_utf8(line) else {
            let mut said = String::from("line [");
            for (i, byte) in line.iter().enumerate() {
                let _ = write!(said, "{}{byte}", if i > 0 { " " } else { "" });
            }
            let _ = write!(said, "] has invalid utf8 bytes : {}", String::from_utf8_lossy(line));
            let message = format!("line {} of `{}` is not UTF-8", number + 1, &**source);
            return Err(
                Failure::told(said, Diagnostic::error(Code::NOT_UTF8, message)).at(source.origin, "read from here")
            );
        };
        let text = if number == 0 { text.strip_prefix('\u{feff}').unwrap_or(text) } else { text };
        let text = text.trim_start();
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        if text.starts_with('#') || key.is_empty() {
            continue;
        }
        let offset = line.len() - text.len();
        pairs.push(Pair {
            key: key.into(),
            key_origin: place(offset),
            value: value.into(),
            origin: place((offset + key.len() + 1).min(line.len())),
        });
    }
    Ok(())
}

/// Why kustomize, which writes keys without quotes, can't read a mapping with this one back.
///
/// # Errors
/// A key that isn't a string then.
pub fn check_key(key: &str, origin: Origin) -> Result<()> {
    let text = match key {
        "<<" => "yaml: map merge requires map or sequence of maps as the value",
        _ if stays_text(Dialect::Kustomize, key) => return Ok(()),
        _ => "json: unsupported type: map[interface {}]interface {}",
    };
    let message = format!("kustomize can't have the key `{key}`: unquoted, as it writes keys, that is no string");
    Err(Failure::told(text, Diagnostic::error(Code::INVALID_KUSTOMIZATION, message))
        .at(origin, "this key")
        .hint("give it another name, or write the object as a resource file"))
}
