//! No template makes the renderer panic or run on: it gives a text or a diagnostic within its fuel.

#![no_main]

use libfuzzer_sys::fuzz_target;
use terrace::render::jinja::{Context, Engine, Options};
use terrace::source::{FileId, SourceKind, Sources, Span};
use terrace::yaml::{Dialect, parse};

const VALUES: &str =
    "{name: web, port: 8080, ratio: 0.5, on: true, none: null, tags: [a, b], labels: {app: web, x.y/z: '1'}}";

fuzz_target!(|text: &str| {
    let values = parse(FileId::NONE, VALUES, Dialect::Kubernetes).into_first();
    let context = Context::new(vec![("values".into(), values.clone()), ("cluster".into(), values)]);
    let sources = Sources::new();
    let file = sources.add("template.j2", text, SourceKind::File);
    let other = sources.add("other.j2", "{% macro m(a) %}{{ a }}{% endmacro %}{{ values.name }}", SourceKind::File);
    let load = |name: &str| Ok((name == "other.j2").then(|| other.clone()));
    let span = Span::new(file.id, 0..text.len());
    let engine = Engine::new();
    for record in [false, true] {
        let options = Options { fuel: 20_000, output_limit: 1 << 16, record, load: &load, ..Options::default() };
        if let Ok(rendered) = engine.render(&file, &context, &options) {
            assert!(rendered.text.len() <= options.output_limit);
        }
        let _ = engine.record_string(text, span, &context, &options);
        let _ = engine.eval(text, span, &context, &options);
    }
});
