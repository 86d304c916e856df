//! A run that needn't be made again: nothing that it read was changed since, and nothing that it wrote.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rayon::prelude::*;

use super::args::InputArgs;
use super::session::{Session, cache_root};
use super::ui::{Said, Ui};
use crate::cache::codec::{Reader, Writer};
use crate::cache::{Cache, Key};
use crate::exit::Exit;
use crate::tree::place::component;
use crate::world::{Standing, settle, stands};

/// A call, as it may be met again.
pub struct Again {
    cache: Cache,
    key: Key,
    started: SystemTime,
}

impl Again {
    /// A call of a verb with these flags; none where nothing is kept, or revisions of git are read.
    pub fn new(verb: &str, flags: &dyn std::fmt::Debug, input: &InputArgs, ui: &Ui) -> Option<Self> {
        let started = SystemTime::now();
        if input.no_cache || input.pinned || ui.tells_timings() {
            return None;
        }
        let here = ui.current_dir().ok()?;
        let root = here.join(cache_root(input.cache_dir.as_deref())?);
        let call = format!("{verb} {flags:?} {} {}", ui.manner(), env!("TERRACE_BUILD"));
        let key = *blake3::hash(call.as_bytes()).as_bytes();
        Some(Self { cache: Cache::records(&root, &here), key, started })
    }

    /// Says again what was said, if all stands as it stood.
    pub fn say(&self, ui: &Ui) -> Option<Exit> {
        let entry = self.cache.record(&self.key)?;
        let mut from = Reader::new(entry.bytes());
        let exit = match from.number()? {
            0 => Exit::Fine,
            1 => Exit::Findings,
            3 => Exit::Partial,
            _ => return None,
        };
        let (out, err) = (from.text()?, from.text()?);
        let dirs =
            from.list(|from| Some((from.text()?, from.list(|from| Some((from.text()?, Standing(from.numbers()?))))?)))?;
        let stands = dirs.par_iter().all(|(dir, all)| stands(Path::new(dir), all));
        if !stands {
            return None;
        }
        ui.out(out);
        ui.talk(err);
        Some(exit)
    }

    /// Keeps what was said, to be said again as long as all stands as it stands now. `written` are the clusters' directories
    /// that were written, if any. That it can't be kept is no finding.
    pub fn keep(&self, session: &Session, written: Option<(&Path, &[Arc<str>])>, said: &Said, exit: Exit) {
        let _ = self.try_keep(session, written, said, exit);
    }

    fn try_keep(
        &self,
        session: &Session,
        written: Option<(&Path, &[Arc<str>])>,
        said: &Said,
        exit: Exit,
    ) -> Option<()> {
        let opening = &session.opening;
        if opening.revision.is_some() || opening.staged || exit == Exit::Nothing {
            return None;
        }
        let read = session.compiler.standing(&session.compiled, self.started)?;
        if read.iter().any(|(path, _)| path.to_str().is_none()) {
            return None;
        }
        let mut groups: Vec<Group> = read.chunk_by(|(a, _), (b, _)| a.parent() == b.parent()).map(Group::of).collect();
        if let Some((out, clusters)) = written {
            let all: Option<Vec<Vec<Group>>> = clusters.par_iter().map(|c| below(&out.join(component(c)))).collect();
            groups.push(Group { dir: out.to_owned(), names: vec![String::new()], standing: Vec::new() });
            groups.extend(all?.into_iter().flatten());
            let unknown = || groups.iter().filter(|group| group.standing.is_empty());
            let mut standing = settle(unknown().flat_map(Group::paths).collect())?.into_iter();
            for group in groups.iter_mut().filter(|group| group.standing.is_empty()) {
                group.standing.extend(standing.by_ref().take(group.names.len()).map(|(_, standing)| standing));
            }
        }
        let mut writer = Writer::default();
        writer.number(u64::from(exit.number()));
        writer.text(&said.out);
        writer.text(&said.err);
        let mut whole = Some(());
        writer.list(groups.iter(), |to, Group { dir, names, standing }| {
            whole = whole.and(dir.to_str().map(|dir| to.text(dir)));
            to.list(names.iter().zip(standing), |to, (name, Standing(numbers))| {
                to.text(name);
                to.numbers(numbers);
            });
        });
        whole?;
        self.cache.keep(&self.key, &writer.into_bytes(), &[]).ok()
    }
}

/// A directory, and what stands in it by name; the directory itself has no name.
struct Group {
    dir: PathBuf,
    names: Vec<String>,
    standing: Vec<Standing>,
}

impl Group {
    /// What stands in one directory.
    fn of(all: &[(PathBuf, Standing)]) -> Self {
        let first = all.first().map(|(path, _)| path.as_path()).unwrap_or(Path::new("/"));
        let dir = first.parent().unwrap_or(first).to_owned();
        let name =
            |(path, _): &(PathBuf, Standing)| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self {
            dir,
            names: all.iter().map(name).collect(),
            standing: all.iter().map(|(_, standing)| *standing).collect(),
        }
    }

    fn paths(&self) -> impl Iterator<Item = PathBuf> {
        self.names.iter().map(|name| if name.is_empty() { self.dir.clone() } else { self.dir.join(name) })
    }
}

/// A directory with everything below it; none if it can't be listed, or if there is more in it than files and directories.
fn below(dir: &Path) -> Option<Vec<Group>> {
    let mut groups = Vec::new();
    let mut todo = vec![dir.to_owned()];
    while let Some(dir) = todo.pop() {
        let mut names = vec![String::new()];
        for entry in std::fs::read_dir(&dir).ok()? {
            let entry = entry.ok()?;
            match entry.file_type().ok()? {
                kind if kind.is_dir() => todo.push(entry.path()),
                kind if kind.is_file() => names.push(entry.file_name().into_string().ok()?),
                _ => return None,
            }
        }
        groups.push(Group { dir, names, standing: Vec::new() });
    }
    Some(groups)
}
