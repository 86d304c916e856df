//! PEM: base64 between two lines that say what it is.

use base64::Engine;

use super::super::encoding::base64_decode;

/// A block as Go writes it: lines of 64 characters.
pub fn encode(kind: &str, bytes: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    let mut out = format!("-----BEGIN {kind}-----\n");
    for (i, c) in text.chars().enumerate() {
        if i > 0 && i % 64 == 0 {
            out.push('\n');
        }
        out.push(c);
    }
    if !text.is_empty() {
        out.push('\n');
    }
    out.push_str(&format!("-----END {kind}-----\n"));
    out
}

/// The first block of a text: what it is, and its bytes.
pub fn decode(text: &str) -> Option<(&str, Vec<u8>)> {
    let mut rest = text;
    loop {
        let start = if rest.starts_with("-----BEGIN ") { 0 } else { rest.find("\n-----BEGIN ")? + 1 };
        rest = rest.get(start + "-----BEGIN ".len()..)?;
        let line = rest.split('\n').next()?;
        let Some(kind) = line.trim_end().strip_suffix("-----") else { continue };
        let body = rest.get(line.len()..)?;
        let end = format!("-----END {kind}-----");
        let Some(at) = body.find(&format!("\n{end}")) else { continue };
        let mut body = body.get(..at + 1)?.trim_start_matches('\n');
        // Headers end with an empty line.
        while let Some((header, after)) = body.split_once('\n').filter(|(line, _)| line.contains(':')) {
            let _ = header;
            body = after;
        }
        let packed: Vec<u8> = body.bytes().filter(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n')).collect();
        if let Ok(bytes) = base64_decode(&packed) {
            return Some((kind, bytes));
        }
    }
}
