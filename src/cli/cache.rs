//! `terrace cache`.

use std::path::PathBuf;

use super::args::{CacheArgs, CacheVerb};
use super::session::cache_root;
use super::ui::{Stream, Ui};
use crate::cache::{prune, stats};
use crate::cli::args::Format;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::source::Sources;

/// Shows what is kept for later runs, or removes some of it.
pub fn run(args: &CacheArgs, ui: &Ui) -> Exit {
    let done = root(args, ui).and_then(|root| match &args.verb {
        CacheVerb::Dir => Ok(format!("{}\n", root.display())),
        CacheVerb::Stats => Ok(shown(&root)),
        CacheVerb::Prune { max_size } => {
            let failed = |error| format!("`{}` can't be pruned: {error}", root.display());
            let (removed, left) = prune(&root, *max_size).map_err(|e: std::io::Error| failed(e.to_string()))?;
            Ok(format!("{} removed, {} left\n", size(removed), size(left)))
        }
    });
    match done {
        Ok(text) => {
            ui.out(&text);
            Exit::Fine
        }
        Err(why) => {
            let diagnostics = Diagnostics::from(Diagnostic::error(Code::OUTPUT_UNWRITABLE, why));
            ui.findings(&diagnostics, &Sources::new(), Format::Human, Stream::Err);
            Exit::Nothing
        }
    }
}

fn root(args: &CacheArgs, ui: &Ui) -> Result<PathBuf, String> {
    let here = ui.current_dir().map_err(|_| "there is no such directory as `-C` names".to_owned())?;
    let root = cache_root(args.cache_dir.as_deref());
    let root = root.ok_or("nothing is kept: TERRACE_CACHE_DIR is empty, or neither XDG_CACHE_HOME nor HOME is set")?;
    Ok(here.join(root))
}

/// A line a fleet, and one for all.
fn shown(root: &std::path::Path) -> String {
    let all = stats(root);
    let width = all.iter().map(|fleet| fleet.place.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for fleet in &all {
        let entries = format!("{} result{}", fleet.entries, if fleet.entries == 1 { "" } else { "s" });
        text.push_str(&format!("{:width$}  {entries:>14}  {:>9}\n", fleet.place, size(fleet.bytes)));
    }
    let bytes = all.iter().map(|fleet| fleet.bytes).sum();
    text.push_str(&format!("{} in {}\n", size(bytes), root.display()));
    text
}

/// A number of bytes, for people.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// A size as it is written on the command line: `500MB`, `2GB`, or a number of bytes.
pub fn bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        _ => return Err("expected a number of bytes, or one with kB, MB or GB after it".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "expected a number of bytes, such as 500MB".to_owned())?;
    number.checked_mul(factor).ok_or_else(|| "that is more than there are bytes".to_owned())
}
