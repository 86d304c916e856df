//! `terrace schema`.

use super::args::{Format, SchemaArgs, SchemaKind};
use super::ui::{Stream, Ui};
use crate::config::KINDS;
use crate::exit::Exit;
use crate::source::Sources;

/// Prints the JSON Schemas of our files, or writes one file each.
pub fn run(args: &SchemaArgs, ui: &Ui) -> Exit {
    let text = |schema: schemars::Schema| {
        let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
        text.push('\n');
        text
    };
    if let Some(output) = &args.output {
        let dir = match ui.current_dir() {
            Ok(current) => current.join(output),
            Err(diagnostics) => {
                ui.findings(&diagnostics, &Sources::new(), Format::Human, Stream::Err);
                return Exit::Nothing;
            }
        };
        for (name, schema) in KINDS {
            let path = dir.join(format!("{name}.schema.json"));
            let done = std::fs::create_dir_all(&dir).and_then(|()| std::fs::write(&path, text(schema())));
            if let Err(error) = done {
                ui.talk(&format!("can't write `{}`: {error}\n", path.display()));
                return Exit::Nothing;
            }
        }
        return Exit::Fine;
    }
    let wanted = args.kind.map(|kind| match kind {
        SchemaKind::Fleet => "fleet",
        SchemaKind::Cluster => "cluster",
        SchemaKind::App => "app",
        SchemaKind::Layer => "layer",
        SchemaKind::Inputs => "inputs",
    });
    match wanted.and_then(|wanted| KINDS.iter().find(|(name, _)| *name == wanted)) {
        Some((_, schema)) => ui.out(&text(schema())),
        None => {
            let all: serde_json::Map<String, serde_json::Value> =
                KINDS.iter().map(|(name, schema)| ((*name).to_owned(), schema().into())).collect();
            let mut all = serde_json::to_string_pretty(&all).unwrap_or_default();
            all.push('\n');
            ui.out(&all);
        }
    }
    Exit::Fine
}
