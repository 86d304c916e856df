//! Rendered files to what is installed: manifests and hooks, each with its head, in the order of installation.

use std::sync::Arc;

use ecow::EcoString;

use super::ahead::Ahead;
use super::head::{self, Head};
use super::hook::{self, HookInfo, Kind};
use super::order::rank;
use super::split::split;
use crate::parallel;
use crate::render::helm::Profile;

/// A file that a template made.
#[derive(Clone, Debug)]
pub struct RenderedFile {
    /// The template's path, from the name of the root chart on: `web/charts/db/templates/a.yaml`.
    pub path: EcoString,
    /// What it made.
    pub text: Arc<[u8]>,
}

/// A file of a chart's `crds/`.
#[derive(Clone, Debug)]
pub struct Crd {
    /// Its path, from the name of the root chart on.
    pub path: EcoString,
    /// What it holds.
    pub text: Arc<[u8]>,
}

/// What a chart makes.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// What is installed, in that order. None is a hook.
    pub manifests: Vec<ReleaseManifest>,
    /// The hooks, in the order of their kinds; those of one event run by weight and name.
    pub hooks: Vec<ReleaseManifest>,
    /// The files of `crds/`, the chart's own first, then those of its subcharts.
    pub crds: Vec<Crd>,
    /// The root chart's notes.
    pub notes: Option<String>,
    /// Hooks of events that Helm doesn't know: it drops them, and says so.
    pub dropped: Vec<Dropped>,
}

/// A document of a rendered file.
#[derive(Clone, Debug)]
pub struct ReleaseManifest {
    /// The template that made it, from the name of the root chart on.
    pub path: EcoString,
    /// Where the document starts in what the template made, in bytes.
    pub start: usize,
    /// The document.
    pub text: Arc<str>,
    /// Its kind; empty where it has none.
    pub kind: EcoString,
    /// Its API version; empty where it has none.
    pub api_version: EcoString,
    /// Its name; empty where it has none.
    pub name: EcoString,
    /// What its annotations say, if it is a hook.
    pub hook: Option<HookInfo>,
}

/// A hook of an event that Helm doesn't know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The template that made it.
    pub path: EcoString,
    /// The annotation `helm.sh/hook`.
    pub events: EcoString,
}

impl Dropped {
    /// What Helm says of it on stderr.
    pub fn helm(&self, profile: Profile) -> String {
        let events = super::capabilities::quoted(&self.events);
        match profile {
            Profile::Helm3 => format!("manifest_sorter.go:199: info: skipping unknown hook: {events}"),
            // slog quotes where there is a space, and so on.
            Profile::Helm4 => {
                let plain = !self.events.is_empty()
                    && self.events.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'=');
                let shown = if plain { self.events.to_string() } else { events };
                format!("level=INFO msg=\"skipping unknown hooks\" hookTypes={shown}")
            }
        }
    }
}

/// A document that Helm can't read.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Helm's text.
    pub text: String,
    /// The template that made it.
    pub path: EcoString,
    /// The document that is broken.
    pub document: String,
    /// All rendered files, by path: what `--debug` prints. NOTES.txt isn't among them.
    pub files: Vec<(EcoString, String)>,
    /// The hooks that were found before it, unsorted; `--debug` prints them, too.
    pub hooks: Vec<ReleaseManifest>,
}

/// Bytes that are read faster than threads are started.
const SMALL: usize = 64 << 10;

/// One document, on its way.
struct Document<'f> {
    path: &'f EcoString,
    start: usize,
    text: &'f str,
    /// Its head, if it was read ahead.
    head: Option<Result<Head, String>>,
}

/// Makes rendered files into manifests and hooks, as `renderResources` and `SortManifests` do. `chart` is the root chart's
/// name, which tells its notes from those of its subcharts.
///
/// # Errors
/// A document isn't YAML, or isn't an object.
pub fn collect(files: Vec<RenderedFile>, crds: Vec<Crd>, chart: &str, profile: Profile) -> Result<Output, Box<Broken>> {
    collect_ahead(files, crds, chart, profile, &Ahead::new(profile))
}

/// The same, of files some of which were read ahead.
///
/// # Errors
/// A document isn't YAML, or isn't an object.
pub fn collect_ahead(
    files: Vec<RenderedFile>,
    crds: Vec<Crd>,
    chart: &str,
    profile: Profile,
    ahead: &Ahead,
) -> Result<Output, Box<Broken>> {
    let mut output = Output { crds, ..Output::default() };
    let own_notes = format!("{chart}/templates/NOTES.txt");
    let mut kept: Vec<RenderedFile> = Vec::with_capacity(files.len());
    for file in files {
        if !file.path.ends_with("NOTES.txt") {
            kept.push(file);
        } else if file.path == own_notes {
            output.notes = Some(String::from_utf8_lossy(&file.text).into_owned());
        }
    }
    kept.sort_by(|a, b| a.path.cmp(&b.path));

    let is_partial = |path: &str| path.rsplit('/').next().is_some_and(|name| name.starts_with('_'));
    let mut documents = Vec::new();
    let mut not_utf8 = None;
    for RenderedFile { path, text: bytes } in kept.iter().filter(|file| !is_partial(&file.path)) {
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let mut heads = ahead.take(path).into_iter();
                documents.extend(split(text, profile).into_iter().map(|document| {
                    let start = (document.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
                    Document { path, start, text: document, head: heads.next() }
                }));
            }
            Err(_) => {
                // What comes after it is never looked at.
                not_utf8 = Some((path.clone(), bytes));
                break;
            }
        }
    }
    let unread = documents.iter().filter(|document| document.head.is_none());
    let small = unread.map(|document| document.text.len()).sum::<usize>() < SMALL;
    let read = |document: &mut Document| document.head.take().unwrap_or_else(|| head::read(document.text, profile));
    let unread: Vec<&mut Document> = documents.iter_mut().collect();
    let heads: Vec<Result<Head, String>> =
        if small { unread.into_iter().map(read).collect() } else { parallel::map(unread, read) };

    let mut broken = None;
    for (document, head) in documents.iter().zip(heads) {
        let head = match head {
            Ok(head) => head,
            Err(why) => {
                broken = Some((document.path.clone(), document.text.to_owned(), why));
                break;
            }
        };
        let (hook, list) = match hook::kind(&head) {
            Kind::Manifest => (None, &mut output.manifests),
            Kind::Hook(info) => (Some(info), &mut output.hooks),
            Kind::Unknown(events) => {
                output.dropped.push(Dropped { path: document.path.clone(), events });
                continue;
            }
        };
        list.push(ReleaseManifest {
            path: document.path.clone(),
            start: document.start,
            text: document.text.into(),
            kind: head.kind,
            api_version: head.api_version,
            name: head.name,
            hook,
        });
    }
    if let (None, Some((path, bytes))) = (&broken, not_utf8) {
        let why = format!("error converting YAML to JSON: {}", crate::yaml::not_utf8(bytes));
        broken = Some((path, String::from_utf8_lossy(bytes).into_owned(), why));
    }
    if let Some((path, document, why)) = broken {
        let text = format!("YAML parse error on {path}: {why}");
        let shown = |file: RenderedFile| (file.path, String::from_utf8_lossy(&file.text).into_owned());
        let files = kept.into_iter().map(shown).collect();
        return Err(Box::new(Broken { text, path, document, files, hooks: output.hooks }));
    }
    output.manifests.sort_by(|a, b| rank(&a.kind, profile).cmp(&rank(&b.kind, profile)));
    output.hooks.sort_by(|a, b| rank(&a.kind, profile).cmp(&rank(&b.kind, profile)));
    Ok(output)
}
