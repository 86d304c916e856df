//! `terrace man`.

use std::fs;
use std::io;
use std::path::Path;

use clap::{Command, CommandFactory as _};

use super::args::{Cli, Format, ManArgs};
use super::ui::{Stream, Ui};
use crate::diag::{Code, Diagnostic};
use crate::exit::Exit;
use crate::source::Sources;

/// Writes the manual pages: `terrace.1`, and one per verb.
pub fn run(args: &ManArgs, ui: &Ui) -> Exit {
    let pages = match pages() {
        Ok(pages) => pages,
        Err(error) => return fail(ui, &error.to_string()),
    };
    let Some(output) = &args.output else {
        if let Some((_, page)) = pages.first() {
            ui.out(page);
        }
        return Exit::Fine;
    };
    let dir = match ui.current_dir() {
        Ok(current) => current.join(output),
        Err(diagnostics) => {
            ui.findings(&diagnostics, &Sources::new(), Format::Human, Stream::Err);
            return Exit::Nothing;
        }
    };
    match write(&dir, &pages) {
        Ok(()) => Exit::Fine,
        Err(error) => fail(ui, &format!("can't write to `{}`: {error}", dir.display())),
    }
}

fn fail(ui: &Ui, why: &str) -> Exit {
    let diagnostic = Diagnostic::error(Code::OUTPUT_UNWRITABLE, why.to_owned());
    ui.findings(&diagnostic.into(), &Sources::new(), Format::Human, Stream::Err);
    Exit::Nothing
}

fn write(dir: &Path, pages: &[(String, String)]) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    pages.iter().try_for_each(|(name, page)| fs::write(dir.join(format!("{name}.1")), page))
}

/// The pages by name, `terrace` first, then each verb as `terrace-<verb>`.
fn pages() -> io::Result<Vec<(String, String)>> {
    let mut command = Cli::command();
    // Global flags are handed to every verb.
    command.build();
    let mut pages = Vec::new();
    add(&command, "terrace", &mut pages)?;
    Ok(pages)
}

fn add(command: &Command, name: &str, pages: &mut Vec<(String, String)>) -> io::Result<()> {
    let mut page = Vec::new();
    // A page's name has hyphens, its synopsis the words as they are typed.
    clap_mangen::Man::new(command.clone()).title(name.to_uppercase()).render(&mut page)?;
    pages.push((name.to_owned(), String::from_utf8_lossy(&page).into_owned()));
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set() && verb.get_name() != "help") {
        add(verb, &format!("{name}-{}", verb.get_name()), pages)?;
    }
    Ok(())
}
