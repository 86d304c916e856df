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
        let given = [input.cluster_files.len(), input.repositories.len(), input.inputs.len()];
        if input.no_cache || input.pinned || ui.tells_timings() || given != [0; 3] {
            return None;
        }
        let here = ui.current_dir().ok()?;
        let root = here.join(cache_root(input.cache_dir.as_deref())?);
        // What git asks the environment for decides what is ignored.
        let asked = ["HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"];
        let asked = asked.map(std::env::var_os);
        let call = format!("{verb} {flags:?} {} {asked:?} {}", ui.manner(), env!("TERRACE_BUILD"));
        let key = *blake3::hash(call.as_bytes()).as_bytes();
        Some(Self { cache: Cache::records(&root, &here), key, started })
    }

    /// Says again what was said, if all stands as it stood.
    pub fn say(&self, ui: &Ui) -> Option<Exit> {
        let entry = self.cache.record_unseen(&self.key)?;
        let mut from = Reader::new(entry.bytes());
        let exit = match from.number()? {
            0 => Exit::Fine,
            1 => Exit::Findings,
            3 => Exit::Partial,
            _ => return None,
        };
        let (out, err) = (from.text()?, from.text()?);
        let chunks = from.list(|from| from.bytes())?;
        // What was kept is held against its digest while the disk is asked.
        let holds = |chunk: &&[u8]| stands_as(chunk).unwrap_or(false);
        let (stands, whole) = rayon::join(|| chunks.par_iter().all(holds), || entry.is_whole());
        if !stands || !whole {
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
        let mut groups = vec![Group::new(opening.fleet_dir()), Group::new(PathBuf::from("/"))];
        let mut places = Group { is_place: true, ..Group::new(PathBuf::from("/")) };
        // A fleet or a repository may come to be nearer.
        let above = opening.current_dir.ancestors().flat_map(|dir| [dir.join("terrace.yaml"), dir.join(".git")]);
        let above = above.map(|path| (path.clone(), Standing::identity(&path)));
        for (path, standing) in read.places.into_iter().chain(above) {
            places.names.push(path.strip_prefix("/").ok()?.to_str()?.to_owned());
            places.standing.push(standing);
        }
        groups.push(places);
        for (path, standing) in read.standing {
            let group = groups.iter_mut().find(|group| !group.is_place && path.starts_with(&group.dir))?;
            group.names.push(path.strip_prefix(&group.dir).ok()?.to_str()?.to_owned());
            group.standing.push(standing);
        }
        if let Some((out, clusters)) = written {
            let all: Option<Vec<Group>> =
                clusters.par_iter().map(|cluster| below(out.join(component(cluster)))).collect();
            let mut all = all?;
            let mut standing = settle(all.iter().flat_map(Group::paths).collect())?.into_iter();
            for group in &mut all {
                group.standing.extend(standing.by_ref().take(group.names.len()).map(|(_, standing)| standing));
            }
            groups.extend(all);
        }
        let mut writer = Writer::default();
        writer.number(u64::from(exit.number()));
        writer.text(&said.out);
        writer.text(&said.err);
        let chunks: Option<Vec<Vec<u8>>> = groups.iter().flat_map(Group::chunks).collect();
        writer.list(chunks?.iter(), |to, chunk| to.bytes(chunk));
        self.cache.keep(&self.key, &writer.into_bytes(), &[]).ok()
    }
}

/// How many names are looked at by one thread at a time.
const CHUNK: usize = 256;

/// A directory, and what stands below it by its path from there; the directory itself has an empty one.
struct Group {
    /// Whether only the identity of what stands there counts.
    is_place: bool,
    dir: PathBuf,
    names: Vec<String>,
    standing: Vec<Standing>,
}

impl Group {
    fn new(dir: PathBuf) -> Self {
        Self { is_place: false, dir, names: Vec::new(), standing: Vec::new() }
    }

    fn paths(&self) -> impl Iterator<Item = PathBuf> {
        self.names.iter().map(|name| if name.is_empty() { self.dir.clone() } else { self.dir.join(name) })
    }

    /// As bytes, some names at a time; none where the directory's own name isn't a text.
    fn chunks(&self) -> impl Iterator<Item = Option<Vec<u8>>> {
        self.names.chunks(CHUNK).zip(self.standing.chunks(CHUNK)).map(|(names, standing)| {
            let mut writer = Writer::default();
            writer.text(self.dir.to_str()?);
            writer.flag(self.is_place);
            writer.list(names.iter().zip(standing), |to, (name, Standing(numbers))| {
                to.text(name);
                to.numbers(numbers);
            });
            Some(writer.into_bytes())
        })
    }
}

/// Whether all of a chunk stands as it stood; none if it isn't one.
fn stands_as(chunk: &[u8]) -> Option<bool> {
    let mut from = Reader::new(chunk);
    let (dir, is_place) = (from.text()?, from.flag()?);
    let all = from.list(|from| Some((from.text()?, Standing(from.numbers()?))))?;
    let dir = Path::new(dir);
    Some(match is_place {
        true => all.iter().all(|(name, then)| Standing::identity(&dir.join(name)) == *then),
        false => stands(dir, &all),
    })
}

/// A directory with everything below it; none if it can't be listed, or if there is more in it than files and directories.
fn below(dir: PathBuf) -> Option<Group> {
    let mut group = Group::new(dir);
    let mut todo = vec![String::new()];
    while let Some(below) = todo.pop() {
        for entry in std::fs::read_dir(group.dir.join(&below)).ok()? {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let name = if below.is_empty() { name } else { format!("{below}/{name}") };
            match entry.file_type().ok()? {
                kind if kind.is_dir() => todo.push(name),
                kind if kind.is_file() => group.names.push(name),
                _ => return None,
            }
        }
        group.names.push(below);
    }
    Some(group)
}
