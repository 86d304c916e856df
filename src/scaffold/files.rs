//! Files that are to be made, and their making.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::diag::{Code, Diagnostic, Diagnostics};

/// A file that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Its path below the fleet's directory, with slashes.
    pub path: String,
    /// What will stand in it.
    pub text: String,
}

impl NewFile {
    /// A file at a path.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }
}

/// What is in the way of files: everything that stands where one of them, or a directory above it, would go.
pub fn in_the_way(base: &Path, files: &[NewFile]) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for file in files {
        let path = base.join(&file.path);
        if path.symlink_metadata().is_ok() {
            diagnostics.push(
                Diagnostic::error(Code::FILE_EXISTS, format!("`{}` is there already", file.path))
                    .hint("nothing is ever written over; `--dry-run` prints what would be written"),
            );
            continue;
        }
        let above = path.ancestors().skip(1).take_while(|dir| *dir != base);
        if let Some(file_above) = above.into_iter().find(|dir| dir.exists() && !dir.is_dir()) {
            let shown = file_above.strip_prefix(base).unwrap_or(file_above).display();
            let message = format!("`{}` can't be made: `{shown}` is not a directory", file.path);
            diagnostics.push(Diagnostic::error(Code::FILE_EXISTS, message));
        }
    }
    diagnostics
}

/// Makes files: all of them, or none if one is in the way.
///
/// # Errors
/// What is in the way, or what couldn't be written. What was made until then is taken away again.
pub fn write(base: &Path, files: &[NewFile]) -> Result<(), Diagnostics> {
    let found = in_the_way(base, files);
    if found.has_errors() {
        return Err(found);
    }
    let mut made: Vec<PathBuf> = Vec::new();
    for file in files {
        let path = base.join(&file.path);
        if let Err(error) = make(&path, &file.text, &mut made) {
            for path in made.iter().rev() {
                let _ = fs::remove_file(path);
            }
            let message = format!("can't write `{}`: {error}", path.display());
            return Err(Diagnostic::error(Code::OUTPUT_UNWRITABLE, message).into());
        }
    }
    Ok(())
}

fn make(path: &Path, text: &str, made: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    // Nobody's file is written over, even one that came a moment ago.
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    made.push(path.to_path_buf());
    file.write_all(text.as_bytes())
}
