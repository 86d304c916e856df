//! `terrace helm template`.

use std::io::{self, Read};
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::Arc;

use super::args::TemplateArgs;
use super::effects::Real;
use super::lists;
use super::output_dir;
use crate::cli::args::Format;
use crate::cli::ui::{Stream, Ui};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::pipeline::Laps;
use crate::provenance::Recorder;
use crate::render::helm::chart::{self, Failure, LoadOptions, Overrides, PrepareOptions, ValuesInput};
use crate::render::helm::effects::Seeded;
use crate::render::helm::gotemplate::exec::Effects;
use crate::render::helm::gotemplate::exec::Limits;
use crate::render::helm::program::{Program, Unparsed};
use crate::render::helm::release::error::{USE_DEBUG, executing};
use crate::render::helm::release::print::{Printing, print, print_broken};
use crate::render::helm::release::{self, Ahead, Capabilities, Crd, KubeVersion, collect_ahead};
use crate::render::helm::template::{self, Release};
use crate::render::helm::{Profile, fault};
use crate::source::Origin;
use crate::source::SourceKind;
use crate::world::{Anywhere, FilePath, Reader, World};
use crate::yaml::{self, Node};

/// Renders a chart and prints its manifests.
pub fn run(args: &TemplateArgs, ui: &Ui) -> Exit {
    let world = World::new();
    let mut notes = Diagnostics::new();
    let result =
        Work::new(args, &world, ui, &mut notes).and_then(|mut work| work.run().map_err(|failed| work.told(failed)));
    let (failed, said) = match result {
        Ok(()) => (None, Diagnostics::new()),
        Err(failed) => (Some(failed.text), failed.diagnostics),
    };
    if let Some(text) = &failed {
        ui.talk(&format!("Error: {text}\n"));
    }
    notes.extend(said);
    if !notes.is_empty() {
        ui.findings(&notes, world.sources(), Format::Human, Stream::Err);
    }
    crate::cli::session::leave(world);
    if failed.is_some() { Exit::Findings } else { Exit::Fine }
}

/// Why nothing is printed: Helm's text, and what Terrace has to add.
struct Failed {
    text: String,
    diagnostics: Diagnostics,
    /// Whether Helm had begun to render: then it advises `--debug`, and with that prints what there is.
    rendering: bool,
}

impl From<String> for Failed {
    fn from(text: String) -> Self {
        Self { text, diagnostics: Diagnostics::new(), rendering: false }
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        // Helm holds `kubeVersion` against the cluster when it renders.
        let rendering = failure.helm.starts_with("chart requires kubeVersion: ");
        Self { text: failure.helm, diagnostics: failure.diagnostics, rendering }
    }
}

struct Work<'a> {
    args: &'a TemplateArgs,
    profile: Profile,
    ui: &'a Ui,
    world: &'a World,
    reader: Reader<'a>,
    files: Arc<Anywhere>,
    tree: crate::world::TreeId,
    recorder: Recorder,
    notes: &'a mut Diagnostics,
    laps: Laps,
}

impl<'a> Work<'a> {
    fn new(args: &'a TemplateArgs, world: &'a World, ui: &'a Ui, notes: &'a mut Diagnostics) -> Result<Self, Failed> {
        let current_dir = ui
            .current_dir()
            .map_err(|diagnostics| Failed { diagnostics, ..Failed::from("no such directory".to_owned()) })?;
        let files = Arc::new(Anywhere::new(&current_dir));
        let tree = world.mount(Arc::clone(&files) as Arc<dyn crate::world::Tree>);
        let profile = args.profile.into();
        let (reader, recorder) = (Reader::forgetful(world), Recorder::off());
        Ok(Self { args, profile, ui, world, reader, files, tree, recorder, notes, laps: Laps::new() })
    }

    /// What `helm template` does, in its order.
    fn run(&mut self) -> Result<(), Failed> {
        let (args, profile) = (self.args, self.profile);
        if args.names.is_empty() {
            let usage = "Usage:  helm template [NAME] [CHART] [flags]";
            return Err(format!("\"helm template\" requires at least 1 argument\n\n{usage}").into());
        }
        if let Some(why) = args.cluster.refused(profile) {
            return Err(why.into());
        }
        let capabilities = self.capabilities()?;
        let (name, chart) = self.name_and_chart()?;
        let path = self.locate(&chart)?;
        let user = self.user_values()?;
        let shown = format!("/{}", path.path);
        let options = LoadOptions { profile, shown: Some(&shown), unread: true, ..LoadOptions::default() };
        let loaded = chart::load(&self.reader, &path, &options)?;
        self.laps.lap("load");
        // The run ends with this chart: the system takes its memory back faster than it is freed piece by piece.
        crate::cli::session::leave(Arc::clone(&loaded));
        self.notes.extend(loaded.warnings.clone());
        chart::usable(&loaded, profile)?;
        release::name::check(&name, profile)?;
        let release = Release {
            name,
            namespace: args.namespace.clone(),
            is_upgrade: args.is_upgrade,
            capabilities,
            origin: Origin::NONE,
        };
        let version = &release.capabilities.kube_version;
        let kube_version = Some(chart::KubeVersion { compared: version.compared(), shown: version.version() });
        let options = PrepareOptions { profile, kube_version, skip_schema: args.skip_schema_validation };
        let prepared = ManuallyDrop::new(chart::prepare(&loaded, &user, &options, &self.recorder)?);
        for warning in &prepared.warnings {
            self.ui.talk(&format!("{}\n", warning.helm));
        }
        self.laps.lap("values");
        let ahead = Ahead::new(profile);
        let rendered = self.render(&prepared, &release, &ahead);
        let crds = if args.include_crds { prepared.root.crds() } else { Vec::new() };
        let crds = crds.into_iter().map(|crd| Crd { path: crd.path.into(), text: crd.file.content.shared() }).collect();
        if let Some(lost) = chart::lost(&self.reader, &loaded) {
            return Err(lost.into());
        }
        let files = rendered?;
        self.laps.lap("render");
        let printing = self.printing();
        match collect_ahead(files, crds, prepared.root.name(), profile, &ahead) {
            Ok(output) => {
                for dropped in &output.dropped {
                    self.ui.talk(&format!("{}\n", dropped.helm(profile)));
                }
                let text = match &args.output_dir {
                    None => print(&output, &printing, profile)?,
                    Some(dir) => {
                        let wrote = self.write(&output, &printing, dir, &release.name)?;
                        self.ui.out(&wrote);
                        let nothing = release::Output::default();
                        print(&nothing, &printing, profile)?
                    }
                };
                self.ui.out(&text);
                self.laps.lap("print");
                self.ui.timings(&self.laps.laps);
                Ok(())
            }
            Err(broken) => {
                if args.debug {
                    self.ui.out(&print_broken(&broken, &printing, profile)?);
                }
                let text = if args.debug { broken.text } else { format!("{}{USE_DEBUG}", broken.text) };
                Err(text.into())
            }
        }
    }

    /// An error of rendering, as Helm tells it: with the advice to ask for `--debug`, or with nothing printed in its place.
    fn told(&self, mut failed: Failed) -> Failed {
        if !failed.rendering {
            return failed;
        }
        if !self.args.debug {
            failed.text.push_str(USE_DEBUG);
            return failed;
        }
        let printing = self.printing();
        match print(&release::Output::default(), &printing, self.profile) {
            Ok(text) => self.ui.out(&text),
            Err(missing) if self.profile == Profile::Helm3 => failed.text = missing,
            Err(_) => {}
        }
        failed
    }

    fn printing(&self) -> Printing {
        Printing {
            include_crds: self.args.include_crds,
            no_hooks: self.args.no_hooks,
            skip_tests: self.args.skip_tests,
            show_only: self.args.show_only.clone(),
        }
    }

    fn write(&self, output: &release::Output, printing: &Printing, dir: &Path, name: &str) -> Result<String, String> {
        let base = self.ui.current_dir().map_err(|_| "no such directory".to_owned())?;
        let name = if self.args.release_name { name } else { "" };
        output_dir::write(output, printing, &base, dir, name)
    }

    fn capabilities(&self) -> Result<Capabilities, String> {
        let mut capabilities = Capabilities::default();
        if let Some(version) = self.args.kube_version.as_deref().filter(|v| !v.is_empty()) {
            capabilities.kube_version = KubeVersion::parse(version, self.profile)
                .map_err(|why| format!("invalid kube version '{version}': {why}"))?;
        }
        for list in &self.args.api_versions {
            capabilities.api_versions.extend(lists::split(list)?.into_iter().map(Into::into));
        }
        Ok(capabilities)
    }

    /// The release's name and the chart, by `Install.NameAndChart`.
    fn name_and_chart(&self) -> Result<(String, String), String> {
        match self.args.names.as_slice() {
            [name, chart] => {
                if self.args.generate_name {
                    return Err("cannot set --generate-name and also specify a name".to_owned());
                }
                if self.args.name_template.as_deref().is_some_and(|t| !t.is_empty()) {
                    return Err("cannot set --name-template and also specify a name".to_owned());
                }
                Ok((name.clone(), chart.clone()))
            }
            [_, _, more @ ..] => {
                Err(format!("expected at most two arguments, unexpected arguments: {}", more.join(", ")))
            }
            [chart] => Ok((self.generated_name()?, chart.clone())),
            [] => Err(String::new()),
        }
    }

    fn generated_name(&self) -> Result<String, String> {
        let Some(text) = self.args.name_template.as_deref().filter(|t| !t.is_empty()) else {
            return Ok(release::name::DEFAULT.to_owned());
        };
        release::name::of_template(text, self.profile, &mut *self.effects(&["name-template"]))
    }

    fn effects(&self, identity: &[&str]) -> Box<dyn Effects> {
        if self.args.random { Box::new(Real) } else { Box::new(Seeded::new(identity)) }
    }

    fn locate(&self, given: &str) -> Result<FilePath, Failed> {
        let given = given.trim();
        if let Some(path) = self.files.find(given) {
            return Ok(FilePath::new(self.tree, path));
        }
        let fetch = "Terrace fetches nothing: run `helm pull --untar`, and name the directory";
        let (text, hint) = if given.starts_with('/') || given.starts_with('.') {
            (format!("path \"{given}\" not found"), "a chart is a directory with a Chart.yaml, or an archive of one")
        } else if given.contains("://") {
            (format!("unable to fetch chart {given}"), fetch)
        } else if let Some((repository, _)) = given.split_once('/') {
            (format!("repo {repository} not found"), fetch)
        } else {
            let form = "non-absolute URLs should be in form of repo_name/path_to_chart";
            (format!("{form}, got: {given}"), "no file or directory of that name is here, either")
        };
        let diagnostic = Diagnostic::error(Code::FILE_MISSING, format!("there is no chart `{given}`")).hint(hint);
        Err(Failed { diagnostics: diagnostic.into(), ..Failed::from(text) })
    }

    /// The bytes of a file that the user names, `-` being stdin.
    fn read(&self, given: &str) -> Result<Vec<u8>, String> {
        if given.trim() == "-" {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().read_to_end(&mut bytes);
            return read.map(|_| bytes).map_err(|error| format!("read stdin: {error}"));
        }
        if given.contains("://") {
            return Err(format!("{given}: Terrace fetches nothing; keep a copy of the file"));
        }
        let missing = || format!("open {given}: no such file or directory");
        let path = FilePath::new(self.tree, self.files.find(given).ok_or_else(missing)?);
        self.reader.bytes(&path).map_err(|error| match error {
            crate::world::ReadError::Missing => missing(),
            crate::world::ReadError::WrongKind(_) => format!("read {given}: is a directory"),
            error => format!("open {given}: {error}"),
        })
    }

    fn user_values(&mut self) -> Result<Node, Failed> {
        let args = self.args;
        let mut files = Vec::new();
        for list in &args.values {
            for name in lists::split(list)? {
                let text = String::from_utf8(self.read(&name)?).map_err(|error| {
                    let document = match self.profile {
                        Profile::Helm3 => "",
                        Profile::Helm4 => "cannot unmarshal yaml document: ",
                    };
                    let why = yaml::not_utf8(error.as_bytes());
                    format!("failed to parse {name}: {document}error converting YAML to JSON: {why}")
                })?;
                files.push(ValuesInput::File(self.world.sources().add(name, text, SourceKind::File)));
            }
        }
        let read_file = |path: &str| -> Result<String, String> {
            let bytes = self.read(path)?;
            Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
        };
        let overrides = Overrides {
            files: &files,
            set_json: &args.set_json,
            set: &args.set,
            set_string: &args.set_string,
            set_file: &args.set_file,
            set_literal: &args.set_literal,
            said: None,
            read_file: Some(&read_file),
        };
        let sources = self.world.sources();
        let mut warnings = Diagnostics::new();
        let values = chart::overrides(&overrides, self.profile, sources, &self.recorder, &mut warnings);
        self.notes.extend(warnings);
        Ok(values?)
    }

    /// The files that the templates make. A failure is looked at once more with provenance, to tell where it comes from.
    fn render(
        &mut self,
        prepared: &chart::Prepared,
        release: &Release,
        ahead: &Ahead,
    ) -> Result<Vec<release::RenderedFile>, Failed> {
        let profile = self.profile;
        let unparsed =
            |why: Box<Unparsed>| Failed { text: why.helm(), diagnostics: fault::unparsed(&why), rendering: true };
        let program = ManuallyDrop::new(Program::begin(&prepared.root, profile).map_err(unparsed)?);
        let identity = [release.name.as_str(), release.namespace.as_str()];
        let limits = Limits::default();
        let mut seeded = Seeded::new(&identity);
        let mut once = |made: &mut dyn FnMut(&release::RenderedFile)| {
            let effects: &mut dyn Effects = if self.args.random { &mut Real } else { &mut seeded };
            template::render(&program, prepared, release, profile, effects, limits, false, made)
        };
        let result = match program.is_small() {
            true => once(&mut |_| {}),
            false => ahead.reading(|| program.parse_behind(), once),
        };
        program.check().map_err(unparsed)?;
        self.notes.extend(seeded.uses.iter().map(fault::seeded));
        let failed = match result {
            Ok(rendered) => return Ok(rendered.files),
            Err(failed) => failed,
        };
        let mut effects = Seeded::new(&identity);
        let mut again =
            || template::render(&program, prepared, release, profile, &mut effects, limits, true, &mut |_| {});
        let traced = if failed.fault.limit || self.args.random { None } else { again().err() };
        let text = executing(&failed.path, &failed.fault, profile);
        let traced = traced.as_ref().unwrap_or(&failed);
        Err(Failed { text, diagnostics: fault::failed(&traced.path, &traced.fault), rendering: true })
    }
}
