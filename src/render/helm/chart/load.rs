//! Reading charts: directories and archives.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use foldhash::fast::FixedState;

use super::archive::{self, Broken};
use super::failure::Failure;
use super::ignore::Rules;
use super::later::Unread;
use super::metadata::Metadata;
use super::model::{Chart, Content, File};
use super::values_file;
use super::{Dependency, decode};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::render::helm::Profile;
use crate::render::unreadable;
use crate::semver;
use crate::source::{FileId, Origin, SourceFile, SourceKind};
use crate::world::{EntryKind, FilePath, Later, ReadError, Reader};
use crate::yaml::{self, Map, Node, Value};

/// Supplies charts that Chart.yaml names and `charts/` lacks: the path of a directory or an archive.
pub type Missing<'a> = &'a dyn Fn(&Dependency) -> Option<FilePath>;

/// How a chart is loaded.
#[derive(Clone, Copy, Default)]
pub struct LoadOptions<'a> {
    /// Whose behaviour.
    pub profile: Profile,
    /// How the path is shown in Helm's own messages (it makes it absolute); by default as it is shown to people.
    pub shown: Option<&'a str>,
    /// Whether dependencies that `charts/` lacks are read from the directories that `file://` names. Helm doesn't: it wants
    /// them copied to `charts/`.
    pub local: bool,
    /// Where charts of mapped repositories stand.
    pub missing: Option<Missing<'a>>,
    /// Whether what templates may ask for as `.Files` is read when they do, from a directory: nobody records what was read.
    /// [`Chart::lost`] tells afterwards whether it all could be.
    pub unread: bool,
}

/// The values of a chart.
const VALUES: &str = "values.yaml";
/// Levels of charts within charts.
const MAX_NESTED: usize = 64;
/// Levels of directories within a chart: a symbolic link may lead back up.
const MAX_DIRECTORIES: usize = 64;

/// Reads the chart in a directory or an archive, with everything in its `charts/`. Dependencies that Chart.yaml declares
/// and `charts/` lacks are read from where `file://` or [`LoadOptions::missing`] say, if they may.
///
/// # Errors
/// What Helm would refuse, at the line that has to change.
pub fn load(reader: &Reader, path: &FilePath, options: &LoadOptions) -> Result<Arc<Chart>, Failure> {
    let LoadOptions { profile, unread, .. } = *options;
    let loader = Loader { reader, profile, unread, values: Mutex::default() };
    let shown = reader.world().show(path);
    let named = options.shown.unwrap_or(&shown);
    let mut chart = loader.at(path, named)?;
    loader.supply(&mut chart, path, options)?;
    Ok(Arc::new(chart))
}

/// The failure for a file that couldn't be read any more when a template asked for it; see [`LoadOptions::unread`].
pub fn lost(reader: &Reader, chart: &Chart) -> Option<Failure> {
    chart.lost().map(|(path, error)| no_file(reader, path, error, READING))
}

/// What Helm puts before the reason why a file can't be read.
const READING: &str = "error reading ";

fn no_file(reader: &Reader, path: &FilePath, error: &ReadError, before: &str) -> Failure {
    let shown = reader.world().show(path);
    let helm = match error {
        ReadError::Missing => format!("{before}stat {shown}: no such file or directory"),
        error => format!("{before}{shown}: {error}"),
    };
    Failure::new(helm, unreadable(reader, path, error))
}

/// A file of a chart that is being read.
struct Buffered {
    /// Its path below the chart.
    path: String,
    content: Content,
}

/// What a values file holds, and what was said of it.
type ReadValues = (Result<Node, Failure>, Diagnostics);

struct Loader<'a, 'w> {
    reader: &'a Reader<'w>,
    profile: Profile,
    unread: bool,
    /// What values files hold that were read while other threads read other files.
    values: Mutex<HashMap<FileId, ReadValues, FixedState>>,
}

impl Loader<'_, '_> {
    fn at(&self, path: &FilePath, named: &str) -> Result<Chart, Failure> {
        let is_directory = match self.reader.kind(path) {
            Ok(Some(kind)) => kind == EntryKind::Directory,
            Ok(None) => return Err(self.unreadable(path, &ReadError::Missing, "")),
            Err(error) => return Err(self.unreadable(path, &error, "")),
        };
        if is_directory {
            let files = self.directory(path, named)?;
            return self.chart(files, &self.reader.world().show(path), 0, true);
        }
        let bytes = self.reader.bytes(path).map_err(|e| self.unreadable(path, &e, ""))?;
        let fail = |helm: String| {
            let shown = self.reader.world().show(path);
            let what = helm.strip_prefix(&format!("file '{named}' ")).unwrap_or(&helm).to_owned();
            Failure::new(helm, Diagnostic::error(Code::INVALID_CHART, format!("`{shown}` is not a chart: {what}")))
        };
        if let Some(helm) = archive::not_an_archive(named, &bytes) {
            return Err(fail(helm));
        }
        let shown = self.reader.world().show(path);
        let files = self.archive(&bytes, &shown).map_err(|broken| match broken {
            Broken::Header => {
                let details = "(details: gzip: invalid header)";
                fail(format!("file '{named}' does not appear to be a valid chart file {details}"))
            }
            Broken::Other(_) if self.profile == Profile::Helm4 => fail("unable to load chart archive".to_owned()),
            Broken::Other(helm) => fail(helm),
        })?;
        self.chart(files, &shown, 0, true)
    }

    fn unreadable(&self, path: &FilePath, error: &ReadError, before: &str) -> Failure {
        no_file(self.reader, path, error, before)
    }

    /// The files of a chart's directory, without those that `.helmignore` leaves out.
    fn directory(&self, path: &FilePath, named: &str) -> Result<Vec<Buffered>, Failure> {
        let child = |name: &str| path.join(name).unwrap_or_else(|| path.clone());
        if self.profile == Profile::Helm4
            && !matches!(self.reader.kind(&child("Chart.yaml")), Ok(Some(EntryKind::File)))
        {
            let file = format!("{named}/Chart.yaml");
            let helm = format!("unable to detect chart at {file}: open {file}: no such file or directory");
            return Err(self.no_chart(helm, path));
        }
        let rules = match self.text(&child(".helmignore")) {
            Ok(Content::Text(file)) => Rules::parse(&file.text).map_err(|(at, helm)| {
                let diagnostic = Diagnostic::error(Code::INVALID_CHART, format!("a bad rule in .helmignore: {helm}"))
                    .at(Origin::new(file.id, at), "");
                Failure::new(helm, diagnostic)
            })?,
            _ => Rules::defaults(),
        };
        let mut found = Vec::new();
        let walked = self.walk(path, named, "", &rules, 0, &mut found);
        let (extra, read): (Vec<_>, Vec<_>) = found.iter().partition(|(name, _)| self.is_unread(name));
        let texts = read.into_iter().filter(|(name, _)| !name.ends_with(".tgz"));
        let mut texts: Vec<FilePath> = texts.map(|(_, path)| path.clone()).collect();
        let is_values = |path: &FilePath| path.name() == VALUES;
        // What takes longest comes first.
        texts.sort_by_key(|path| !is_values(path));
        let (profile, read) = (self.profile, &self.values);
        self.reader.prefetch_and(&texts, |path, file| {
            if is_values(path) {
                let mut warnings = Diagnostics::new();
                let values = values_file::read(file, profile, &mut warnings);
                read.lock().unwrap_or_else(PoisonError::into_inner).insert(file.id, (values, warnings));
            }
        });
        let mut later = self.reader.later(extra.into_iter().map(|(_, path)| path.clone()).collect()).into_iter();
        let files = found.into_iter().map(|(name, path)| {
            let unread = if self.is_unread(&name) { later.next() } else { None };
            self.file(name, &path, unread)
        });
        // What is wrong with a file before the place where the walk ended comes first.
        let files = files.collect::<Result<Vec<Buffered>, Failure>>()?;
        walked.map(|()| files)
    }

    /// Whether a file is read when somebody asks for it.
    fn is_unread(&self, name: &str) -> bool {
        self.unread && is_extra(name)
    }

    /// A file of a chart, read or to be.
    fn file(
        &self,
        name: String,
        path: &FilePath,
        unread: Option<Result<(Later, u64), ReadError>>,
    ) -> Result<Buffered, Failure> {
        let read = match unread {
            Some(unread) => unread.map(|(file, size)| (Content::Unread(Arc::new(Unread::new(file))), size)),
            None => self.text(path).map(|content| {
                let size = content.bytes().len() as u64;
                (content, size)
            }),
        };
        let (content, size) = read.map_err(|e| self.unreadable(path, &e, READING))?;
        if size > archive::MAX_FILE {
            let quoted = crate::go::quote(path.name());
            let limit = archive::MAX_FILE;
            let helm = format!("chart file {quoted} is larger than the maximum file size {limit}");
            let shown = self.reader.world().show(path);
            let message = format!("`{shown}` has {size} bytes; a chart's file has at most {limit}");
            let diagnostic = Diagnostic::error(Code::INVALID_CHART, message)
                .hint("leave it out of the chart with a line in .helmignore");
            return Err(Failure::new(helm, diagnostic));
        }
        Ok(Buffered { path: name, content })
    }

    fn no_chart(&self, helm: String, path: &FilePath) -> Failure {
        let shown = self.reader.world().show(path);
        let diagnostic = Diagnostic::error(Code::INVALID_CHART, format!("`{shown}` has no Chart.yaml"))
            .hint("a chart is a directory with a Chart.yaml, or an archive of one");
        Failure::new(helm, diagnostic)
    }

    /// Depth first, names in order, symbolic links followed: Helm's `sympath.Walk`.
    fn walk(
        &self,
        root: &FilePath,
        named: &str,
        below: &str,
        rules: &Rules,
        depth: usize,
        files: &mut Vec<(String, FilePath)>,
    ) -> Result<(), Failure> {
        let here = root.join(below).unwrap_or_else(|| root.clone());
        if depth > MAX_DIRECTORIES {
            let shown = self.reader.world().show(&here);
            let message = format!("`{shown}` is nested more than {MAX_DIRECTORIES} directories deep");
            return Err(Failure::of(Code::INVALID_CHART, message, Origin::NONE));
        }
        for entry in self.reader.list(&here).map_err(|e| self.unreadable(&here, &e, ""))? {
            let name = if below.is_empty() { entry.name.clone() } else { format!("{below}/{}", entry.name) };
            let path = root.join(&name).unwrap_or_else(|| root.clone());
            match entry.kind {
                EntryKind::Directory if rules.ignores(&name, true) => {}
                EntryKind::Directory => self.walk(root, named, &name, rules, depth + 1, files)?,
                EntryKind::File if rules.ignores(&name, false) => {}
                EntryKind::File => files.push((name, path)),
                EntryKind::BadLink => {
                    let error = self.reader.bytes(&path).err().unwrap_or(ReadError::Missing);
                    let shown = self.reader.world().show(&path);
                    let failure = self.unreadable(&path, &error, &format!("error evaluating symlink {shown}: "));
                    let helm = match error {
                        ReadError::Special(_) => {
                            format!("cannot load irregular file {named}/{name} as it has file mode type bits set")
                        }
                        _ => failure.helm,
                    };
                    return Err(Failure { helm, ..failure });
                }
            }
        }
        Ok(())
    }

    /// What a file holds, without a byte order mark. Archives are never taken for text.
    fn text(&self, path: &FilePath) -> Result<Content, ReadError> {
        if !path.path.ends_with(".tgz") {
            match self.reader.text(path) {
                Ok(file) => {
                    return Ok(Content::Text(match file.text.strip_prefix('\u{FEFF}') {
                        None => file,
                        Some(rest) => self.source(file.name.clone(), rest.to_owned()),
                    }));
                }
                Err(ReadError::NotUtf8 { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let bytes = self.reader.bytes(path)?;
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        Ok(Content::Bytes(bytes.into()))
    }

    fn source(&self, name: String, text: String) -> Arc<SourceFile> {
        self.reader.world().sources().add(name, text, SourceKind::File)
    }

    fn archive(&self, bytes: &[u8], shown: &str) -> Result<Vec<Buffered>, Broken> {
        let files = archive::read(bytes, self.profile)?.into_iter().map(|entry| {
            let content = if entry.path.ends_with(".tgz") {
                Content::Bytes(entry.bytes.into())
            } else {
                match String::from_utf8(entry.bytes) {
                    Ok(text) => Content::Text(self.source(format!("{shown}!{}", entry.name), text)),
                    Err(error) => Content::Bytes(error.into_bytes().into()),
                }
            };
            Buffered { path: entry.path, content }
        });
        Ok(files.collect())
    }

    /// A chart of its files: Helm's `LoadFiles`.
    fn chart(&self, files: Vec<Buffered>, shown: &str, depth: usize, top: bool) -> Result<Chart, Failure> {
        let mut warnings = Diagnostics::new();
        let metadata = self.chart_yaml(&files, shown, top, &mut warnings)?;
        let mut chart = Chart {
            metadata,
            lock: None,
            templates: Vec::new(),
            files: Vec::new(),
            values: Node::made(Map::new()),
            schema: None,
            dependencies: Vec::new(),
            warnings,
            without_nulls: OnceLock::new(),
            compiled: OnceLock::new(),
        };
        let mut nested: BTreeMap<String, Vec<Buffered>> = BTreeMap::new();
        let old = !(top && chart.metadata.is_third(self.profile));
        for Buffered { path, content } in files {
            let file = File { name: path.as_str().into(), content };
            match path.as_str() {
                "Chart.yaml" => {}
                "Chart.lock" => self.lock(&file, &mut chart)?,
                VALUES => {
                    let load = "cannot load values.yaml: ";
                    let source =
                        self.yaml(&file, shown).map_err(|f| values_file::told(f, self.profile).within(load))?;
                    let values = self.values(&source, &mut chart.warnings);
                    chart.values = values.map_err(|f| f.within(load))?;
                }
                "values.schema.json" => chart.schema = Some(file),
                "requirements.yaml" if old => {
                    self.metadata(&file, shown, &mut chart.metadata, &mut chart.warnings)
                        .map_err(|f| f.within("cannot load requirements.yaml: "))?;
                    if chart.metadata.api_version == "v1" {
                        chart.files.push(file);
                    }
                }
                "requirements.lock" if old => {
                    self.lock(&file, &mut chart)?;
                    if chart.metadata.api_version == "v1" {
                        chart.files.push(file);
                    }
                }
                path if path.starts_with("templates/") => chart.templates.push(file),
                path if path.starts_with("charts/") => {
                    let below = path.strip_prefix("charts/").unwrap_or(path).to_owned();
                    let name = below.split('/').next().unwrap_or_default().to_owned();
                    match path.rsplit('/').next().is_some_and(|name| name.ends_with(".prov")) {
                        true => chart.files.push(file),
                        false => {
                            nested.entry(name).or_default().push(Buffered { path: below, content: file.content });
                        }
                    }
                }
                _ => chart.files.push(file),
            }
        }
        self.validate(&mut chart.metadata, shown)?;
        for (name, files) in nested {
            if name.starts_with(['_', '.']) {
                continue;
            }
            let parent = chart.metadata.name.clone();
            let place = format!("{shown}/charts/{name}");
            chart.dependencies.push(Arc::new(self.nested(&name, files, &parent, &place, depth)?));
        }
        Ok(chart)
    }

    fn values(&self, file: &SourceFile, warnings: &mut Diagnostics) -> Result<Node, Failure> {
        match self.values.lock().unwrap_or_else(PoisonError::into_inner).remove(&file.id) {
            Some((values, own)) => {
                warnings.extend(own);
                values
            }
            None => values_file::read(file, self.profile, warnings),
        }
    }

    /// A chart in `charts/`.
    fn nested(
        &self,
        name: &str,
        files: Vec<Buffered>,
        parent: &str,
        place: &str,
        depth: usize,
    ) -> Result<Chart, Failure> {
        let unpacking = format!("error unpacking subchart {name} in {parent}: ");
        if depth >= MAX_NESTED {
            let message = format!("`{place}` is nested more than {MAX_NESTED} charts deep");
            return Err(Failure::of(Code::INVALID_CHART, message, Origin::NONE));
        }
        let loaded = if name.ends_with(".tgz") {
            let first = files.into_iter().next().filter(|file| file.path == name);
            let Some(Buffered { content, .. }) = first else {
                let helm = format!("error unpacking subchart tar in {parent}: expected {name}, got a directory");
                let message = format!("`{place}` is a directory; one in charts/ may not be named `.tgz`");
                return Err(Failure::new(helm, Diagnostic::error(Code::INVALID_CHART, message)));
            };
            match self.archive(content.bytes(), place) {
                Ok(files) => self.chart(files, place, depth + 1, false),
                Err(broken) => {
                    let helm = match broken {
                        Broken::Header => "gzip: invalid header".to_owned(),
                        Broken::Other(helm) => helm,
                    };
                    let message = format!("`{place}` is not a chart: {helm}");
                    Err(Failure::new(helm, Diagnostic::error(Code::INVALID_CHART, message)))
                }
            }
        } else {
            let below = |Buffered { path, content }: Buffered| {
                let path = path.split_once('/')?.1.to_owned();
                Some(Buffered { path, content })
            };
            self.chart(files.into_iter().filter_map(below).collect(), place, depth + 1, false)
        };
        loaded.map_err(|f| f.within(&unpacking))
    }

    fn chart_yaml(
        &self,
        files: &[Buffered],
        shown: &str,
        top: bool,
        warnings: &mut Diagnostics,
    ) -> Result<Metadata, Failure> {
        let mut metadata = Metadata::default();
        let mut found = false;
        for file in files.iter().filter(|f| f.path == "Chart.yaml") {
            found = true;
            let file = File { name: "Chart.yaml".into(), content: file.content.clone() };
            self.metadata(&file, shown, &mut metadata, warnings).map_err(|f| f.within("cannot load Chart.yaml: "))?;
            if metadata.api_version.is_empty() {
                metadata.api_version = "v1".into();
            }
        }
        if !found {
            let diagnostic = Diagnostic::error(Code::INVALID_CHART, format!("`{shown}` has no Chart.yaml"))
                .hint("a chart is a directory with a Chart.yaml, or an archive of one");
            let helm = match (self.profile, top) {
                (Profile::Helm4, true) => "unable to detect chart version, no Chart.yaml found",
                _ => "Chart.yaml file is missing",
            };
            return Err(Failure::new(helm, diagnostic));
        }
        // Helm 4 reads charts of `v3` as well, and refuses to render them.
        if top && self.profile == Profile::Helm4 && !matches!(metadata.api_version.as_str(), "v1" | "v2" | "v3") {
            return Err(metadata.refused("unsupported chart version"));
        }
        Ok(metadata)
    }

    /// A file that has to be text for YAML.
    fn yaml(&self, file: &File, shown: &str) -> Result<Arc<SourceFile>, Failure> {
        if let Some(source) = file.source() {
            return Ok(Arc::clone(source));
        }
        let bytes = file.bytes();
        let at = std::str::from_utf8(bytes).err().map_or(0, |e| e.valid_up_to());
        let place = format!("{shown}/{}", file.name);
        let lossy = self.source(place.clone(), String::from_utf8_lossy(bytes).into_owned());
        let diagnostic = Diagnostic::error(Code::NOT_UTF8, format!("`{place}` is not UTF-8"))
            .at(Origin::new(lossy.id, at), "the first byte that is not UTF-8");
        Err(Failure::new(format!("error converting YAML to JSON: {}", yaml::not_utf8(bytes)), diagnostic))
    }

    fn metadata(
        &self,
        file: &File,
        shown: &str,
        into: &mut Metadata,
        warnings: &mut Diagnostics,
    ) -> Result<(), Failure> {
        let source = self.yaml(file, shown)?;
        let node = values_file::first(&source, &source.text, 0, warnings)?;
        decode::metadata(&node, &source.text, self.profile, into).map_err(|(origin, words)| {
            let helm = format!("error unmarshaling JSON: while decoding JSON: {words}");
            Failure::new(helm, Diagnostic::error(Code::INVALID_CHART, words).at(origin, ""))
        })?;
        if file.name == "Chart.yaml" {
            into.document = node;
        }
        Ok(())
    }

    fn lock(&self, file: &File, chart: &mut Chart) -> Result<(), Failure> {
        let load = format!("cannot load {}: ", file.name);
        let source = self.yaml(file, &chart.metadata.name).map_err(|f| f.within(&load))?;
        let node = values_file::document(&source, &source.text, &mut chart.warnings).map_err(|f| f.within(&load))?;
        if !matches!(node.value, Value::Map(_) | Value::Null) {
            let word = decode::json_word(&node.value);
            let words = format!("json: cannot unmarshal {word} into Go value of type chart.Lock");
            let helm = format!("{load}error unmarshaling JSON: while decoding JSON: {words}");
            return Err(Failure::new(helm, Diagnostic::error(Code::INVALID_CHART, words).at(node.origin, "")));
        }
        chart.lock = Some(node);
        Ok(())
    }

    fn validate(&self, metadata: &mut Metadata, shown: &str) -> Result<(), Failure> {
        metadata.validate().map_err(|(field, helm)| {
            let message = helm.strip_prefix("validation: ").unwrap_or(&helm).to_owned();
            let diagnostic = Diagnostic::error(Code::INVALID_CHART, message);
            let origin = metadata.place(field);
            let diagnostic = match origin.span() {
                Some(_) => diagnostic.at(origin, ""),
                None => diagnostic.hint(format!("in `{shown}/Chart.yaml`")),
            };
            Failure::new(helm, diagnostic)
        })
    }

    /// Reads the dependencies that Chart.yaml declares and `charts/` lacks, where it can be known from where. What is still
    /// missing is told later, as Helm does.
    fn supply(&self, chart: &mut Chart, path: &FilePath, options: &LoadOptions) -> Result<(), Failure> {
        let lacking = |d: &&Dependency| !chart.dependencies.iter().any(|c| c.metadata.name == d.name);
        let lacking: Vec<Dependency> = chart.metadata.dependencies().filter(lacking).cloned().collect();
        for dependency in lacking {
            let from = match dependency.repository.strip_prefix("file://") {
                Some(_) if !options.local => None,
                // An archive's own `file://` says where it was packed, which is elsewhere.
                Some(relative) if matches!(self.reader.kind(path), Ok(Some(EntryKind::Directory))) => {
                    let found = if relative.starts_with('/') { None } else { path.join(relative) };
                    Some(found.ok_or_else(|| self.outside(&dependency))?)
                }
                _ => options.missing.and_then(|missing| missing(&dependency)),
            };
            let Some(from) = from else { continue };
            let shown = self.reader.world().show(&from);
            let named = |mut failure: Failure| {
                let text = format!("which `{}` depends on", chart.metadata.name);
                failure.diagnostics.iter_mut().for_each(|d| *d = d.clone().named_at(dependency.origin, text.clone()));
                failure
            };
            let found = self.at(&from, &shown).map_err(named)?;
            // Two aliases of one chart declare the same name twice.
            if chart
                .dependencies
                .iter()
                .any(|c| c.metadata.name == found.metadata.name && c.metadata.version == found.metadata.version)
            {
                continue;
            }
            self.fits(&dependency, &found, &shown)?;
            chart.dependencies.push(Arc::new(found));
        }
        Ok(())
    }

    fn outside(&self, dependency: &Dependency) -> Failure {
        let Dependency { name, repository, .. } = dependency;
        let helm = format!("dependency {name} repository {repository} leads out of the repository");
        let diagnostic = Diagnostic::error(Code::PATH_ESCAPES, format!("`{repository}` leaves the repository"))
            .at(dependency.origin, format!("for the dependency `{name}`"))
            .hint("name a directory of the repository, relative to the chart: `file://../common`");
        Failure::new(helm, diagnostic)
    }

    fn fits(&self, dependency: &Dependency, found: &Chart, shown: &str) -> Result<(), Failure> {
        let Dependency { name, version, .. } = dependency;
        let Metadata { name: found_name, version: found_version, .. } = &found.metadata;
        if found_name == name && (version.is_empty() || semver::is_compatible(version, found_version)) {
            return Ok(());
        }
        let message = format!("`{shown}` is `{found_name}` {found_version}, expected `{name}` {version}");
        let diagnostic = Diagnostic::error(Code::CHART_DEPENDENCY, message.clone())
            .at(dependency.origin, "")
            .hint("correct the dependency's name or version range, or the chart that stands there");
        Err(Failure::new(message, diagnostic))
    }
}

/// Whether a file of a chart, or of one in its `charts/`, is none that is read to render it: `.Files` alone has it.
fn is_extra(path: &str) -> bool {
    let mut own = path;
    while let Some(below) = own.strip_prefix("charts/") {
        // What stands in charts/ itself is an archive, or wrong.
        let Some((_, rest)) = below.split_once('/') else { return false };
        own = rest;
    }
    let known = ["Chart.yaml", "Chart.lock", VALUES, "values.schema.json", "requirements.yaml", "requirements.lock"];
    !own.starts_with("templates/") && !known.contains(&own)
}
