//! What is parsed when: it must make no difference.

use std::sync::Arc;

use super::*;
use crate::provenance::Recorder;
use crate::render::helm::chart::{LoadOptions, PrepareOptions, Prepared, load, prepare};
use crate::world::{FilePath, MemoryTree, Reader, World};
use crate::yaml::{Map, Node};

fn chart(templates: &[(&str, &str)]) -> Prepared {
    let world = World::new();
    let mut files = vec![("Chart.yaml".to_owned(), "{apiVersion: v2, name: c, version: 1.0.0}".to_owned())];
    files.extend(templates.iter().map(|(name, text)| (format!("templates/{name}"), (*text).to_owned())));
    let path = FilePath::new(world.mount(Arc::new(MemoryTree::new(files))), "");
    let chart = load(&Reader::new(&world), &path, &LoadOptions::default()).unwrap();
    prepare(&chart, &Node::made(Map::new()), &PrepareOptions::default(), &Recorder::off()).unwrap()
}

/// The text of the template of a name.
fn text(program: &Program, name: &str) -> Option<String> {
    program.templates.get(name).map(|tree| tree.text.to_string())
}

#[test]
fn files_are_parsed_when_they_are_asked_for() {
    let prepared = chart(&[("a.yaml", "a"), ("b.yaml", "{{define \"d\"}}d{{end}}"), ("_c.tpl", "c"), ("e.yaml", "{{")]);
    let program = Program::begin(&prepared.root, Profile::Helm4).unwrap();
    assert_eq!(text(&program, "c/templates/a.yaml").unwrap(), "a");
    assert!(text(&program, "d").is_some());
    assert!(text(&program, "c/templates/e.yaml").is_none(), "it can't be parsed");
    assert_eq!(program.check().unwrap_err().path, "c/templates/e.yaml");
    assert_eq!(Program::new(&prepared.root, Profile::Helm4).unwrap_err().path, "c/templates/e.yaml");
}

#[test]
fn the_first_file_that_is_no_template_is_told_whenever_it_is_parsed() {
    // They are parsed last to first.
    let prepared = chart(&[("_a.tpl", "{{"), ("b.yaml", "{{"), ("c.yaml", "fine")]);
    for program in [Program::begin, Program::new] {
        assert_eq!(program(&prepared.root, Profile::Helm4).unwrap_err().path, "c/templates/b.yaml");
    }
}

#[test]
fn a_definition_by_the_name_of_a_file_takes_its_place_or_not() {
    let define = "{{define \"c/templates/b.yaml\"}}defined{{end}}";
    // Files are parsed last to first, and the later of two definitions stays.
    for (name, stays) in [("a.yaml", define), ("c.yaml", "file")] {
        let prepared = chart(&[(name, define), ("b.yaml", "file")]);
        for program in [Program::begin, Program::new] {
            let program = program(&prepared.root, Profile::Helm4).unwrap();
            assert_eq!(text(&program, "c/templates/b.yaml").unwrap(), stays, "{name}");
        }
    }
}
