//! The YAML reader and writer against what go-yaml made (testdata/yaml), and against each other.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests, outside the test functions")]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use terrace::diag::Severity;
use terrace::source::{FileId, Origin, SourceKind, Sources};
use terrace::yaml::{
    Dialect, JsonStyle, Limits, Map, Node, Value, emit, parse, parse_with, to_json, token_end, write_json,
};

fn testdata(part: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/yaml").join(part)
}

/// The files of a directory that end so, in order.
fn files(part: &str, end: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(testdata(part))
        .expect("the directory")
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.to_string_lossy().ends_with(end))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no {end} in {part}");
    files
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn json_node(text: &str) -> Node {
    node_of(&serde_json::from_str(text).expect("JSON"))
}

fn node_of(json: &serde_json::Value) -> Node {
    use serde_json::Value as Json;
    Node::made(match json {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => match (n.as_i64(), n.as_u64(), n.as_f64()) {
            (Some(n), _, _) => Value::Int(n),
            (_, Some(n), _) => Value::UInt(n),
            (_, _, Some(f)) => Value::Float(f),
            _ => Value::Null,
        },
        Json::String(s) => Value::from(s.as_str()),
        Json::Array(items) => Value::from(items.iter().map(node_of).collect::<Vec<_>>()),
        Json::Object(members) => {
            let mut map = Map::new();
            for (key, value) in members {
                map.insert(key.as_str(), Origin::NONE, node_of(value));
            }
            Value::Map(map)
        }
    })
}

/// The meaning of a text's first document, as the goldens write it.
fn meaning(text: &str, dialect: Dialect) -> String {
    let parsed = parse_with(FileId::NONE, text, dialect, Limits::default());
    if parsed.diagnostics.has_errors() { "refused".to_owned() } else { to_json(&parsed.into_first()) }
}

/// Compares values, so that 1e20 and 100000000000000000000 are one number.
fn same(a: &str, b: &str) -> bool {
    match (serde_json::from_str::<serde_json::Value>(a), serde_json::from_str::<serde_json::Value>(b)) {
        (Ok(a), Ok(b)) => node_of(&a) == node_of(&b),
        _ => a == b,
    }
}

#[test]
fn objects_are_read_and_written_as_kubectl_does() {
    for path in files("kubectl", ".in.yaml") {
        let expected = read(Path::new(&path.to_string_lossy().replace(".in.yaml", ".out.yaml")));
        let parsed = parse(FileId::NONE, &read(&path), Dialect::Kubernetes);
        assert!(!parsed.diagnostics.has_errors(), "{}: {:?}", path.display(), parsed.diagnostics);
        let mut object = parsed.into_first();
        let metadata = object.as_map_mut().and_then(|m| m.get_mut("metadata")).and_then(Node::as_map_mut);
        let metadata = metadata.unwrap_or_else(|| panic!("{}: no metadata", path.display()));
        if metadata.get("labels").is_none_or(Node::is_null) {
            metadata.insert("labels", Origin::NONE, Node::made(Map::new()));
        }
        let labels = metadata.get_mut("labels").and_then(Node::as_map_mut).expect("labels");
        labels.insert("a", Origin::NONE, Node::made("b"));
        assert_eq!(emit(&object), expected, "{}", path.display());
    }
}

#[test]
fn nodes_are_written_as_go_yaml_writes_them() {
    for path in files("emit", ".json") {
        let expected = read(&path.with_extension("yaml"));
        assert_eq!(emit(&json_node(&read(&path))), expected, "{}", path.display());
    }
}

/// Where we don't follow kustomize: it refuses a directive before the `---` that it belongs to, and it breaks folded
/// scalars with deeper lines, as it writes them out and reads them again.
const NOT_AS_KUSTOMIZE: [&str; 2] = ["directive.yaml", "folded-deeper.yaml"];

#[test]
fn documents_mean_what_they_mean_upstream() {
    for path in files("parse", ".yaml") {
        let text = read(&path);
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        for (dialect, end) in [(Dialect::Kubernetes, "kubernetes.json"), (Dialect::Kustomize, "kustomize.json")] {
            let expected = read(&path.with_extension(end));
            if dialect == Dialect::Kustomize && NOT_AS_KUSTOMIZE.contains(&name) {
                continue;
            }
            let found = meaning(&text, dialect);
            assert!(same(&found, expected.trim_end()), "{name} {dialect:?}\nfound    {found}\nexpected {expected}");
        }
    }
}

#[test]
fn a_stream_ends_its_last_line() {
    let kept = |text: &str| emit(&parse(FileId::NONE, text, Dialect::Kubernetes).into_first());
    assert_eq!(kept("a: |\n  b"), "a: |\n  b\n");
    assert_eq!(kept("a: b"), "a: b\n");
    assert_eq!(meaning("a: |\n  b", Dialect::Kubernetes), r#"{"a":"b"}"#);
}

#[test]
fn streams_split_as_upstream_splits_them() {
    for path in files("split", ".yaml") {
        let expected: Vec<serde_json::Value> = serde_json::from_str(&read(&path.with_extension("json"))).expect("JSON");
        let parsed = parse(FileId::NONE, &read(&path), Dialect::Kubernetes);
        let found: Vec<Node> =
            parsed.documents.iter().map(|d| if d.failed { Node::made("error") } else { d.node.clone() }).collect();
        // Upstream gives a null for a document without content.
        let expected: Vec<Node> = expected.iter().filter(|d| !d.is_null()).map(node_of).collect();
        assert_eq!(found, expected, "{}", path.display());
    }
}

#[test]
fn generated_documents_agree_with_upstream() {
    let cases = |name: &str| -> Vec<(String, String)> {
        let text = read(&testdata("generated").join(name));
        let field = |case: &serde_json::Value, name: &str| case[name].as_str().expect("a string").to_owned();
        text.lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a case"))
            .map(|case| (field(&case, "in"), field(&case, "out")))
            .collect()
    };
    let emitted = cases("emit.jsonl");
    assert!(emitted.len() >= 500);
    for (json, yaml) in emitted {
        assert_eq!(emit(&json_node(&json)), yaml, "{json}");
    }
    for (name, dialect) in [("kubernetes.jsonl", Dialect::Kubernetes), ("kustomize.jsonl", Dialect::Kustomize)] {
        let read = cases(name);
        assert!(read.len() >= 500);
        for (yaml, json) in read {
            let found = meaning(&yaml, dialect);
            assert!(same(&found, &json), "{name}\n{yaml:?}\nfound    {found}\nexpected {json}");
        }
    }
}

#[test]
fn diagnostics_say_what_and_where() {
    for path in files("diagnostics", ".yaml") {
        let name = path.file_stem().and_then(|n| n.to_str()).unwrap_or_default();
        let dialect = match name.split('-').next() {
            Some("config") => Dialect::Config,
            Some("kustomize") => Dialect::Kustomize,
            _ => Dialect::Kubernetes,
        };
        let sources = Sources::new();
        let file = sources.add("in.yaml", read(&path), SourceKind::File);
        let parsed = parse(file.id, &file.text, dialect);
        let mut found = String::new();
        for d in &parsed.diagnostics {
            let label = d.primary.as_ref().expect("a place");
            let span = sources.widen(label.span);
            let place = sources.place(Origin::new(file.id, span.start as usize));
            found.push_str(&format!("{place} {:?} {}: {}\n", d.severity, d.code, d.message));
            found.push_str(&format!("    here: {}\n", file.text.get(span.range()).expect("text").escape_debug()));
            for label in &d.secondary {
                let place = sources.place(Origin::new(file.id, label.span.start as usize));
                found.push_str(&format!("    {place}: {}\n", label.text));
            }
            for hint in &d.hints {
                found.push_str(&format!("    hint: {hint}\n"));
            }
        }
        for d in parsed.documents.iter().filter(|d| !d.failed) {
            found.push_str(&format!("document: {}\n", to_json(&d.node)));
        }
        let expected =
            snapbox::Data::read_from(&path.with_extension("txt"), Some(snapbox::data::DataFormat::Text)).raw();
        snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV).eq(found, expected);
    }
}

#[test]
fn values_know_where_they_stand() {
    let text = "base: &b\n  x: 1\nlist:\n- {k: 'v w'}\n-\nuse: *b\nmerged:\n  <<: *b\n  z: |\n    text\n";
    let sources = Sources::new();
    let file = sources.add("f", text, SourceKind::File);
    let node = parse(file.id, text, Dialect::Config).into_first();
    let place = |pointer: &str| sources.place(node.pointer(pointer).expect(pointer).origin);
    assert_eq!(place(""), "f:1:1");
    assert_eq!(place("/base"), "f:2:3");
    assert_eq!(place("/base/x"), "f:2:6");
    assert_eq!(place("/list/0/k"), "f:4:7");
    assert_eq!(place("/list/1"), "f:5:2");
    assert_eq!(place("/use/x"), "f:2:6");
    assert_eq!(place("/merged/x"), "f:2:6");
    let merged = node.at(&["merged"]).and_then(Node::as_map).expect("a mapping");
    assert_eq!(sources.place(merged.entry("x").expect("x").key_origin), "f:2:3");
    assert_eq!(sources.place(merged.entry("z").expect("z").key_origin), "f:9:3");
    let end = |pointer: &str| {
        let at = node.pointer(pointer).expect(pointer).origin.at as usize;
        text.get(at..token_end(text, at)).expect("text").to_owned()
    };
    assert_eq!(end("/base/x"), "1");
    assert_eq!(end("/list/0"), "{k: 'v w'}");
    assert_eq!(end("/list/0/k"), "'v w'");
    assert_eq!(end("/merged/z"), "|\n    text");
    assert_eq!(end(""), "base");
}

#[test]
fn aliases_multiply_only_so_far() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..12 {
        let aliases = vec![format!("*a{}", i - 1); 9].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{aliases}]\n"));
    }
    let parsed = parse(FileId::NONE, &bomb, Dialect::Kubernetes);
    let codes: Vec<&str> = parsed.diagnostics.iter().map(|d| d.code.name()).collect();
    assert_eq!(codes, ["alias-bomb"]);
    let limits = Limits { expanded_nodes: 20, ..Limits::default() };
    assert!(parse_with(FileId::NONE, "a: &a [1, 2, 3]\nb: [*a, *a]\n", Dialect::Config, limits).diagnostics.is_empty());
    let parsed = parse_with(FileId::NONE, "a: &a [1, 2, 3]\nb: [*a, *a, *a]\n", Dialect::Config, limits);
    assert!(parsed.diagnostics.has_errors());
}

/// Runs on a stack of the size that threads have.
fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).expect("a thread").join().expect("no panic");
}

#[test]
fn depth_costs_no_stack() {
    on_small_stack(|| {
        let deep = |n: usize| {
            [
                "[".repeat(n) + &"]".repeat(n),
                "{a: ".repeat(n) + "1" + &"}".repeat(n),
                "- ".repeat(n) + "x",
                (0..n).map(|i| format!("{}a:\n", " ".repeat(i))).collect::<String>(),
            ]
        };
        for text in deep(1000) {
            let node = parse(FileId::NONE, &text, Dialect::Kubernetes).into_first();
            assert!(!node.is_null());
            let copy = node.clone();
            let emitted = emit(&node);
            assert!(parse(FileId::NONE, &emitted, Dialect::Kubernetes).into_first() == copy);
            assert!(!to_json(&node).is_empty());
        }
        for text in deep(1001).into_iter().chain(deep(50_000).into_iter().take(3)) {
            let parsed = parse(FileId::NONE, &text, Dialect::Kubernetes);
            assert!(parsed.diagnostics.iter().any(|d| d.code.name() == "yaml-limit"), "{}", &text[..20]);
        }
        let mut aliases = "a0: &a0 [x]\n".to_owned();
        for i in 1..1200 {
            aliases.push_str(&format!("a{i}: &a{i} [*a{}]\n", i - 1));
        }
        assert!(parse(FileId::NONE, &aliases, Dialect::Kubernetes).diagnostics.has_errors());
    });
}

#[test]
fn a_wide_mapping_finds_its_duplicates() {
    let mut text: String = (0..100).map(|i| format!("k{i}: {i}\n")).collect();
    text.push_str("k40: again\n");
    let parsed = parse(FileId::NONE, &text, Dialect::Kubernetes);
    assert_eq!(parsed.diagnostics.iter().map(|d| d.severity).collect::<Vec<_>>(), [Severity::Warning]);
    let node = parsed.into_first();
    assert_eq!(node.str_at(&["k40"]), Some("again"));
    assert_eq!(node.as_map().map(Map::len), Some(100));
}

#[test]
fn html_is_escaped_where_asked() {
    let node = Node::made("<&>\u{2028}");
    assert_eq!(to_json(&node), r#""\u003c\u0026\u003e\u2028""#);
    let mut plain = String::new();
    write_json(&node, JsonStyle::Plain, &mut plain);
    assert_eq!(plain, r#""<&>\u2028""#);
}

fn any_string() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9._/-]{0,12}",
        "[ \\t\\n:#'\"\\\\a-c1,\\[\\]{}&*!|>%@`?-]{0,40}",
        "\\PC{0,20}",
        "(lorem ){0,40}",
        any::<String>(),
        Just("yes".to_owned()),
        Just("<<".to_owned()),
        Just("0x1F".to_owned()),
    ]
}

fn any_node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>()
            .prop_filter("finite, with a fraction", |f| f.is_finite() && f.fract() != 0.0)
            .prop_map(Value::Float),
        any_string().prop_map(|s| Value::from(s.as_str())),
    ]
    .prop_map(Node::made);
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Node::made),
            // go-yaml writes the key `<<` plain, and so do we; it then reads as a merge.
            prop::collection::vec((any_string().prop_filter("a merge key", |k| k != "<<"), inner), 0..5).prop_map(
                |entries| {
                    let mut map = Map::new();
                    for (key, value) in entries {
                        map.insert(key, Origin::NONE, value);
                    }
                    Node::made(map)
                }
            ),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(node in any_node()) {
        let text = emit(&node);
        let parsed = parse(FileId::NONE, &text, Dialect::Kubernetes);
        prop_assert!(parsed.diagnostics.is_empty(), "{text:?} {:?}", parsed.diagnostics);
        let again = parsed.into_first();
        prop_assert_eq!(&again, &node, "{:?}", text);
        prop_assert_eq!(emit(&again), text);
    }

    #[test]
    fn no_text_makes_it_panic(text in any_string(), at in 0usize..64, noise in "[ \\t\\n:\\-\\[\\]{},&*!|>'\"%@`#?a<é]{0,24}") {
        for text in [text, noise.clone(), format!("a: b\nc:\n  - {noise}\n---\nd: e\n")] {
            for dialect in [Dialect::Kubernetes, Dialect::Kustomize, Dialect::Config] {
                for document in parse(FileId::NONE, &text, dialect).documents {
                    emit(&document.node);
                }
            }
            let end = token_end(&text, at);
            prop_assert!(end >= at);
        }
    }

    #[test]
    fn a_broken_document_leaves_the_others(noise in "[ :\\-\\[\\]{},&*!|>'\"%@`#?a]{0,24}") {
        let text = format!("a: 1\n---\n{noise}\n---\nb: 2\n");
        let parsed = parse(FileId::NONE, &text, Dialect::Kubernetes);
        let documents: Vec<String> = parsed.documents.iter().map(|d| to_json(&d.node)).collect();
        prop_assert_eq!(documents.first().map(String::as_str), Some(r#"{"a":1}"#));
        prop_assert_eq!(documents.last().map(String::as_str), Some(r#"{"b":2}"#));
    }
}
