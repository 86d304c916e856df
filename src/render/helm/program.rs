//! The templates of a chart and of those below it, parsed once for all releases that have the same charts on.

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use ecow::EcoString;
use foldhash::fast::FixedState;

use super::chart::{Content, Instance};
use super::functions;
use super::gotemplate::builtin::BUILTINS;
use super::gotemplate::call::Fault;
use super::gotemplate::functions::Functions;
use super::gotemplate::set::Templates;
use super::gotemplate::text::Text;
use super::{Profile, release};
use crate::parallel;
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
    /// All files, in the order in which they are parsed.
    texts: Vec<Arc<Text>>,
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
    /// The templates of a chart and of those below it, all parsed. Those that stand higher, and among them those that come
    /// later by name, are parsed last to first, as Helm's `sortTemplates` has them; so a chart's own definitions beat those
    /// of the charts below it.
    ///
    /// # Errors
    /// The first file that isn't a template.
    pub fn new(root: &Instance, profile: Profile) -> Result<Self, Box<Unparsed>> {
        let program = Self::begin(root, profile)?;
        program.parse();
        program.check()?;
        Ok(program)
    }

    /// The same, of which only those files are parsed that define templates for others. The rest is when it is rendered, or
    /// by [`Self::parse`] meanwhile; [`Self::check`] has to be asked before anything is believed that they made.
    ///
    /// # Errors
    /// The first file that isn't a template.
    pub fn begin(root: &Instance, profile: Profile) -> Result<Self, Box<Unparsed>> {
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
        let mut sorted: Vec<(EcoString, (usize, &Content))> = files.into_iter().collect();
        let depth = |path: &str| memchr::memchr_iter(b'/', path.as_bytes()).count();
        // They are sorted by path: of like depth the last come first.
        sorted.reverse();
        sorted.sort_by_cached_key(|(path, _)| Reverse(depth(path)));
        let rendered = sorted.iter().filter(|(path, _)| !is_partial(path));
        let files = rendered.map(|(path, (number, _))| (path.clone(), *number)).collect();
        let functions = table(profile);
        let text = |(path, (_, content)): (EcoString, (usize, &Content))| {
            let (text, file) = match content.source() {
                Some(source) => (Arc::clone(&source.text), source.id),
                None => (Arc::from(&*String::from_utf8_lossy(content.bytes())), FileId::NONE),
            };
            Arc::new(Text::new(path, text, file, functions))
        };
        let mut program = Self { templates: Templates::new(), files, texts: sorted.into_iter().map(text).collect() };
        program.define()?;
        Ok(program)
    }

    /// Parses what defines templates for others, and names all.
    fn define(&mut self) -> Result<(), Box<Unparsed>> {
        let may_define = |text: &Arc<Text>| is_partial(text.name()) || text.may_define();
        let texts: Vec<&Arc<Text>> = self.texts.iter().collect();
        let defines: Vec<bool> = match self.is_small() {
            true => texts.into_iter().map(may_define).collect(),
            false => parallel::map(texts, may_define),
        };
        let all = || self.texts.iter().zip(&defines);
        let defining: Vec<&Arc<Text>> = all().filter(|(_, defines)| **defines).map(|(text, _)| text).collect();
        parse_all(&defining);
        let mut defined: HashSet<&EcoString, FixedState> = HashSet::default();
        for text in &defining {
            let Ok(trees) = text.trees() else {
                // One that comes before it may be no template, either.
                self.parse();
                return self.check();
            };
            defined.extend(trees.iter().map(|tree| &tree.name));
        }
        for (text, defines) in all() {
            // Where a file has the name of another's definition, their order tells which of both stays.
            if !defines && !defined.contains(text.name()) {
                self.templates.add_text(Arc::clone(text));
            } else if let Ok(trees) = text.trees() {
                self.templates.add(trees.iter().cloned());
            }
        }
        Ok(())
    }

    /// Whether all of it is parsed faster than threads are started.
    pub fn is_small(&self) -> bool {
        is_small(&self.texts)
    }

    /// Parses what isn't yet.
    pub fn parse(&self) {
        parse_all(&self.texts);
    }

    /// Parses what isn't yet, while another thread renders: from the last file that is rendered on, so that they meet.
    pub fn parse_behind(&self) {
        let helpers = rayon::current_num_threads().saturating_sub(1).max(1);
        let next = AtomicUsize::new(0);
        rayon::scope(|scope| {
            for _ in 0..helpers {
                scope.spawn(|_| {
                    while let Some(text) = self.texts.iter().rev().nth(next.fetch_add(1, Ordering::Relaxed)) {
                        _ = text.trees();
                    }
                });
            }
        });
    }

    /// Whether all files are templates. Parses what isn't yet.
    ///
    /// # Errors
    /// The first file that isn't a template.
    pub fn check(&self) -> Result<(), Box<Unparsed>> {
        self.texts.iter().try_for_each(|text| match text.trees() {
            Ok(_) => Ok(()),
            Err(fault) => Err(Box::new(Unparsed { path: text.name().clone(), fault: fault.clone() })),
        })
    }
}

fn is_small<T: Borrow<Arc<Text>>>(texts: &[T]) -> bool {
    texts.iter().map(|text| text.borrow().bytes()).sum::<usize>() < SMALL
}

/// Parses texts, on all threads if that pays. What can't be parsed is told by [`Program::check`].
fn parse_all<T: Borrow<Arc<Text>> + Sync>(texts: &[T]) {
    // What is wrong with one is asked for later.
    let one = |text: &T| _ = text.borrow().trees();
    match is_small(texts) {
        true => texts.iter().for_each(one),
        false => parallel::each(texts, one),
    }
}

/// Whether a file only holds definitions for others.
fn is_partial(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with('_'))
}

#[cfg(test)]
mod tests;
