//! The promise of provenance, and that no template does harm.

use proptest::prelude::*;
use proptest::test_runner::Config;
use similar::{ChangeTag, TextDiff};

use super::*;
use crate::provenance::{RenderMap, ValuesPath};

const VALUES: &str = "\
values:
  a: 1
  b: 2
  f: true
  s: x
  opt: here
  m: {k: x, num: 3, o: {p: q}}
  l: [x, yy, z]
  lm: [{id: x, f: true, num: 1}, {id: yy, f: false, num: 2}, {id: z, f: true, num: 3}]
";

const PRELUDE: &str = "{% set v = 'init' %}{% set ns = namespace(n=0, s='') %}\
{% macro mac(p) %}<{{ p }}{% if values.f %}!{% else %}?{% endif %}{{ values.s }}>{% endmacro %}\
{% macro wrap() %}({{ caller() }}{{ values.b }}){% endmacro %}";

/// Paths that a case may change, as JSON pointers below `values`, and what to.
const CHANGES: &[(&str, &str)] = &[
    ("a", "5"),
    ("b", "0"),
    ("f", "false"),
    ("s", "changed"),
    ("s", ""),
    ("opt", "(gone)"),
    ("m/k", "changed"),
    ("m/num", "0"),
    ("m/o/p", "changed"),
    ("m", "(gone)"),
    ("l/1", "changed"),
    ("l/0", "(gone)"),
    ("lm/1/f", "true"),
    ("lm/0/f", "false"),
    ("lm/2/id", "changed"),
    ("lm/1/num", "7"),
    ("lm", "(gone)"),
];

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "values.a",
        "values.b",
        "values.s",
        "values.m.k",
        "values.m.o.p",
        "values.l[1]",
        "values['s']",
        "v",
        "ns.s",
        "ns.n",
        "values.l",
        "values.lm",
        "values.m",
        "values.opt|default('none')",
        "values.m.opt|default(v)",
        "values.l|join('-')",
        "values.m|tojson",
        "values.l|length",
        "values.lm|map(attribute='id')|join(',')",
        "values.m.keys()|list",
        "mac(values.a)",
        "mac(v)",
        "values.s|quote",
        "values.lm|selectattr('f')|list|length",
        "values.lm[0].id",
        "values.l|first",
        "values.m|dict2items",
        "(values.l|last)",
        "values.get('opt', 'no')",
        "values.m == {}",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(2, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} ~ {b})")),
            (inner.clone(), condition(), inner).prop_map(|(a, c, b)| format!("({a} if {c} else {b})")),
        ]
    })
}

fn condition() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "values.f",
        "not values.f",
        "values.a > 2",
        "values.s == 'x'",
        "v == 'x'",
        "v",
        "ns.n > 1",
        "ns.s",
        "values.opt is defined",
        "values.opt is not defined",
        "values.m",
        "'yy' in values.l",
        "values.m.num",
        "values.b",
        "values.m is mapping",
        "values.f and values.b > 1",
        "values.lm[1].f",
        "mac(1) == '<1!x>'",
        "values.l|length > 2",
    ])
    .prop_map(str::to_owned)
}

/// A template's body; each `#` becomes a number of its own, so that no two lines are the same by chance.
fn body() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("t#\n".to_owned()),
        Just("t# ".to_owned()),
        Just("z#\n".to_owned()),
        expression().prop_map(|e| format!("e#: {{{{ {e} }}}}\n")),
        expression().prop_map(|e| format!("{{{{ {e} }}}} ")),
        expression().prop_map(|e| format!("{{% set v = {e} %}}")),
        expression().prop_map(|e| format!("{{% set ns.s = {e} %}}")),
        Just("{% set ns.n = ns.n + values.b %}".to_owned()),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        let many = prop::collection::vec(inner, 1..4).prop_map(|parts| parts.concat());
        let many = many.boxed();
        prop_oneof![
            many.clone(),
            (condition(), many.clone()).prop_map(|(c, b)| format!("{{% if {c} %}}{b}{{% endif %}}")),
            (condition(), many.clone(), many.clone()).prop_map(|(c, a, b)| format!("{{% if {c} %}}{a}{{% else %}}{b}{{% endif %}}")),
            (condition(), condition(), many.clone(), many.clone())
                .prop_map(|(c, d, a, b)| format!("{{% if {c} %}}{a}{{% elif {d} %}}{b}{{% endif %}}")),
            many.clone().prop_map(|b| format!("{{% for h in values.l %}}i# {{{{ h }}}}\n{b}{{% endfor %}}")),
            many.clone().prop_map(|b| format!("{{% for h in values.lm if h.f %}}i# {{{{ h.id }}}}\n{b}{{% else %}}e#\n{{% endfor %}}")),
            many.clone().prop_map(|b| format!("{{% for k, h in values.m|items %}}i# {{{{ k }}}}{{{{ h }}}}\n{b}{{% endfor %}}")),
            (condition(), many.clone(), prop::sample::select(vec!["break", "continue"]))
                .prop_map(|(c, b, out)| format!("{{% for h in values.l %}}{{% if h == v or {c} %}}{{% {out} %}}{{% endif %}}{b}{{% endfor %}}")),
            many.clone().prop_map(|b| format!("{{% for h in values.lm %}}{{% if h.f %}}{{% set ns.s = h.id %}}{{% continue %}}{{% endif %}}{b}{{% endfor %}}")),
            many.clone().prop_map(|b| format!("{{% filter upper %}}{b}{{% endfilter %}}")),
            many.clone().prop_map(|b| format!("{{% set v %}}{b}{{% endset %}}")),
            many.clone().prop_map(|b| format!("{{% call wrap() %}}{b}{{% endcall %}}")),
            (expression(), many).prop_map(|(e, b)| format!("{{% with v = {e} %}}{b}{{% endwith %}}")),
        ]
    })
}

fn numbered(body: &str) -> String {
    let mut parts = body.split('#');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.enumerate().fold(first, |all, (i, part)| format!("{all}{i}{part}"))
}

fn changed(context: &Context, pointer: &str, to: &str) -> Context {
    fn change(node: &mut Node, keys: &[&str], to: &str) {
        let Some((key, rest)) = keys.split_first() else {
            node.value = to.into();
            if let Ok(n) = to.parse::<i64>() {
                node.value = n.into();
            } else if let Ok(b) = to.parse::<bool>() {
                node.value = b.into();
            }
            return;
        };
        let gone = rest.is_empty() && to == "(gone)";
        match &mut node.value {
            Value::Map(map) if gone => _ = map.remove(key),
            Value::Map(map) => change(map.get_mut(key).unwrap(), rest, to),
            Value::Seq(seq) if gone => _ = seq.remove(key.parse().unwrap()),
            Value::Seq(seq) => change(&mut seq.make_mut()[key.parse::<usize>().unwrap()], rest, to),
            _ => unreachable!(),
        }
    }
    let mut values = context.get("values").unwrap().clone();
    change(&mut values, &pointer.split('/').collect::<Vec<_>>(), to);
    Context::new(vec![("values".into(), values)])
}

/// Whether the line from `start` to `end` names the path, or one above or below it. The end of the line before counts:
/// where that came or went, the line was broken or joined.
fn names(map: &RenderMap, start: usize, end: usize, path: &ValuesPath) -> bool {
    let start = start.saturating_sub(1);
    let segments = map.segments_in(start.try_into().unwrap(), end.try_into().unwrap());
    let related = |read: &ValuesPath| read.starts_with(path) || path.starts_with(read);
    segments.iter().any(|s| s.reads.iter().any(|r| related(&r.path)))
}

fn check_promise(template: &str, pointer: &str, to: &str) -> Result<(), TestCaseError> {
    let before = context(VALUES);
    let after = changed(&before, pointer, to);
    let options = Options { record: true, fuel: 50_000, ..Options::default() };
    let engine = Engine::new();
    let file = file(template);
    let (Ok(old), Ok(new)) = (engine.render(&file, &before, &options), engine.render(&file, &after, &options)) else {
        return Ok(());
    };
    let mut path: ValuesPath = vec!["values".into()];
    path.extend(pointer.split('/').map(EcoString::from));
    // The end of a list moves when an element goes: its length is what was read.
    if to == "(gone)" && path.last().is_some_and(|k| k.parse::<usize>().is_ok()) {
        path.pop();
    }
    let (old_map, new_map) = (old.map.unwrap(), new.map.unwrap());
    let (mut old_at, mut new_at) = (0, 0);
    for change in TextDiff::from_lines(&old.text, &new.text).iter_all_changes() {
        let length = change.value().len();
        let named = match change.tag() {
            ChangeTag::Equal => true,
            ChangeTag::Delete => names(&old_map, old_at, old_at + length, &path),
            ChangeTag::Insert => names(&new_map, new_at, new_at + length, &path),
        };
        prop_assert!(
            named,
            "{template}\n{} of {:?} does not name {path:?}\nold {:?}\nnew {:?}",
            change.tag(),
            change.value(),
            old.text,
            new.text
        );
        old_at += if change.tag() == ChangeTag::Insert { 0 } else { length };
        new_at += if change.tag() == ChangeTag::Delete { 0 } else { length };
    }
    Ok(())
}

/// What a change of an unread value does: nothing.
fn check_reads(template: &str, pointer: &str, to: &str) -> Result<(), TestCaseError> {
    let before = context(VALUES);
    let after = changed(&before, pointer, to);
    let engine = Engine::new();
    let file = file(template);
    let seen = RefCell::new(Vec::new());
    let on_read = |path: &[EcoString]| seen.borrow_mut().push(path.to_vec());
    let options = Options { on_read: &on_read, fuel: 50_000, ..Options::default() };
    let old = engine.render(&file, &before, &options);
    let silent = Options { fuel: 50_000, ..Options::default() };
    let new = engine.render(&file, &after, &silent);
    let value = |context: &Context, path: &[EcoString]| {
        let keys: Vec<&str> = path.iter().skip(1).map(EcoString::as_str).collect();
        let root = context.get(&path[0]).cloned();
        keys.iter().try_fold(root?, |node, key| {
            node.pointer(&format!("/{}", key.replace('~', "~0").replace('/', "~1"))).cloned()
        })
    };
    if seen.borrow().iter().all(|path| value(&before, path) == value(&after, path)) {
        let text = |r: Result<Text, Diagnostics>| {
            r.map(|t| t.text).map_err(|e| e.iter().map(|d| d.message.clone()).collect::<Vec<_>>())
        };
        prop_assert_eq!(text(old), text(new), "{} changed unread {} to {}: {:?}", template, pointer, to, seen);
    }
    Ok(())
}

const WORDS: &[&str] = &[
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "{{-",
    "-%}",
    " ",
    "\n",
    "if",
    "for",
    "in",
    "endfor",
    "endif",
    "else",
    "elif",
    "set",
    "endset",
    "macro",
    "endmacro",
    "block",
    "endblock",
    "call",
    "endcall",
    "filter",
    "with",
    "include",
    "import",
    "extends",
    "from",
    "as",
    "do",
    "raw",
    "endraw",
    "x",
    "y",
    "values",
    "values.m",
    "values.l",
    "values.lm",
    "loop",
    "super",
    "self",
    "caller",
    "range",
    "namespace",
    "dict",
    "__terrace_keep",
    ".",
    "|",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    "=",
    "==",
    "~",
    "+",
    "-",
    "*",
    "**",
    "/",
    "//",
    "%",
    "<",
    "is",
    "not",
    "and",
    "or",
    "defined",
    "default",
    "tojson",
    "to_yaml",
    "indent",
    "'a'",
    "\"b\"",
    "'",
    "1",
    "99999999999999999999",
    "1.5",
    "true",
    "none",
    "ä",
    "\u{0}",
    "\\",
];

proptest! {
    #![proptest_config(Config { cases: 400, ..Config::default() })]

    #[test]
    fn a_changed_line_named_what_changed(body in body(), change in prop::sample::select(CHANGES)) {
        check_promise(&numbered(&format!("{PRELUDE}{body}\n")), change.0, change.1)?;
    }

    #[test]
    fn unread_values_change_nothing(body in body(), change in prop::sample::select(CHANGES)) {
        check_reads(&numbered(&format!("{PRELUDE}{body}\n")), change.0, change.1)?;
    }

    #[test]
    fn no_template_panics(words in prop::collection::vec(prop::sample::select(WORDS), 0..40)) {
        let options = Options { record: true, fuel: 2_000, output_limit: 1 << 16, ..Options::default() };
        for text in [words.concat(), words.join(" "), format!("{{{{ {} }}}}", words.join(" ")), format!("{{% {} %}}", words.join(" "))] {
            _ = Engine::new().render(&file(&text), &context(VALUES), &options);
            _ = Engine::new().eval(&text, no_span(), &context(VALUES), &options);
        }
    }

    #[test]
    fn no_text_panics(text in ".{0,200}") {
        let options = Options { record: true, fuel: 2_000, ..Options::default() };
        _ = Engine::new().render(&file(&text), &context(VALUES), &options);
    }

    #[test]
    fn maps_cover_the_output(body in body()) {
        let options = Options { record: true, fuel: 50_000, ..Options::default() };
        let template = numbered(&format!("{PRELUDE}{body}\n"));
        if let Ok(text) = Engine::new().render(&file(&template), &context(VALUES), &options) {
            let segments = text.map.unwrap().segments;
            prop_assert_eq!(segments.first().map(|s| s.start), (!text.text.is_empty()).then_some(0));
            prop_assert!(segments.windows(2).all(|w| w[0].start < w[1].start));
            prop_assert!(segments.last().is_none_or(|s| (s.start as usize) < text.text.len()));
        }
    }
}
