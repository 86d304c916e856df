//! A case of bad input: what `case.yaml` says, and the directory that it is made into.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use tempfile::TempDir;

/// `case.yaml`; the README beside the cases says what each key means.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    #[serde(skip)]
    pub name: String,
    #[serde(skip)]
    pub dir: PathBuf,
    #[expect(dead_code, reason = "for people")]
    note: String,
    pub args: Vec<String>,
    pub exit: i32,
    /// None: a call that clap refuses has no findings.
    pub codes: Option<Vec<String>>,
    pub at: Option<Vec<String>>,
    /// The codes of notes, which aren't in `codes`.
    #[serde(default)]
    pub notes: Vec<String>,
    #[serde(default)]
    pub says: Vec<String>,
    #[serde(default)]
    pub written: Vec<String>,
    #[serde(default)]
    pub not_written: Vec<String>,
    #[serde(default)]
    git: bool,
    #[serde(default)]
    links: BTreeMap<String, String>,
    #[serde(default)]
    bytes: BTreeMap<String, String>,
    #[serde(default)]
    modes: BTreeMap<String, String>,
    repeat: Option<Repeat>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeat {
    from: usize,
    to: usize,
    path: String,
    text: String,
}

/// A case made into files.
pub struct Place {
    dir: TempDir,
    /// Whether permissions are part of the case, which root would overrule.
    as_nobody: bool,
}

/// How a command ended.
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// All cases, by name.
pub fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/bad");
    let mut dirs: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    dirs.sort();
    dirs.iter().map(|dir| Case::read(dir)).collect()
}

impl Case {
    fn read(dir: &Path) -> Self {
        let text = fs::read_to_string(dir.join("case.yaml")).unwrap();
        let case: Self = serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
        Self { name: dir.file_name().unwrap().to_string_lossy().into_owned(), dir: dir.to_owned(), ..case }
    }

    /// Whether the case says how its files were when all was well.
    pub fn has_before(&self) -> bool {
        self.dir.join("before").is_dir()
    }

    /// The files as they were when all was well.
    pub fn make_before(&self) -> Place {
        let place = Place::new();
        self.put("in", &place);
        self.put("before", &place);
        self.commit(&place);
        place
    }

    /// The files as the case has them, in a new directory.
    pub fn make(&self) -> Place {
        let mut place = Place::new();
        self.spoil(&mut place);
        self.commit(&place);
        place
    }

    /// Makes the files as the case has them of those that were well.
    pub fn spoil(&self, place: &mut Place) {
        for file in files(&self.dir.join("before")).into_keys() {
            // Not there where the case is made at once.
            let _ = fs::remove_file(place.path().join(file));
        }
        self.put("in", place);
        if let Some(Repeat { from, to, path, text }) = &self.repeat {
            for n in *from..=*to {
                let fill = |text: &str| text.replace("{n}", &n.to_string()).replace("{next}", &(n + 1).to_string());
                place.write(&fill(path), fill(text).as_bytes());
            }
        }
        for (path, hex) in &self.bytes {
            let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
            let bytes: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
            place.write(path, &bytes);
        }
        for (path, target) in &self.links {
            place.make_room(path);
            symlink(target, place.path().join(path)).unwrap();
        }
        for (path, mode) in &self.modes {
            let mode = u32::from_str_radix(mode, 8).unwrap();
            fs::create_dir_all(place.path().join(path).parent().unwrap()).unwrap();
            if !place.path().join(path).exists() {
                fs::create_dir(place.path().join(path)).unwrap();
            }
            fs::set_permissions(place.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
            place.as_nobody = true;
        }
        if place.as_nobody {
            fs::set_permissions(place.dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    fn put(&self, part: &str, place: &Place) {
        for (path, bytes) in files(&self.dir.join(part)) {
            place.write(&path, &bytes);
        }
    }

    fn commit(&self, place: &Place) {
        if self.git {
            for args in [&["init", "-q"][..], &["add", "-A"], &["commit", "-q", "-m", "the fleet"]] {
                place.git(args);
            }
        }
    }
}

impl Place {
    pub fn new() -> Self {
        Self { dir: TempDir::new().unwrap(), as_nobody: false }
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    fn make_room(&self, path: &str) {
        fs::create_dir_all(self.path().join(path).parent().unwrap()).unwrap();
    }

    pub fn write(&self, path: &str, bytes: &[u8]) {
        self.make_room(path);
        fs::write(self.path().join(path), bytes).unwrap();
    }

    fn git(&self, args: &[&str]) {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]).args(args);
        assert!(self.clean(&mut git).status().unwrap().success(), "git {args:?}");
    }

    fn clean<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GIT_") {
                command.env_remove(name);
            }
        }
        command.current_dir(self.path()).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("NO_COLOR", "1").env_remove("CLICOLOR_FORCE").env_remove("COLUMNS").env("LC_ALL", "C")
    }

    /// The files below `out`.
    pub fn out(&self) -> BTreeMap<String, Vec<u8>> {
        files(&self.path().join("out"))
    }

    /// Runs Terrace here. What takes a minute never ends.
    pub fn terrace(&self, args: &[String]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
        self.clean(&mut command).args(args);
        if self.as_nobody && is_root() {
            use std::os::unix::process::CommandExt;
            command.uid(NOBODY).gid(NOBODY);
        }
        self.run(command)
    }

    pub fn run(&self, command: Command) -> Ran {
        let mut command = assert_cmd::Command::from_std(command);
        let output = command.timeout(std::time::Duration::from_secs(60)).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&*self.path().to_string_lossy(), "[DIR]");
        Ran { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

/// The user that nothing belongs to.
const NOBODY: u32 = 65534;

/// Whether permissions bind us.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    TempDir::new().unwrap().path().metadata().unwrap().uid() == 0
}

/// Every file below a directory with its bytes; links as what they say.
pub fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = walkdir::WalkDir::new(dir).into_iter().filter_map(Result::ok).filter(|e| !e.file_type().is_dir());
    let read = |path: &Path| match fs::read_link(path) {
        Ok(target) => format!("-> {}", target.display()).into_bytes(),
        Err(_) => fs::read(path).unwrap_or_default(),
    };
    let name = |path: &Path| path.strip_prefix(dir).unwrap().to_string_lossy().into_owned();
    entries.map(|e| (name(e.path()), read(e.path()))).filter(|(name, _)| !name.is_empty()).collect()
}
