//! `--output-dir`: manifests as files, one for each template.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use crate::render::helm::release::Output;
use crate::render::helm::release::print::{Printing, document};

/// Writes what a release makes below `dir` (seen from `base`), each document to the file of its template. What Helm says
/// of it on stdout.
///
/// A file is begun anew by its first manifest; hooks are added to what stands there, as Helm does.
///
/// # Errors
/// Helm's text, where a file can't be written.
pub fn write(output: &Output, printing: &Printing, base: &Path, dir: &Path, name: &str) -> Result<String, String> {
    // As it is given; joined with a name it is cleaned, as Go's filepath.Join does.
    let shown = dir.to_string_lossy().into_owned();
    let below = match name {
        "" => shown.clone(),
        name => dir.join(name).components().collect::<std::path::PathBuf>().to_string_lossy().into_owned(),
    };
    let mut said = String::new();
    let mut written = BTreeSet::new();
    let mut put = |dir: &str, path: &str, text: &str, append: bool| {
        let place = format!("{dir}/{path}");
        append_to(&base.join(&place), document(path, text).as_bytes(), append)
            .map_err(|error| format!("open {place}: {error}"))?;
        said.push_str(&format!("wrote {place}\n"));
        Ok::<(), String>(())
    };
    if printing.include_crds {
        for crd in &output.crds {
            let again = !written.insert(format!("crd {}", crd.path));
            put(&shown, &crd.path, &String::from_utf8_lossy(&crd.text), again)?;
        }
    }
    for manifest in &output.manifests {
        let again = !written.insert(manifest.path.to_string());
        put(&below, &manifest.path, &manifest.text, again)?;
    }
    for hook in output.hooks.iter().filter(|hook| printing.shows(hook)) {
        let there = base.join(&below).join(hook.path.as_str()).exists();
        put(&below, &hook.path, &hook.text, there)?;
    }
    Ok(said)
}

fn append_to(path: &Path, text: &[u8], append: bool) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut options = OpenOptions::new();
    options.create(true);
    if append {
        options.append(true)
    } else {
        options.write(true).truncate(true)
    };
    options.open(path)?.write_all(text)
}
