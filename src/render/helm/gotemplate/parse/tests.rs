use std::fmt::Write;
use std::sync::Arc;

use serde::Deserialize;

use super::super::ast::{Branch, Constant, Expr, Pipe, Statement, Tree, Variable};
use super::super::call::{Fault, Function, f, ok};
use super::super::format::is_print;
use super::super::functions::Functions;
use super::super::quote::{is_digit, is_letter};
use super::super::show::{Node, context, tree_text};
use super::{MAX_BLOCKS, MAX_PARENTHESES, MAX_VARIABLES, parse};
use crate::source::FileId;

/// The functions that the goldens are made with.
fn functions() -> Functions {
    let names = include_str!("../../../../../testdata/helm/gotemplate/parse_functions.txt");
    let list: Vec<Function> = names.split_whitespace().map(|name| f(name, &[], |_| ok(true))).collect();
    Functions::new([&list[..]])
}

fn parse_one(text: &str) -> Result<Vec<Tree>, Fault> {
    parse("t", text.into(), FileId::NONE, &functions())
}

/// What Go makes of a template.
#[derive(Deserialize)]
struct Golden {
    template: String,
    #[serde(default)]
    trees: Vec<GoldenTree>,
    error: Option<String>,
}

#[derive(Deserialize, PartialEq, Debug)]
struct GoldenTree {
    name: String,
    text: String,
    /// `line:column kind context`, and a constant's value.
    #[serde(default)]
    nodes: Vec<String>,
}

/// Compares with a golden file; gives the number of cases.
fn hold_against(goldens: &str, nodes: bool) -> usize {
    let functions = functions();
    let mut wrong = String::new();
    let mut count = 0;
    for line in goldens.lines() {
        let golden: Golden = serde_json::from_str(line).unwrap();
        let parsed = parse("t", golden.template.as_str().into(), FileId::NONE, &functions);
        let ours = parsed.map_err(|fault| fault.text.clone()).map(|mut trees| {
            trees.sort_by(|a, b| a.name.cmp(&b.name));
            let golden = |tree: &Tree| GoldenTree {
                name: tree.name.to_string(),
                text: tree_text(tree),
                nodes: if nodes { Walk::over(tree) } else { Vec::new() },
            };
            trees.iter().map(golden).collect::<Vec<_>>()
        });
        let theirs = golden.error.map_or(Ok(golden.trees), Err);
        if ours != theirs {
            writeln!(wrong, "{:?}\n  ours   {ours:?}\n  theirs {theirs:?}", golden.template).unwrap();
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{wrong}");
    count
}

#[test]
fn trees_and_errors_are_those_of_go() {
    let count = hold_against(include_str!("../../../../../testdata/helm/gotemplate/parse.jsonl"), false);
    assert!(count > 700, "{count}");
}

#[test]
fn places_and_contexts_are_those_of_go() {
    let count = hold_against(include_str!("../../../../../testdata/helm/gotemplate/parse_nodes.jsonl"), true);
    assert!(count > 100, "{count}");
}

/// Lists the nodes of a tree, outer ones first.
struct Walk<'t> {
    tree: &'t Tree,
    nodes: Vec<String>,
}

impl<'t> Walk<'t> {
    fn over(tree: &'t Tree) -> Vec<String> {
        let mut walk = Self { tree, nodes: Vec::new() };
        walk.list(&tree.root);
        walk.nodes
    }

    fn add(&mut self, node: impl Into<Node<'t>>, kind: &str, value: &str) {
        let (location, context) = context(self.tree, node);
        let place = location.strip_prefix("t:").unwrap();
        self.nodes.push(format!("{place} {kind} {context}{value}"));
    }

    fn list(&mut self, list: &'t super::List) {
        self.add(list, "list", "");
        for node in &list.nodes {
            match node {
                Statement::Text { .. } => self.add(node, "text", ""),
                Statement::Break { .. } => self.add(node, "break", ""),
                Statement::Continue { .. } => self.add(node, "continue", ""),
                Statement::Action(pipe) => {
                    self.add(node, "action", "");
                    self.pipe(pipe);
                }
                Statement::Template { pipe, .. } => {
                    self.add(node, "template", "");
                    pipe.iter().for_each(|pipe| self.pipe(pipe));
                }
                Statement::If(branch) => self.branch(node, "if", branch),
                Statement::With(branch) => self.branch(node, "with", branch),
                Statement::Range(branch) => self.branch(node, "range", branch),
            }
        }
    }

    fn branch(&mut self, node: &'t Statement, kind: &str, branch: &'t Branch) {
        self.add(node, kind, "");
        self.pipe(&branch.pipe);
        self.list(&branch.list);
        branch.otherwise.iter().for_each(|list| self.list(list));
    }

    fn pipe(&mut self, pipe: &'t Pipe) {
        self.add(pipe, "pipe", "");
        pipe.decl.iter().for_each(|variable| self.variable(variable));
        for command in pipe.commands() {
            self.add(command, "command", "");
            command.words().for_each(|arg| self.expr(arg));
        }
    }

    fn variable(&mut self, variable: &'t Variable) {
        self.add(variable, "variable", &format!(" {}", variable.ident.len()));
    }

    fn expr(&mut self, node: &'t Expr) {
        match node {
            Expr::Identifier { .. } => self.add(node, "identifier", ""),
            Expr::Field { ident, .. } => self.add(node, "field", &format!(" {}", ident.len())),
            Expr::Chain { node: inner, .. } => {
                self.add(node, "chain", "");
                self.expr(inner);
            }
            Expr::Variable(variable) => self.variable(variable),
            Expr::Dot { .. } => self.add(node, "dot", ""),
            Expr::Nil { .. } => self.add(node, "nil", ""),
            Expr::Bool { .. } => self.add(node, "bool", ""),
            Expr::String { text, .. } => {
                let bytes = match text {
                    Constant::Str(text) => text.as_bytes(),
                    Constant::Raw(bytes) => bytes,
                };
                let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
                self.add(node, "string", &format!(" {hex}"));
            }
            Expr::Number(number) => {
                let mut value = String::new();
                let values = [
                    number.int.map(|n| format!(" int={n}")),
                    number.uint.map(|n| format!(" uint={n}")),
                    number.float.map(|n| format!(" float={:016x}", n.to_bits())),
                    number.imaginary.then(|| " complex".to_owned()),
                ];
                value.extend(values.into_iter().flatten());
                self.add(node, "number", &value);
            }
            Expr::Pipe(pipe) => self.pipe(pipe),
        }
    }
}

/// Every variable in a tree with its slot, `?` where it is undefined, and the base of every block.
fn slots(text: &str) -> String {
    fn pipe(out: &mut Vec<String>, pipe_: &Pipe) {
        for command in pipe_.commands() {
            command.words().for_each(|arg| expr(out, arg));
        }
        pipe_.decl.iter().for_each(|v| variable(out, v, if pipe_.assign { "=" } else { ":=" }));
    }
    fn variable(out: &mut Vec<String>, v: &Variable, sign: &str) {
        let slot = if v.slot == Variable::UNDEFINED { "?".to_owned() } else { v.slot.to_string() };
        out.push(format!("{}{sign}{slot}", v.ident[0]));
    }
    fn expr(out: &mut Vec<String>, node: &Expr) {
        match node {
            Expr::Variable(v) => variable(out, v, "@"),
            Expr::Pipe(inner) => pipe(out, inner),
            Expr::Chain { node, .. } => expr(out, node),
            _ => {}
        }
    }
    fn list(out: &mut Vec<String>, nodes: &super::List) {
        for node in &nodes.nodes {
            match node {
                Statement::Action(p) => pipe(out, p),
                Statement::Template { pipe: Some(p), .. } => pipe(out, p),
                Statement::If(branch) | Statement::With(branch) | Statement::Range(branch) => {
                    pipe(out, &branch.pipe);
                    out.push(format!("[{}", branch.base));
                    list(out, &branch.list);
                    if let Some(otherwise) = &branch.otherwise {
                        out.push("|".to_owned());
                        list(out, otherwise);
                    }
                    out.push("]".to_owned());
                }
                _ => {}
            }
        }
    }
    let trees = parse_one(text).unwrap();
    let mut parts = Vec::new();
    for tree in &trees {
        let mut out = Vec::new();
        list(&mut out, &tree.root);
        parts.push(format!("{}: {} of {}", tree.name, out.join(" "), tree.variables));
    }
    parts.join("\n")
}

#[test]
fn variables_have_the_slots_that_execution_will_find() {
    for (text, expected) in [
        ("{{$}}{{$x := $}}{{$x}}{{$x = 2}}{{$x}}", "t: $@0 $@0 $x:=1 $x@1 $x=1 $x@1 of 2"),
        ("{{$x := 1}}{{$x := 2}}{{$x = 3}}", "t: $x:=1 $x:=2 $x=2 of 3"),
        // The right side doesn't see the left one.
        ("{{$x := 1}}{{$x := $x}}{{$x}}", "t: $x:=1 $x@1 $x:=2 $x@2 of 3"),
        ("{{$x := $x}}", "t: $x@? $x:=1 of 2"),
        ("{{$x = 1}}{{$x}}", "t: $x=? $x@? of 1"),
        ("{{$x := ($y := 1)}}{{$x}}{{$y}}", "t: $y:=1 $x:=2 $x@2 $y@1 of 3"),
        // Blocks take back what they declare.
        (
            "{{if $x := 1}}{{$y := 2}}{{else}}{{$z := $x}}{{end}}{{$q := 1}}",
            "t: $x:=1 [2 $y:=2 | $x@1 $z:=2 ] $q:=1 of 3",
        ),
        // Go's parser knows a variable of the other branch, its execution doesn't.
        ("{{if 1}}{{$y := 2}}{{else}}{{$y}}{{end}}", "t: [1 $y:=1 | $y@? ] of 2"),
        ("{{$y := 1}}{{if 1}}{{$y := 2}}{{else}}{{$y}}{{end}}{{$y}}", "t: $y:=1 [2 $y:=2 | $y@1 ] $y@1 of 3"),
        (
            "{{if $x := 1}}{{else if $y := $x}}{{$y}}{{else}}{{$x}}{{end}}",
            "t: $x:=1 [2 | $x@1 $y:=2 [3 $y@2 | $x@1 ] ] of 3",
        ),
        (
            "{{range $i, $e := $}}{{$v := $e}}{{end}}{{range $.a}}{{$w := 1}}{{end}}",
            "t: $@0 $i:=1 $e:=2 [3 $e@2 $v:=3 ] $@0 [1 $w:=1 ] of 4",
        ),
        ("{{$i := 0}}{{$e := 0}}{{range $i, $e = $}}{{end}}", "t: $i:=1 $e:=2 $@0 $i=1 $e=2 [3 ] of 3"),
        // Definitions have variables of their own; what a block's or template's argument declares stays.
        ("{{$x := 1}}{{block \"b\" $y := 2}}{{$x := $}}{{end}}{{$y}}", "b: $@0 $x:=1 of 2\nt: $x:=1 $y:=2 $y@2 of 3"),
        ("{{template \"b\" $y := 2}}{{$y}}", "t: $y:=1 $y@1 of 2"),
    ] {
        assert_eq!(slots(text), expected, "{text}");
    }
}

#[test]
fn the_text_s_own_tree_comes_last() {
    let names = |text: &str| parse_one(text).unwrap().iter().map(|t| t.name.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(names("{{define \"b\"}}{{end}}{{block \"a\" .}}{{block \"c\" .}}{{end}}{{end}}x"), "b c a t");
    assert_eq!(names("{{define \"t\"}}x{{end}}{{define \"a\"}}{{end}}"), "t a");
}

#[test]
fn errors_point_where_a_person_should_look() {
    for (text, place) in [
        ("a {{if .x}} {{if .y}} {{end}}", "{{|if .x}} {{if .y}} {{end}}"),
        ("{{define \"a\"}} {{.b}}", "{{|define \"a\"}} {{.b}}"),
        ("{{if .x}} {{block \"b\" .}}", "{{|block \"b\" .}}"),
        ("a {{ .b | nope }}", "nope| }}"),
        ("a {{ print $x }}", "$x| }}"),
        ("a {{ print\n(.b", "{{| print\n(.b"),
        ("a {{ print \"x\n\" }}", "\"x\n|\" }}"),
        ("a {{ 1 | 2 }}", "|2 }}"),
        ("{{if .a}}{{end}}{{end}} b", "{{|end}} b"),
        ("{{define \"a\"}}A{{end}} {{define \"a\"}}B{{end}}", "\"a\"|}}B{{end}}"),
        ("{{/* a", "/*| a"),
    ] {
        let fault = parse_one(text).unwrap_err();
        let range = fault.frame.as_ref().unwrap().span.unwrap().range();
        let shown = format!("{}|{}", &text[range.clone()], &text[range.end..]);
        assert_eq!(shown, place, "{}", fault.text);
    }
}

#[test]
fn deep_templates_are_read_or_refused_with_the_stack_of_a_thread() {
    let nested = |blocks: usize, parens: usize| {
        let (open, close) = ("{{if .a}}".repeat(blocks), "{{end}}".repeat(blocks));
        format!("{open}{{{{{}.b{}}}}}{close}", "(".repeat(parens), ")".repeat(parens))
    };
    let parens = MAX_PARENTHESES as usize;
    let tree = parse_one(&nested(MAX_BLOCKS, parens)).unwrap().remove(0);
    assert_eq!(tree_text(&tree), nested(MAX_BLOCKS, parens));
    let fault = parse_one(&nested(0, parens + 1)).unwrap_err();
    assert_eq!((fault.text.as_str(), fault.limit), ("template: t:1: max expression depth exceeded", true));
    let fault = parse_one(&nested(MAX_BLOCKS + 1, 0)).unwrap_err();
    assert_eq!(fault.text, format!("template: t:1: blocks are nested more than {MAX_BLOCKS} deep"));
    let chain = format!("{{{{if .a}}}}{}{{{{end}}}}", "{{else if .b}}".repeat(MAX_BLOCKS));
    assert!(parse_one(&chain).unwrap_err().limit);
    let blocks: String = (0..=MAX_BLOCKS).map(|i| format!("{{{{block \"{i}\" .}}}}")).collect();
    assert!(parse_one(&blocks).unwrap_err().limit);
    let declared: String = (0..=MAX_VARIABLES).map(|i| format!("{{{{$x{i} := 1}}}}")).collect();
    assert!(parse_one(&declared).unwrap_err().limit);
    assert!(parse_one(&"{{$x := 1}}".repeat(MAX_VARIABLES)).unwrap_err().limit);
}

#[test]
fn break_is_a_function_where_there_is_one() {
    let table = Functions::new([&[f("break", &[], |_| ok(true))][..]]);
    let text: Arc<str> = "{{break}}".into();
    let trees = parse("t", text, FileId::NONE, &table).unwrap();
    assert!(matches!(trees[0].root.nodes[..], [Statement::Action(_)]));
}

/// Digests of all the characters of a class, one number per line, that Go 1.26.8 gives.
#[test]
fn characters_are_of_the_classes_that_go_puts_them_in() {
    use sha2::{Digest, Sha256};
    type Class = fn(char) -> bool;
    let classes: [(Class, &str); 3] = [
        (is_letter, "a833efd75ec88639b4769435df341b75f0648c3f365c6c9b3e503ef26339293b"),
        (is_digit, "85d1fbf1b0aabf46e5b0277240e865a4cb98c975fb32fbfb44a22c252e2066a3"),
        (is_print, "c9c4678e8df32b99c9755e15e988199037f25f3cd0166740540323689c8f9666"),
    ];
    for (class, expected) in classes {
        let members = ('\0'..=char::MAX)
            .filter(|c| class(*c))
            .fold(Sha256::new(), |digest, c| digest.chain_update(format!("{}\n", u32::from(c))));
        let digest: String = members.finalize().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(digest, expected);
    }
}
