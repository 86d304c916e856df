//! A directory that stands for a chart repository: charts and archives by name and version.

use crate::semver::{Constraints, Version};
use crate::world::{EntryKind, FilePath, Reader};
use crate::yaml::{Dialect, parse_file};

/// The chart of a name, at the highest version that a range allows: an archive `<name>-<version>.tgz`, or a directory
/// `<name>` whose Chart.yaml has a version in the range. An archive that names the very version comes first.
pub fn find(reader: &Reader, place: &FilePath, name: &str, range: &str) -> Option<FilePath> {
    let range = if range.is_empty() { "*" } else { range };
    let wanted = Constraints::new(range).ok();
    let mut best: Option<(Version, FilePath)> = None;
    for entry in reader.list(place).ok()? {
        let version = match entry.kind {
            EntryKind::File => {
                let version = entry.name.strip_suffix(".tgz").and_then(|n| n.strip_prefix(name)?.strip_prefix('-'));
                version.and_then(|v| Version::new(v).ok())
            }
            EntryKind::Directory if entry.name == name => {
                version_of(reader, &place.join(&entry.name)?).and_then(|v| Version::new(&v).ok())
            }
            _ => None,
        };
        let Some(version) = version else { continue };
        let fits = wanted.as_ref().is_some_and(|w| w.check(&version)) || version.to_string() == range;
        if fits && best.as_ref().is_none_or(|(known, _)| *known < version) {
            best = Some((version, place.join(&entry.name)?));
        }
    }
    best.map(|(_, path)| path)
}

/// The version that a chart's directory says it has.
fn version_of(reader: &Reader, dir: &FilePath) -> Option<String> {
    let file = reader.text(&dir.join("Chart.yaml")?).ok()?;
    parse_file(&file, Dialect::Kubernetes).into_first().str_at(&["version"]).map(str::to_owned)
}
