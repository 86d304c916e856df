use super::*;
use crate::source::FileId;
use crate::yaml::{Dialect, parse as yaml};

const OBJECT: &str = "
spec:
  replicas: 3
  template:
    spec:
      containers:
      - {name: web, image: 'web:1', env: [{name: A, value: a}]}
      - {name: istio-proxy, image: 'proxy:1'}
  list: [a, b, c, d]
webhooks:
- {name: x, clientConfig: {caBundle: aaa}}
- {name: y}
";

fn shown(path: &[PathKey]) -> String {
    path.iter()
        .map(|key| match key {
            PathKey::Key(key) => format!("/{key}"),
            PathKey::Index(at) => format!("/{at}"),
            PathKey::Slice(from, to) => format!("/{from}:{to}"),
        })
        .collect()
}

fn paths(expression: &str) -> Result<Vec<String>, String> {
    let object = yaml(FileId::TRANSIENT, OBJECT, Dialect::Kubernetes).into_first();
    let paths = parse(expression)?.paths(&object)?;
    Ok(paths.iter().map(|path| shown(path)).collect())
}

// What jq 1.6 gives for `path(…)` of the same object, places from the end counted from the start.
#[test]
fn expressions_find_their_fields() {
    let cases: &[(&str, &[&str])] = &[
        (".spec.replicas", &["/spec/replicas"]),
        (".spec[\"replicas\"]", &["/spec/replicas"]),
        (".\"spec\".\"replicas\"", &["/spec/replicas"]),
        (".spec | .replicas", &["/spec/replicas"]),
        (".spec.missing.deeper", &["/spec/missing/deeper"]),
        (".spec.list[1], .spec.list[-1]", &["/spec/list/1", "/spec/list/3"]),
        (".spec.list[1:3]", &["/spec/list/1:3"]),
        (".spec.list[-2:]", &["/spec/list/2:4"]),
        (".spec.list[]", &["/spec/list/0", "/spec/list/1", "/spec/list/2", "/spec/list/3"]),
        (
            ".webhooks[]?.clientConfig.caBundle",
            &["/webhooks/0/clientConfig/caBundle", "/webhooks/1/clientConfig/caBundle"],
        ),
        (".missing[]?", &[]),
        (".spec.template.spec.containers[] | select(.name == \"istio-proxy\")", &["/spec/template/spec/containers/1"]),
        (
            ".spec.template.spec.containers[] | select(.name == \"web\") | .image",
            &["/spec/template/spec/containers/0/image"],
        ),
        (
            ".spec.template.spec.containers[] | select(.name | test(\"^istio\")).image",
            &["/spec/template/spec/containers/1/image"],
        ),
        (
            ".spec.template.spec.containers[]?.env[]? | select(.name|startswith(\"A\"))",
            &["/spec/template/spec/containers/0/env/0"],
        ),
        (
            ".spec.template.spec.containers[] | select(.name as $n | [\"web\",\"x\"] | any(. == $n))",
            &["/spec/template/spec/containers/0"],
        ),
        (
            ".spec.template.spec.containers[] | select(.name | IN(\"web\", \"db\"))",
            &["/spec/template/spec/containers/0"],
        ),
        (".. | .caBundle? // empty", &["/webhooks/0/clientConfig/caBundle"]),
        (".spec.list | first, last", &["/spec/list/0", "/spec/list/3"]),
        ("first(.spec.list[] | select(. > \"a\"))", &["/spec/list/1"]),
        ("if .spec.replicas > 2 then .spec.replicas else empty end", &["/spec/replicas"]),
        ("getpath([\"spec\", \"replicas\"])", &["/spec/replicas"]),
        (".spec.list[] | select(. != \"a\" and (. == \"b\" or . == \"c\" | not))", &["/spec/list/3"]),
        (".webhooks[] | select(has(\"clientConfig\")) | .clientConfig", &["/webhooks/0/clientConfig"]),
        (".spec.list[length - 1]?", &["/spec/list/1"]),
        (".spec.list | .[length - 1]", &["/spec/list/3"]),
        (".spec.template.spec.containers | map(.name) | empty", &[]),
    ];
    for (expression, expected) in cases {
        assert_eq!(paths(expression).unwrap(), *expected, "{expression}");
    }
}

#[test]
fn what_jq_refuses_deletes_nothing() {
    for expression in [".missing[]", ".spec.replicas.deeper", "1", ".spec | keys", ".spec.list | map(.)", "error"] {
        assert!(
            parse(expression)
                .unwrap()
                .paths(&yaml(FileId::TRANSIENT, OBJECT, Dialect::Kubernetes).into_first())
                .is_err(),
            "{expression}"
        );
    }
}

#[test]
fn what_is_not_understood_is_named() {
    let cases = [
        ("def f: .a; f", "`def`"),
        (".a | walk(.)", "`walk` with 1 argument"),
        (".a = 1", "an assignment (`=`) names no field"),
        ("range(10)", "`range` with 1 argument"),
        (".a[", "it ends too early"),
        (".a]", "`]` is unexpected"),
        ("$x", "`$x`"),
        ("\"\\(.a)\"", "text with `\\(…)` in it"),
        ("reduce .[] as $x (0; .)", "`reduce`"),
        ("", "it ends too early"),
    ];
    for (expression, expected) in cases {
        assert_eq!(parse(expression).unwrap_err(), expected, "{expression}");
    }
    assert_eq!(parse(&"(".repeat(5000)).unwrap_err(), "it nests too deep");
}

#[test]
fn nothing_runs_without_end() {
    let twice = |what: &str, then: &str| {
        let steps: String = (0..45).map(|_| format!("({what}) as $x | ")).collect();
        format!("\"abcdefgh\" as $x | {steps}{then}")
    };
    let (text, list, both) =
        (twice("$x + $x", "$x"), twice("[$x, $x]", "$x == $x"), twice("[$x, $x]", "$x | tostring"));
    let contains = twice("[$x, $x]", "[$x] | contains([$x])");
    let endless = &[".. , .."; 9].join(" | ");
    for expression in ["recurse(.)", "recurse(., .)", endless, &text, &list, &both, &contains] {
        let object = yaml(FileId::TRANSIENT, OBJECT, Dialect::Kubernetes).into_first();
        assert_eq!(parse(expression).unwrap().paths(&object).unwrap_err(), "it takes too long", "{expression}");
    }
}
