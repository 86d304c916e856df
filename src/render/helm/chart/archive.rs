//! `.tgz` archives: the files in them, with Helm's rules on their names and sizes.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

use crate::go;
use crate::render::helm::Profile;

/// The largest file of a chart, in bytes.
pub(super) const MAX_FILE: u64 = 5 << 20;
/// The most that an archive may hold, in bytes.
const MAX_CHART: u64 = 100 << 20;

/// A file of an archive.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its name in the archive.
    pub(super) name: String,
    /// Its name below the chart: without the first component.
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

/// Why an archive can't be read.
#[derive(Debug)]
pub(super) enum Broken {
    /// It isn't gzip at all.
    Header,
    /// Anything else, in Helm's words.
    Other(String),
}

/// What Helm says of a file that is given as a chart and isn't an archive; none if it may be one.
pub(super) fn not_an_archive(name: &str, bytes: &[u8]) -> Option<String> {
    if bytes.starts_with(b"\x1F\x8B\x08") {
        return None;
    }
    if name.ends_with(".yml") || name.ends_with(".yaml") {
        return Some(format!("file '{name}' seems to be a YAML file, but expected a gzipped archive"));
    }
    Some(format!("file '{name}' does not appear to be a gzipped archive; got '{}'", content_type(bytes)))
}

/// The little that matters of Go's `http.DetectContentType`, which Helm gives 512 bytes, filled up with zeros.
fn content_type(bytes: &[u8]) -> &'static str {
    let head = bytes.get(..512);
    let binary = |b: &u8| matches!(b, 0..=8 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F);
    match bytes {
        [b'P', b'K', 3, 4, ..] => "application/zip",
        [b'%', b'P', b'D', b'F', b'-', ..] => "application/pdf",
        _ if head.is_some_and(|head| !head.iter().any(binary)) => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The files of an archive, in its order.
pub(super) fn read(bytes: &[u8], profile: Profile) -> Result<Vec<Entry>, Broken> {
    if bytes.is_empty() {
        return Err(Broken::Other("EOF".to_owned()));
    }
    if !bytes.starts_with(&[0x1F, 0x8B, 8]) {
        return Err(Broken::Header);
    }
    let other = |error: io::Error| Broken::Other(go_error(&error));
    // A tar of only headers could be as large as it likes: the stream itself is limited too.
    let stream = MultiGzDecoder::new(bytes).take(2 * MAX_CHART);
    let mut archive = tar::Archive::new(stream);
    let mut files = Vec::new();
    let mut remaining = MAX_CHART;
    for entry in archive.entries().map_err(other)? {
        let mut entry = entry.map_err(other)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        if kind.is_dir() || name.ends_with('/') || kind.is_pax_global_extensions() || kind.is_pax_local_extensions() {
            continue;
        }
        let path = path_of(&name).map_err(Broken::Other)?;
        let word = if profile == Profile::Helm3 { "maximum file size" } else { "maximum size" };
        let too_large = || Broken::Other(format!("decompressed chart is larger than the {word} {MAX_CHART}"));
        if entry.size() > remaining {
            return Err(too_large());
        }
        if entry.size() > MAX_FILE {
            let name = go::quote(&name);
            let text = format!("decompressed chart file {name} is larger than the maximum file size {MAX_FILE}");
            return Err(Broken::Other(text));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(other)?;
        remaining = remaining.saturating_sub(bytes.len() as u64);
        if remaining == 0 {
            return Err(too_large());
        }
        if bytes.starts_with(b"\xEF\xBB\xBF") {
            bytes.drain(..3);
        }
        files.push(Entry { name, path, bytes });
    }
    if files.is_empty() {
        return Err(Broken::Other("no files in chart archive".to_owned()));
    }
    Ok(files)
}

/// The name below the chart; Helm's words for one that leads elsewhere.
fn path_of(name: &str) -> Result<String, String> {
    let delimiter = if name.contains('\\') { '\\' } else { '/' };
    let (first, rest) = name.split_once(delimiter).unwrap_or((name, ""));
    let rest = rest.replace(delimiter, "/");
    if rest.starts_with('/') {
        return Err("chart illegally contains absolute paths".to_owned());
    }
    let path = clean(&rest);
    if path == "." {
        let name = go::quote(name);
        return Err(format!("chart illegally contains content outside the base directory: {name}"));
    }
    if path.starts_with("..") {
        return Err("chart illegally references parent directory".to_owned());
    }
    if matches!(path.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic()) {
        return Err("chart contains illegally named files".to_owned());
    }
    if first == "Chart.yaml" {
        return Err("chart yaml not in base directory".to_owned());
    }
    Ok(path)
}

/// Go's `path.Clean` of a relative path.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// An error in Go's words, as far as there are any.
fn go_error(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "unexpected EOF".to_owned(),
        io::ErrorKind::InvalidInput => "gzip: invalid checksum".to_owned(),
        _ if error.to_string().contains("deflate") => "flate: corrupt input".to_owned(),
        _ => "archive/tar: invalid tar header".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_below_the_chart() {
        assert_eq!(path_of("a/b/../c").unwrap(), "c");
        assert_eq!(path_of("a\\templates\\x.yaml").unwrap(), "templates/x.yaml");
        for bad in ["a", "a/..", "a/../..", "a//b", "Chart.yaml/x", "a/c:/x", "../x/../../y"] {
            assert!(path_of(bad).is_err(), "{bad}");
        }
    }
}
