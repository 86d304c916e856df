//! Whether the goldens have a case of everything: each function that templates can call, each action and rule of the
//! language, each class of errors.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value as Json;

use super::Profile;
use crate::render::helm::functions;
use crate::render::helm::gotemplate::builtin::BUILTINS;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/helm");

fn lines(file: &str) -> Vec<Json> {
    let text = std::fs::read_to_string(format!("{ROOT}/{file}")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Cases of single calls, and cases of whole templates.
const CALLS: [&str; 24] = [
    "functions/crypto.jsonl",
    "functions/dates.jsonl",
    "functions/encoding.jsonl",
    "functions/fromtoml.jsonl",
    "functions/json.jsonl",
    "functions/regex.jsonl",
    "functions/semver.jsonl",
    "functions/toml.jsonl",
    "functions/url.jsonl",
    "functions/yaml.jsonl",
    "gotemplate/builtins.jsonl",
    "gotemplate/format.jsonl",
    "sprig/abbreviate.jsonl",
    "sprig/cases.jsonl",
    "sprig/defaults.jsonl",
    "sprig/dicts.jsonl",
    "sprig/flow.jsonl",
    "sprig/lists.jsonl",
    "sprig/numeric.jsonl",
    "sprig/paths.jsonl",
    "sprig/reflection.jsonl",
    "sprig/split.jsonl",
    "sprig/strings.jsonl",
    "gotemplate/exec/random.jsonl",
];
const TEMPLATES: [&str; 4] = [
    "gotemplate/exec/cases.jsonl",
    "gotemplate/exec/random.jsonl",
    "gotemplate/conformance/snippets.jsonl",
    "gotemplate/parse.jsonl",
];

/// The functions that a case calls, in calls of calls too.
fn called(case: &Json, into: &mut BTreeSet<String>) {
    match case {
        Json::Object(entries) => {
            for (key, value) in entries {
                if key == "call" {
                    let name = value.as_str().or_else(|| value.get(0).and_then(Json::as_str));
                    into.extend(name.map(str::to_owned));
                }
                called(value, into);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| called(item, into)),
        _ => {}
    }
}

/// The templates of a case, and what Helm or Go says of it.
fn case(json: &Json) -> (Vec<&str>, String) {
    let files = json.get("files").and_then(Json::as_object).into_iter().flatten();
    let mut templates: Vec<&str> = files.filter_map(|(_, text)| text.as_str()).collect();
    templates.extend(json.get("template").and_then(Json::as_str));
    let said = |key: &str| json.get(key).map(|said| said.as_str().map_or_else(|| said.to_string(), str::to_owned));
    let outcome: Vec<String> = ["helm4", "helm3", "output", "error", "trees"].into_iter().filter_map(said).collect();
    (templates, outcome.join("\n"))
}

#[test]
fn every_function_has_a_golden() {
    let mut covered = BTreeSet::new();
    for file in CALLS {
        lines(file).iter().for_each(|case| called(case, &mut covered));
    }
    let action = Regex::new(r"(?s)\{\{(.*?)\}\}").unwrap();
    let constant = Regex::new(r#"(?s)"(\\.|[^"\\])*"|`[^`]*`|/\*.*?\*/"#).unwrap();
    let name = Regex::new(r"(?:^|[^.$\w])([A-Za-z_]\w*)").unwrap();
    for file in TEMPLATES.iter().take(2) {
        for json in lines(file) {
            for found in case(&json).0.iter().flat_map(|text| action.captures_iter(text)) {
                let code = constant.replace_all(&found[1], "\"\"");
                covered.extend(name.captures_iter(&code).map(|name| name[1].to_owned()));
            }
        }
    }
    for profile in [Profile::Helm3, Profile::Helm4] {
        let all = [BUILTINS].into_iter().chain(functions::table(profile)).flatten();
        let names: BTreeSet<&str> = all.map(|function| function.name).collect();
        let missing: Vec<&&str> = names.iter().filter(|name| !covered.contains(**name)).collect();
        assert!(missing.is_empty(), "no golden calls {missing:?}");
        // Go's (`slice` is sprig's), the 211 of sprig without those that Helm takes away (env, expandenv), and what Helm adds.
        let added = if profile == Profile::Helm4 { 13 } else { 11 };
        assert_eq!(names.len(), (19 - 1) + (211 - 2) + added, "{profile:?}");
    }
}

/// A rule, a pattern of templates that depend on it, and one of what comes out.
type Rule = (&'static str, &'static str, &'static str);

fn missing(rules: &[Rule]) -> Vec<&'static str> {
    let cases: Vec<Json> = TEMPLATES.iter().flat_map(|file| lines(file)).collect();
    let cases: Vec<(Vec<&str>, String)> = cases.iter().map(case).collect();
    let has = |(_, template, outcome): &&Rule| {
        let (template, outcome) = (Regex::new(template).unwrap(), Regex::new(outcome).unwrap());
        cases.iter().any(|(texts, said)| texts.iter().any(|text| template.is_match(text)) && outcome.is_match(said))
    };
    rules.iter().filter(|rule| !has(rule)).map(|(rule, ..)| *rule).collect()
}

#[test]
fn every_rule_of_the_language_has_a_golden() {
    let rules: &[Rule] = &[
        ("white space is trimmed", r"\{\{- .* -\}\}", ""),
        ("trim markers need white space", r"\{\{-3", ""),
        ("comments", r"\{\{- ?/\*", ""),
        ("actions of several lines", r"\{\{[^}]*\n[^}]*\}\}", ""),
        ("raw strings", r"\{\{[^}]*`", ""),
        ("quoted strings", r#"\{\{[^}]*"\\""#, ""),
        ("characters", r"\{\{[^}]*'a'", ""),
        ("hexadecimal numbers", "0x1F", "31"),
        ("octal numbers", "0o17", "15"),
        ("binary numbers", "0b11", "3"),
        ("numbers with underscores", "1_000", "1000"),
        ("floats", r"\{\{1\.5", ""),
        ("an exponent may make an int", "1e3", "1000"),
        ("if", r"\{\{-? ?if ", ""),
        ("else if", r"\{\{-? ?else if ", ""),
        ("with, else with", r"\{\{-? ?else with ", ""),
        ("range over a list", r"range .*Values\.l\b", ""),
        ("range over a map", r"range .*Values\.m\b", ""),
        ("range over an int", r"range 3", ""),
        ("range over nil", r"range .*(nil|none)", ""),
        ("range, else", r"(?s)range.*else", ""),
        ("two variables of a range", r"range \$\w+, ?\$", ""),
        ("break", r"\{\{-? ?break", ""),
        ("continue", r"\{\{-? ?continue", ""),
        ("define", r"\{\{-? ?define", ""),
        ("block", r"\{\{-? ?block", ""),
        ("template", r"\{\{-? ?template", ""),
        ("template without an argument", r#"template "\w+" ?\}\}"#, ""),
        ("a variable is declared", r":=", ""),
        ("a variable is set", r"\$\w+ = ", ""),
        ("fields of what is in parentheses", r"\([^)]*\)\.\w+", ""),
        ("fields of variables", r"\$\w+\.\w+\.\w+", ""),
        ("methods", r"\.Files\.Get", ""),
        ("functions without arguments", r"\b(list|dict|now)( \||\)| ?\}\})", ""),
        ("slice is sprig's", r"\{\{ ?slice \.Values", ""),
        ("not eq of several", r"eq 1 2", ""),
        ("later definitions win", r"define", "last|second|2"),
        ("nothing is printed for what is absent", r"Values\.none \}\}", r#""a":""#),
        ("fields of what is absent in parentheses", r"\(\.Values\.none\)\.", ""),
        ("set changes a map that others hold", r"set \$?\.?Values", ""),
        ("tpl's definitions are its own", r"tpl .*define", ""),
        ("Template.BasePath", r"BasePath", ""),
        ("Files.Glob, AsConfig, AsSecrets, Lines", r"Glob.*AsConfig", ""),
        ("Subcharts", r"Subcharts", ""),
        ("Capabilities", r"Capabilities", ""),
        ("Release", r"Release\.", ""),
    ];
    assert_eq!(missing(rules), [""; 0]);
}

#[test]
fn every_class_of_errors_has_a_golden() {
    let texts: &[&str] = &[
        // Of the lexer and the parser.
        r"parse error at \(c/templates/a:1\)",
        "unclosed action",
        "unclosed comment",
        "unterminated quoted string",
        "unterminated raw quoted string",
        "unterminated character constant",
        "bad character",
        "bad number syntax",
        "unexpected EOF",
        r"unexpected <define>|unexpected \{\{define",
        r"unexpected \{\{end\}\}",
        r"unexpected \{\{else\}\}",
        "missing value for",
        r#"function \\*"\w+\\*" not defined"#,
        "undefined variable",
        "multiple definition of template",
        "non executable command in pipeline",
        "unexpected . after term",
        "nil is not a command",
        "unclosed left paren",
        "too many declarations in range",
        "break.* outside",
        // Of execution.
        "nil pointer evaluating interface",
        "can't evaluate field",
        "map has no entry for key",
        "wrong number of args for",
        "wrong type for value; expected",
        "invalid value; expected",
        "cannot assign nil to",
        "can't handle .* for arg of type",
        "expected (string|integer|bool|float); found",
        "is not a method but has arguments",
        "can't give argument to non-function",
        "range can't iterate over",
        "incompatible types for comparison",
        "error calling index: ",
        "out of (range|bounds)",
        "error calling call: ",
        "overflows int",
        r#"template \\*"none\\*" not defined"#,
        "no template .* associated with template",
        // Of Helm.
        r"execution error at \(c/templates/a:1:\d+\): ",
        "error calling include: template",
        "error calling tpl: cannot parse template",
        "error calling tpl: error during tpl function execution for",
        "error calling fromJson|expected string; found 1",
        // Of functions: what Go panics with is an error, too.
        "runtime error: invalid memory address or nil pointer dereference",
        "runtime error: integer divide by zero",
        "runtime error: slice bounds out of range",
        "assignment to entry in nil map",
    ];
    let rules: Vec<Rule> = texts.iter().map(|text| (*text, "", *text)).collect();
    assert_eq!(missing(&rules), [""; 0]);
}
