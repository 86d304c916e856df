//! What the engine promises.

mod golden;
mod properties;

use std::cell::RefCell;
use std::sync::Arc;

use super::*;
use crate::diag::{Code, Diagnostics};
use crate::source::{FileId, Origin, SourceKind, Sources, Span};
use crate::yaml::{self, Dialect};

/// A tree from YAML text, each key and value with its place in it.
pub(super) fn nodes(text: &str, file: FileId) -> Node {
    let parsed = yaml::parse(file, text, Dialect::Config);
    assert!(!parsed.diagnostics.has_errors(), "{:#?}", parsed.diagnostics);
    parsed.into_first()
}

fn context_of(node: &Node) -> Context {
    Context::new(node.as_map().into_iter().flatten().map(|e| (e.key.clone(), e.value.clone())).collect())
}

/// A context from YAML text without places.
pub(super) fn context(text: &str) -> Context {
    context_of(&nodes(text, FileId::NONE))
}

/// [`CONTEXT`], and an integer that only fits without a sign.
fn usual() -> Context {
    let mut context = context(CONTEXT);
    if let Some(values) = context.roots[0].1.as_map_mut() {
        values.insert("big", Origin::NONE, Node::made(Value::UInt(u64::MAX)));
    }
    context
}

pub(super) const CONTEXT: &str = "\
values:
  name: web
  up: true
  down: false
  nothing: null
  ratio: 0.5
  whole: 2.0
  apps: {web: {replicas: 3, items: many}, api: {replicas: 1}}
  hosts: [a.example, b.example]
  ports: [{name: http, port: 80}, {name: https, port: 443}]
  labels: {app.kubernetes.io/name: web, my-key: dashed}
  list: [true, null, 1]
cluster: {name: prod-01, labels: {environment: prod}, families: [ml, data]}
path: {basename: ml}
";

fn file(text: &str) -> Arc<SourceFile> {
    Sources::new().add("t.yaml.j2", text, SourceKind::File)
}

fn try_render(text: &str) -> Result<String, Diagnostics> {
    let engine = Engine::new();
    Ok(engine.render(&file(text), &usual(), &Options::default())?.text)
}

#[track_caller]
fn render(text: &str) -> String {
    try_render(text).unwrap_or_else(|e| panic!("{text}: {:#?}", e.iter().collect::<Vec<_>>()))
}

#[track_caller]
fn error(text: &str) -> crate::diag::Diagnostic {
    try_render(text).expect_err(text).into_iter().next().unwrap()
}

/// The paths that a template reads, joined by dots.
fn reads(text: &str) -> Vec<String> {
    let seen = RefCell::new(Vec::new());
    let on_read = |path: &[EcoString]| seen.borrow_mut().push(path.join("."));
    let options = Options { on_read: &on_read, ..Options::default() };
    _ = Engine::new().render(&file(text), &usual(), &options);
    seen.into_inner()
}

fn no_span() -> Span {
    Span { file: FileId::NONE, start: 0, end: 0 }
}

#[test]
fn scalars_are_spelled_as_yaml() {
    assert_eq!(render("{{ values.up }} {{ values.down }} {{ values.nothing }}"), "true false null");
    assert_eq!(render("{{ values.big }} {{ values.ratio }} {{ values.whole }}"), "18446744073709551615 0.5 2");
    assert_eq!(render("{{ values.up ~ '/' ~ values.nothing ~ 1 }}"), "true/null1");
    assert_eq!(render("{{ values.up|string }}{{ [true, none]|join(',') }}"), "truetrue,null");
    assert_eq!(render("{{ values.list|map('string')|join(' ') }}"), "true null 1");
    assert_eq!(render("{{ true }} {{ None }} {{ 1 == 1 }} {{ not true }}"), "true null true false");
    assert_eq!(render("{% set x %}{{ true }}{% endset %}{{ x }}"), "true");
}

#[test]
fn collections_are_flow() {
    assert_eq!(render("{{ values.list }}"), "[true, null, 1]");
    assert_eq!(render("{{ values.apps.api }}"), r#"{"replicas": 1}"#);
    assert_eq!(
        render("{{ values.apps ~ '' }}"),
        r#"{"web": {"replicas": 3, "items": "many"}, "api": {"replicas": 1}}"#
    );
    assert_eq!(render("{{ {'a': true, 'b': '<&\"'} | tojson }}"), r#"{"a": true, "b": "<&\""}"#);
}

#[test]
fn keys_win_over_methods_in_attributes() {
    assert_eq!(render("{{ values.apps.web.items }}"), "many");
    assert_eq!(
        render("{% for k, v in values.apps.web.items() %}{{ k }}={{ v }} {% endfor %}"),
        "replicas=3 items=many "
    );
    assert_eq!(render("{% for k in values.apps %}{{ k }} {% endfor %}"), "web api ");
    assert_eq!(render("{{ values.apps.get('none', 'x') }}{{ values.apps.get('none') }}"), "xnull");
    assert_eq!(render("{{ values.apps.keys()|join(',') }}"), "web,api");
}

#[test]
fn odd_keys_are_subscripts() {
    assert_eq!(render("{{ values.labels['my-key'] }}"), "dashed");
    assert_eq!(render("{{ values.labels['app.kubernetes.io/name'] }}"), "web");
    assert_eq!(
        render("{{ values.hosts[0] }} {{ values.hosts[-1] }} {{ values.hosts.1 }}"),
        "a.example b.example b.example"
    );
}

#[test]
fn rewriting_keeps_the_meaning() {
    for (template, expected) in [
        ("{{ 1 + 2 * 3 - 4 }}", "3"),
        ("{{ (1 + 2) * 3 }} {{ 2 ** 3 ** 2 }} {{ 7 // 2 }} {{ 7 % 4 }} {{ 10 - 3 - 2 }}", "9 64 3 3 5"),
        ("{{ 'a' + 'b' }} {{ [1] + [2] }} {{ 1 + 1.5 }}", "ab [1, 2] 2.5"),
        ("{{ -values.apps.web.replicas|abs }} {{ (-3)|abs }}", "3 3"),
        ("{{ 1 if values.up else 2 }} {{ 'x' if values.down }}", "1 "),
        ("{{ not values.up and true or 'z' }}", "z"),
        ("{{ 1 < 2 < 3 }} {{ 3 not in [1, 2] }} {{ 'a' in 'abc' }}", "true true true"),
        ("{{ values.hosts[1:] }} {{ 'abcdef'[::2] }} {{ 'abc'[:-1] }}", "[\"b.example\"] ace ab"),
        ("{{ 4 is divisibleby 2 }} {{ values.x is not defined }}", "true true"),
        ("{{ {'a': {'b': 1}}.a.b }} {{ (1, 2)[1] }} {{ (1,) }}", "1 2 [1]"),
        ("{{ 'a' 'b' }} {{ \"q\\\"\" }}", "ab q\""),
        ("{% for a, b in [[1, 2]] %}{{ a }}{{ b }}{% endfor %}", "12"),
        ("{% for (a, (b, c)) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "123"),
        ("{% for x in [1, 2, 3] if x != 2 %}{{ loop.index }}{{ x }}{% else %}none{% endfor %}", "1123"),
        ("{% for x in [] %}{% else %}none{% endfor %}", "none"),
        ("{% for x in [[1, [2]]] recursive %}{{ x if x is number else loop(x) }}{% endfor %}", "12"),
        ("{% if false %}a{% elif true %}b{% else %}c{% endif %}", "b"),
        ("{% if false %}a{% else %}{% if true %}b{% endif %}{% endif %}", "b"),
        ("{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, b=3) }}", "1213"),
        ("{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}x{% endcall %}", "[x]"),
        ("{% macro m() %}{{ caller(1) }}{% endmacro %}{% call(y) m() %}x{{ y }}{% endcall %}", "x1"),
        ("{% filter upper %}abc{% endfilter %}{% filter upper|lower %}A{% endfilter %}", "ABCa"),
        ("{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}", "3"),
        ("{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set t = (1, 2) %}{{ t[0] }}", "121"),
        ("{% set ns = namespace(n=0) %}{% for i in range(4) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}", "6"),
        ("{% set x | upper %}abc{% endset %}{{ x }}", "ABC"),
        ("{% raw %}{{ raw }}{% endraw %} { {# gone #}{{ 1 }}", "{{ raw }} { 1"),
        ("{{ '{' }}{% raw %}{%{% endraw %}", "{{%"),
        ("a\n  {%- if true %} b {%- endif %}\nc\n", "a b\nc\n"),
        (
            "{% for i in range(9) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}",
            "02",
        ),
        ("{{ dict(a=1, **{'b': 2}) }}", r#"{"a": 1, "b": 2}"#),
        ("{% block b %}x{% endblock %}{{ self.b() }}", "xx"),
        ("{{ range(3)|list }}{% do range(3) %}", "[0, 1, 2]"),
        ("ü{{ 'ä' ~ 'ö' }}", "üäö"),
    ] {
        assert_eq!(render(template), expected, "{template}");
    }
}

#[test]
fn the_library() {
    for (template, expected) in [
        ("{{ 'a'|b64encode }} {{ 'YQ=='|b64decode }}", "YQ== a"),
        ("{{ ''|sha256 }}", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("{{ 'a\"b'|quote }} {{ \"it's\"|squote }} {{ 1|quote }}", "\"a\\\"b\" 'it''s' \"1\""),
        ("{{ 'yes'|bool }} {{ 'no'|bool }} {{ 0|bool }}", "true false false"),
        ("{{ true|ternary('a', 'b') }} {{ none|ternary(1, 2, 3) }}", "a 3"),
        (
            "{{ {'a': 1, 'm': {'x': 1}}|combine({'m': {'y': 2}}, recursive=true) }}",
            r#"{"a": 1, "m": {"x": 1, "y": 2}}"#,
        ),
        ("{{ {'a': {'x': 1}}|combine({'a': {}}) }}", r#"{"a": {}}"#),
        (
            "{{ {'a': 1}|dict2items }} {{ [{'key': 'a', 'value': 1}]|items2dict }}",
            r#"[{"key": "a", "value": 1}] {"a": 1}"#,
        ),
        ("{{ 'foo-12'|regex_replace('^(\\w+)-(\\d+)$', '\\\\2$\\\\1') }}", "12$foo"),
        ("{{ 'v1.2.3'|regex_search('[0-9.]+') }} {{ 'x'|regex_search('y') }}", "1.2.3 null"),
        ("{{ '{\"a\": [1]}'|from_json }} {{ 'a: [x]'|from_yaml }}", r#"{"a": [1]} {"a": ["x"]}"#),
        ("{{ 'a\\n\\nb'|indent(2) }}|{{ 'a'|indent(2, true) }}", "a\n\n  b|  a"),
        ("{{ values.none|default('x') }} {{ ''|default('y', true) }} {{ values.name|required }}", "x y web"),
        ("{{ required('no name', values.name) }}", "web"),
        ("{{ 'A-b'.lower().split('-')|join('.') }} {{ ' x '.strip() }} {{ 'ab'.startswith('a') }}", "a.b x true"),
        ("{{ 'app-1' is match('app') }} {{ 'my-app' is search('app$') }}", "true true"),
        ("{{ '%04d'|format(7) }} {{ 'aXb'|replace('X', true) }}", "0007 atrueb"),
        ("{{ values.apps|to_yaml }}", "api:\n  replicas: 1\nweb:\n  items: many\n  replicas: 3"),
        ("{{ {'b': [1, 'yes', none], 'a': {}}|to_nice_yaml(indent=2) }}", "a: {}\nb:\n- 1\n- \"yes\"\n- null"),
        ("{{ {'a': 1}|to_nice_json(indent=2) }}", "{\n  \"a\": 1\n}"),
    ] {
        assert_eq!(render(template), expected, "{template}");
    }
    assert!(error("{{ 'a: [' | from_yaml }}").message.contains("not YAML"));
    assert_eq!(error("{{ ''|required('set values.name') }}").message, "set values.name");
    assert_eq!(error("{{ fail('not here') }}").message, "not here");
}

#[test]
fn reads_are_leaves_and_what_is_read_whole() {
    for (template, expected) in [
        ("{{ values.apps.web.replicas }}", "values.apps.web.replicas"),
        ("{{ values.apps.web }}", "values.apps.web"),
        ("{{ values.apps|length }}", "values.apps"),
        ("{{ values.apps|tojson }}", "values.apps"),
        ("{% for h in values.hosts %}{{ h }}{% endfor %}", "values.hosts"),
        ("{% for k, v in values.apps|items %}{{ v.replicas }}{% endfor %}", "values.apps"),
        ("{% for p in values.ports %}{{ p.port }}{% endfor %}", "values.ports"),
        ("{{ values.missing is defined }}", "values.missing"),
        ("{{ values.apps is defined }}", "values.apps"),
        ("{{ values.missing|default(values.name) }}", "values.missing values.name"),
        ("{{ values.missing }}", "values.missing"),
        ("{% if values.apps %}{% endif %}", "values.apps"),
        ("{{ 'ml' in cluster.families }}", "cluster.families"),
        ("{{ values.name }}{{ values.name }}", "values.name"),
        ("{% set a = values.apps %}{{ a.web.replicas }}", "values.apps.web.replicas"),
        ("{{ values.apps == {} }}", "values.apps"),
        ("{{ 1 }}", ""),
        ("{{ values|length }}", "values"),
    ] {
        assert_eq!(reads(template).join(" "), expected, "{template}");
    }
}

#[test]
fn expressions_give_nodes() {
    let engine = Engine::new();
    let eval = |text: &str| engine.eval(text, no_span(), &usual(), &Options::default());
    assert_eq!(eval("path.basename in cluster.families").unwrap(), Node::made(true));
    assert_eq!(eval("values.apps.api").unwrap().get("replicas"), Some(&Node::made(1)));
    assert_eq!(eval("values.big").unwrap(), Node::made(Value::UInt(u64::MAX)));
    assert_eq!(eval("[1, 0.5, none, 'x']").unwrap().as_seq().map(<[Node]>::len), Some(4));
    assert!(truthy(&eval("values.up").unwrap()));
    assert!(!truthy(&eval("values.apps.web.replicas > 3").unwrap()));
    assert!(eval("values.missing").is_err());
    assert!(eval("1 +").is_err());
}

#[test]
fn strings_point_into_their_file() {
    let sources = Sources::new();
    let yaml = sources.add("fleet.yaml", "- \"values.{{ cluster.lables.environment }}.yaml\"\n", SourceKind::File);
    let token = Span::new(yaml.id, 2..yaml.text.len() - 1);
    let text = &yaml.text[3..yaml.text.len() - 2];
    let engine = Engine::new();
    let context = usual();
    let failed = engine.render_string(text, token, &context, &Options::default()).unwrap_err();
    let label = failed.iter().next().unwrap().primary.clone().unwrap();
    assert_eq!(&yaml.text[label.span.range()], "lables");
    // A string that the file spells otherwise is pointed at as a whole.
    let wide = Span::new(yaml.id, 0..yaml.text.len());
    let failed = engine.render_string(text, wide, &context, &Options::default()).unwrap_err();
    assert_eq!(failed.iter().next().unwrap().primary.as_ref().unwrap().span, wide);
    let good =
        engine.render_string("values.{{ cluster.labels.environment }}.yaml", token, &context, &Options::default());
    assert_eq!(good.unwrap(), "values.prod.yaml");
    assert_eq!(engine.render_string("plain } text", token, &context, &Options::default()).unwrap(), "plain } text");
}

#[test]
fn bounds_hold() {
    let fuel = error("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}");
    assert_eq!(fuel.code, Code::TEMPLATE_FUEL);
    for bomb in [
        "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(99999) %}{% set ns.x = [ns.x] %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(99999) %}{% set ns.x = {'a': ns.x} %}{% endfor %}",
        "{{ 'x' * 999999999 }}",
        "{{ ([1] * 999999999)|length }}",
        "{{ '%999999999d'|format(1) }}",
        "{{ 'a'|indent(999999999, true) }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m(n) %}{{ m([n]) }}{% endmacro %}{{ m(1) }}",
        "{% for i in range(9999) %}{% for i in range(999) %}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{% endfor %}{% endfor %}",
    ] {
        assert!(try_render(bomb).is_err(), "{bomb}");
    }
    let nested = |open: &str, close: &str| format!("{{{{ {}1{} }}}}", open.repeat(9999), close.repeat(9999));
    for deep in [
        nested("(", ")"),
        nested("[", "]"),
        nested("-", ""),
        nested("not ", ""),
        nested("", ".a"),
        nested("", "|abs"),
        nested("", "+1"),
        nested("", " is defined"),
        nested("", "[0]"),
        nested("", "()"),
        nested("1 if 1 else ", ""),
        nested("{1:", "}"),
        nested("a(1, ", ")"),
        format!("{{% if 1 %}}{}{{% endif %}}", "{% elif 1 %}".repeat(9999)),
        format!("{}{}", "{% if 1 %}".repeat(9999), "{% endif %}".repeat(9999)),
        format!("{}{}", "{% for i in [1] %}".repeat(9999), "{% endfor %}".repeat(9999)),
    ] {
        let failed = error(&deep);
        assert!(failed.primary.is_some() && failed.code == Code::TEMPLATE_SYNTAX, "{} {failed:?}", &deep[..40]);
    }
}

#[test]
fn deep_but_allowed_templates_fit_a_small_stack() {
    // The test threads of cargo and those of rayon have two megabytes.
    let depth = 60;
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(render(&deep), "1");
    let chain = format!("{{{{ 1{} }}}}", " + 1".repeat(200));
    assert_eq!(render(&chain), "201");
    let chain = format!("{{{{ 1{} }}}}", " and 1".repeat(100));
    assert_eq!(render(&chain), "1");
    let filters = format!("{{{{ 1{} }}}}", "|abs".repeat(200));
    assert_eq!(render(&filters), "1");
}

#[test]
fn includes_are_loaded_and_traced() {
    let sources = Sources::new();
    let part = sources.add("part.j2", "{{ values.name }}{{ values.oops }}", SourceKind::File);
    let fine =
        sources.add("fine.j2", "{% set v = values.name %}{% macro m() %}<{{ v }}>{% endmacro %}", SourceKind::File);
    let base = sources.add("base.j2", "A{% block b %}B{% endblock %}C", SourceKind::File);
    let asked = RefCell::new(Vec::new());
    let load = |name: &str| {
        asked.borrow_mut().push(name.to_owned());
        Ok([&part, &fine, &base].into_iter().find(|f| f.name == name).map(Arc::clone))
    };
    let options = Options { load: &load, ..Options::default() };
    let engine = Engine::new();
    let context = usual();
    let run = |text: &str| {
        let file = sources.add("t.j2", text, SourceKind::File);
        engine.render(&file, &context, &options)
    };
    assert_eq!(run("{% import 'fine.j2' as f %}{{ f.m() }}").unwrap().text, "<web>");
    assert_eq!(run("{% from 'fine.j2' import m as n %}{{ n() }}").unwrap().text, "<web>");
    assert_eq!(run("{% extends 'base.j2' %}{% block b %}[{{ super() }}]{% endblock %}").unwrap().text, "A[B]C");
    assert_eq!(run("{% include 'gone.j2' ignore missing %}x").unwrap().text, "x");
    assert_eq!(run("{% include ['gone.j2', 'base.j2'] %}").unwrap().text, "ABC");
    let failed = run("x\n{% include 'part.j2' %}").unwrap_err();
    let first = failed.iter().next().unwrap();
    assert_eq!(first.primary.as_ref().unwrap().span.file, part.id);
    assert_eq!(first.trace.len(), 1);
    assert!(first.trace[0].span.is_some());
    let missing = run("{% include 'gone.j2' %}").unwrap_err();
    assert_eq!(missing.iter().next().unwrap().code, Code::FILE_MISSING);
    assert!(run("{% include values.name %}").unwrap_err().iter().next().unwrap().message.contains("plain string"));
    let itself = sources.add("part2.j2", "{% include 'part2.j2' %}", SourceKind::File);
    let load = |_: &str| Ok(Some(Arc::clone(&itself)));
    let options = Options { load: &load, ..Options::default() };
    assert!(engine.render(&itself, &context, &options).is_err());
    // A compiled template still asks for what it includes.
    asked.borrow_mut().clear();
    let again = sources.add("again.j2", "{% include 'base.j2' %}", SourceKind::File);
    let load = |name: &str| {
        asked.borrow_mut().push(name.to_owned());
        Ok(Some(Arc::clone(&base)))
    };
    let options = Options { load: &load, ..Options::default() };
    engine.render(&again, &context, &options).unwrap();
    engine.render(&again, &context, &options).unwrap();
    assert_eq!(asked.borrow().len(), 2);
}
