//! The templates of a chart and of those below it, parsed once for all releases that have the same charts on.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use ecow::EcoString;
use rayon::prelude::*;

use super::chart::{Content, Instance};
use super::functions;
use super::gotemplate::ast::Tree;
use super::gotemplate::builtin::BUILTINS;
use super::gotemplate::call::Fault;
use super::gotemplate::functions::Functions;
use super::gotemplate::parse::parse;
use super::gotemplate::set::Templates;
use super::{Profile, release};
use crate::source::FileId;

/// Bytes of templates that are parsed faster than threads are started.
const SMALL: usize = 64 << 10;

/// What is executed for a release.
#[derive(Debug)]
pub struct Program {
    /// All templates of all files.
    pub templates: Templates,
    /// The files that are rendered, in order, each with the place of its chart in a walk through the instances.
    pub files: Vec<(EcoString, usize)>,
}

/// A file that isn't a template.
#[derive(Debug)]
pub struct Unparsed {
    /// Its path, from the name of the root chart on.
    pub path: EcoString,
    /// Why.
    pub fault: Fault,
}

impl Unparsed {
    /// What Helm says.
    pub fn helm(&self) -> String {
        release::error::parsing(&self.path, &self.fault.text)
    }
}

/// The functions of a profile.
pub fn table(profile: Profile) -> &'static Functions {
    static HELM3: OnceLock<Functions> = OnceLock::new();
    static HELM4: OnceLock<Functions> = OnceLock::new();
    let table = match profile {
        Profile::Helm3 => &HELM3,
        Profile::Helm4 => &HELM4,
    };
    table.get_or_init(|| Functions::new([BUILTINS].into_iter().chain(functions::table(profile))))
}

/// The instances, each before those below it: the order in which [`Program::files`] numbers them.
pub fn walk(root: &Instance) -> Vec<&Instance> {
    let mut found = Vec::new();
    let mut stack = vec![root];
    while let Some(instance) = stack.pop() {
        found.push(instance);
        stack.extend(instance.dependencies.iter().rev());
    }
    found
}

impl Program {
    /// Parses the templates of a chart and of those below it. Those that stand higher, and among them those that come
    /// later by name, are parsed last to first, as Helm's `sortTemplates` has them; so a chart's own definitions beat those
    /// of the charts below it.
    ///
    /// # Errors
    /// The first file that isn't a template.
    pub fn new(root: &Instance, profile: Profile) -> Result<Self, Box<Unparsed>> {
        let mut files: BTreeMap<EcoString, (usize, &Content)> = BTreeMap::new();
        for (number, instance) in walk(root).into_iter().enumerate() {
            let library = instance.metadata.kind.eq_ignore_ascii_case("library");
            for file in &instance.chart.templates {
                if library && !is_partial(&file.name) {
                    continue;
                }
                let path = super::clean_path(&format!("{}/{}", instance.full_path, file.name));
                files.insert(path.into(), (number, &file.content));
            }
        }
        let mut sorted: Vec<(&EcoString, &(usize, &Content))> = files.iter().collect();
        let depth = |path: &str| memchr::memchr_iter(b'/', path.as_bytes()).count();
        // They are sorted by path: of like depth the last come first.
        sorted.reverse();
        sorted.sort_by_cached_key(|(path, _)| Reverse(depth(path)));
        let functions = table(profile);
        let one = |(path, (_, content)): &(&EcoString, &(usize, &Content))| -> Result<Vec<Arc<Tree>>, Fault> {
            let (text, file) = match content {
                Content::Text(source) => (Arc::clone(&source.text), source.id),
                Content::Bytes(bytes) => (Arc::from(&*String::from_utf8_lossy(bytes)), FileId::NONE),
            };
            Ok(parse(path, text, file, functions)?.into_iter().map(Arc::new).collect())
        };
        let small = sorted.iter().map(|(_, (_, content))| content.bytes().len()).sum::<usize>() < SMALL;
        let parsed: Vec<_> =
            if small { sorted.iter().map(one).collect() } else { sorted.par_iter().map(one).collect() };
        let mut templates = Templates::new();
        for ((path, _), trees) in sorted.iter().zip(parsed) {
            match trees {
                Ok(trees) => templates.add(trees),
                Err(fault) => return Err(Box::new(Unparsed { path: (*path).clone(), fault })),
            }
        }
        let rendered = sorted.into_iter().filter(|(path, _)| !is_partial(path));
        let files = rendered.map(|(path, (number, _))| (path.clone(), *number)).collect();
        Ok(Self { templates, files })
    }
}

/// Whether a file only holds definitions for others.
fn is_partial(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with('_'))
}
