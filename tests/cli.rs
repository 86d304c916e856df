//! The command line as people and scripts meet it: help, exit codes, streams, colors, completions, schemas.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy doesn't take for tests")]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use clap::{CommandFactory, Parser};
use terrace::cli::Cli;

const VERBS: [&str; 16] = [
    "render",
    "check",
    "diff",
    "compare",
    "impact",
    "explain",
    "graph",
    "publish",
    "schema",
    "helm",
    "kustomize",
    "appset",
    "cache",
    "init",
    "new",
    "completions",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `terrace`, with nothing in its environment that changes how it talks.
fn terrace(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(name);
    }
    command.args(args);
    command
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn run(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The input of a case of testdata/bad, to be worked on.
fn bad(case: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let from = root().join("testdata/bad").join(case).join("in");
    for entry in walkdir::WalkDir::new(&from).min_depth(1) {
        let entry = entry.unwrap();
        let to = dir.path().join(entry.path().strip_prefix(&from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(to).unwrap();
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
    dir
}

fn fleet() -> PathBuf {
    root().join("testdata/fleets/hub-and-spoke")
}

fn without_trailing_blanks(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn the_help_of_every_verb() {
    let listed: Vec<String> =
        Cli::command().get_subcommands().filter(|c| !c.is_hide_set()).map(|c| c.get_name().to_owned()).collect();
    assert_eq!(listed, VERBS);
    let help = run(&mut terrace(&["--help"]));
    assert_eq!((help.code, help.err.as_str()), (0, ""));
    insta::assert_snapshot!("help", without_trailing_blanks(&help.out));
    for verb in VERBS {
        let help = run(&mut terrace(&[verb, "--help"]));
        assert_eq!((help.code, help.err.as_str()), (0, ""), "{verb}");
        insta::assert_snapshot!(format!("help-{verb}"), without_trailing_blanks(&help.out));
    }
    for (verb, inner) in [
        ("helm", "template"),
        ("kustomize", "build"),
        ("appset", "generate"),
        ("new", "cluster"),
        ("new", "team"),
        ("new", "app"),
        ("cache", "dir"),
        ("cache", "stats"),
        ("cache", "prune"),
    ] {
        let help = run(&mut terrace(&[verb, inner, "--help"]));
        assert_eq!((help.code, help.err.as_str()), (0, ""), "{verb} {inner}");
        insta::assert_snapshot!(format!("help-{verb}-{inner}"), without_trailing_blanks(&help.out));
    }
}

#[test]
fn the_examples_of_the_help_are_right() {
    let mut count = 0;
    let cli = Cli::command();
    let inner = cli
        .get_subcommands()
        .filter(|c| matches!(c.get_name(), "helm" | "kustomize" | "appset" | "new" | "cache"))
        .flat_map(|c| c.get_subcommands());
    for command in std::iter::once(&cli).chain(cli.get_subcommands()).chain(inner) {
        let text = command.get_after_help().unwrap().to_string();
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{}", command.get_name());
        for line in text.lines().filter_map(|line| line.strip_prefix("  terrace ")) {
            let words = line.split("  ").next().unwrap().split_whitespace();
            let parsed = Cli::try_parse_from(std::iter::once("terrace").chain(words));
            assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
            count += 1;
        }
    }
    assert!(count > 20, "{count} examples");
}

#[test]
fn exit_codes() {
    let fine = run(&mut terrace(&["-C", fleet().to_str().unwrap(), "check"]));
    assert_eq!((fine.code, fine.out.as_str()), (0, ""), "{}", fine.err);

    let dir = bad("object-owned-twice");
    fs::remove_dir_all(dir.path().join("baseline/dependencies")).unwrap();
    let findings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndatum: {}\n";
    fs::write(dir.path().join("baseline/resources/config.yaml"), findings).unwrap();
    let findings = run(terrace(&["check"]).current_dir(dir.path()));
    assert_eq!(findings.code, 1, "{}", findings.err);
    assert!(findings.out.contains("error[unknown-field]"), "{}", findings.out);

    let nothing = run(terrace(&["render", "-o", "out"]).current_dir(bad("unknown-key").path()));
    assert_eq!((nothing.code, nothing.out.as_str()), (2, ""));
    assert!(nothing.err.contains("error[unknown-key]"), "{}", nothing.err);

    let part = run(terrace(&["render", "-o", "out"]).current_dir(bad("unknown-path").path()));
    assert_eq!((part.code, part.out.as_str()), (3, ""));
    assert!(part.err.contains("1 cluster in out; 1 app held"), "{}", part.err);
}

#[test]
fn mistakes_in_the_call() {
    for (args, says) in [
        ("rendr", "a similar subcommand exists: 'render'"),
        ("render --ouptut", "a similar argument exists: '--output'"),
        ("render --stdout", "--cluster <NAME>"),
        ("check --format=xml", "possible values: human, json, sarif, github, junit"),
        ("check --repo=here", "expected two parts with `=` between them"),
        ("check --threads=0", "number would be zero"),
        ("graph -Cnowhere", "can't go to `nowhere`"),
        ("explain unknown-pth", "did you mean `unknown-path`?"),
    ] {
        let ran = run(&mut terrace(&args.split(' ').collect::<Vec<_>>()));
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args}: {}", ran.err);
        assert!(ran.err.contains(says), "{args}: {}", ran.err);
    }
    let nothing = run(&mut terrace(&[]));
    assert_eq!((nothing.code, nothing.out.as_str()), (2, ""));
    assert!(nothing.err.contains("Usage: terrace"), "{}", nothing.err);
}

/// A check of nothing finds nothing: that isn't to be taken for the answer.
#[test]
fn apps_that_are_not_there_are_told() {
    let fleet = fleet();
    let dir = fleet.to_str().unwrap();
    let ran = run(&mut terrace(&["-C", dir, "check", "--app", "teem-*", "--app", "argocd/*"]));
    assert_eq!(ran.code, 0);
    let said = format!("{}{}", ran.out, ran.err);
    assert!(said.contains("warning[invalid-value]: `--app teem-*`: no cluster has such an app"), "{said}");
    assert!(!said.contains("argocd/*"), "{said}");
    let ran = run(&mut terrace(&["-C", dir, "compare", "dev-01", "dr-01", "--app", "roof"]));
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("error[invalid-value]: `--app roof`: no cluster has such an app"), "{}", ran.err);
    assert!(ran.err.contains("did you mean `root`?"), "{}", ran.err);
}

#[test]
fn version() {
    for flag in ["--version", "-V"] {
        let ran = run(&mut terrace(&[flag]));
        assert_eq!((ran.code, ran.out), (0, format!("terrace {}\n", env!("CARGO_PKG_VERSION"))));
    }
}

#[test]
fn results_go_to_stdout_and_talk_to_stderr() {
    let fleet = fleet();
    let fleet = fleet.to_str().unwrap();
    let stream = run(&mut terrace(&["-C", fleet, "render", "--cluster", "dr-01", "--stdout"]));
    assert_eq!((stream.code, stream.err.as_str()), (0, ""));
    assert!(stream.out.contains("\nkind: Deployment\n"), "{}", stream.out);

    let out = tempfile::tempdir().unwrap();
    let render = run(&mut terrace(&["-C", fleet, "render", "-o", out.path().to_str().unwrap()]));
    assert_eq!((render.code, render.out.as_str()), (0, ""));
    assert!(render.err.contains("6 clusters in "), "{}", render.err);
    assert!(!render.err.contains(['\r', '\x1b']), "progress is for terminals: {:?}", render.err);

    let quiet = run(&mut terrace(&["-C", fleet, "-q", "render", "-o", out.path().to_str().unwrap()]));
    assert_eq!((quiet.code, quiet.out.as_str(), quiet.err.as_str()), (0, "", ""));

    let dir = bad("unknown-key");
    let json = run(terrace(&["check", "--format", "json"]).current_dir(dir.path()));
    assert_eq!((json.code, json.err.as_str()), (2, ""));
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["diagnostics"][0]["code"], "unknown-key");
}

#[test]
fn directories() {
    let dir = bad("unknown-key");
    let inside = dir.path().join("terrace.yaml");
    let text = fs::read_to_string(&inside).unwrap().replace("namespaces:", "namespace:");
    fs::write(&inside, text).unwrap();
    let ran = run(terrace(&["-C", dir.path().to_str().unwrap(), "render", "-o", "out"]).current_dir(root()));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.ends_with("1 cluster in out\n"), "{}", ran.err);
    assert!(dir.path().join("out").is_dir());
    let ran = run(&mut terrace(&["-C", dir.path().to_str().unwrap(), "schema", "-o", "schemas"]));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(dir.path().join("schemas/fleet.schema.json").is_file());
}

#[test]
fn colors() {
    let dir = bad("unknown-key");
    let colored = |args: &[&str], env: Option<(&str, &str)>| {
        let mut command = terrace(args);
        command.current_dir(dir.path()).envs(env);
        run(&mut command).err.contains("\x1b[")
    };
    assert!(!colored(&["check"], None), "stderr is no terminal");
    assert!(colored(&["check", "--color", "always"], None));
    assert!(colored(&["check", "--color", "always"], Some(("NO_COLOR", "1"))), "a flag is above the environment");
    assert!(colored(&["check"], Some(("CLICOLOR_FORCE", "1"))));
    assert!(!colored(&["check", "--color", "never"], Some(("CLICOLOR_FORCE", "1"))));
    assert!(!colored(&["check"], Some(("NO_COLOR", "1"))));
}

#[test]
fn timings() {
    let ran = run(&mut terrace(&["-C", fleet().to_str().unwrap(), "graph", "--timings"]));
    assert_eq!(ran.code, 0);
    let stages: Vec<&str> = ran.err.lines().map(|line| line.split(" ms  ").nth(1).unwrap()).collect();
    assert_eq!(stages, ["open", "values and layers", "render", "assemble", "total"]);
}

/// Large charts are read, parsed and rendered by all threads, some of it at once: that may not show.
#[test]
fn a_large_chart_is_rendered_alike_by_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: String, text: String| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("Chart.yaml".to_owned(), "apiVersion: v2\nname: large\nversion: 1.0.0\n".to_owned());
    write("templates/_helpers.tpl".to_owned(), "{{define \"kind\"}}ConfigMap{{end}}".to_owned());
    for i in 0..100 {
        let text = format!(
            "{{{{- $_ := set .Values \"count\" (add1 (.Values.count | default 0)) }}}}\napiVersion: v1\n\
             kind: {{{{ include \"kind\" . }}}}\nmetadata: {{name: map-{i:03}}}\ndata:\n  count: {{{{ .Values.count | quote }}}}\n  \
             file: {{{{ .Files.Get \"files/{i:03}\" }}}}\n{{{{- if eq 1 0 }}}}\n{}{{{{- end }}}}\n",
            "  more: {{ .Values.more }}\n".repeat(40)
        );
        write(format!("templates/{i:03}.yaml"), text);
        write(format!("files/{i:03}"), format!("text-{i}"));
    }
    let rendered = |threads: &str| {
        let ran = run(&mut terrace(&["--threads", threads, "helm", "template", dir.path().to_str().unwrap()]));
        (ran.code, ran.out, ran.err)
    };
    let (code, out, err) = rendered("1");
    assert_eq!((code, err.as_str()), (0, ""));
    // They share their values, last to first.
    assert!(out.contains("name: map-099}\ndata:\n  count: \"1\"\n  file: text-99\n"), "{out}");
    assert!(out.contains("name: map-000}\ndata:\n  count: \"100\"\n  file: text-0\n"), "{out}");
    for threads in ["2", "3", "8"] {
        assert_eq!(rendered(threads), (0, out.clone(), String::new()), "{threads} threads");
    }
    // The file that is parsed last is no template, and the first one fails: nothing is rendered of such a chart.
    write("templates/000.yaml".to_owned(), "{{ if }}".to_owned());
    write("templates/099.yaml".to_owned(), "{{ fail \"never\" }}".to_owned());
    for threads in ["1", "2", "8"] {
        let (code, out, err) = rendered(threads);
        assert_eq!((code, out.as_str()), (1, ""));
        assert!(err.starts_with("Error: parse error at (large/templates/000.yaml:1): missing value for if"), "{err}");
    }
}

#[test]
fn timings_of_a_chart() {
    let chart = root().join("testdata/fleets/charts/charts/web");
    let ran = run(&mut terrace(&["--timings", "helm", "template", chart.to_str().unwrap()]));
    for stage in ["load", "values", "render", "print", "total"] {
        assert!(ran.err.contains(&format!(" ms  {stage}\n")), "{}", ran.err);
    }
}

#[test]
fn completions() {
    for (shell, has) in [
        ("bash", "complete -F _terrace"),
        ("zsh", "#compdef terrace"),
        ("fish", "complete -c terrace"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let ran = run(&mut terrace(&["completions", shell]));
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{shell}");
        assert!(ran.out.contains(has), "{shell}");
        assert!(VERBS.iter().all(|verb| ran.out.contains(verb)), "{shell}");
    }
}

/// `schemas/` is what `terrace schema` prints; TERRACE_UPDATE=1 makes it so.
#[test]
fn the_schemas_for_editors_are_up_to_date() {
    let update = std::env::var_os("TERRACE_UPDATE").is_some();
    for kind in ["fleet", "cluster", "app", "layer", "inputs"] {
        let ran = run(&mut terrace(&["schema", kind]));
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        let path = root().join(format!("schemas/{kind}.schema.json"));
        if update {
            fs::write(&path, &ran.out).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == ran.out, "{} is old: run the tests with TERRACE_UPDATE=1", path.display());
    }
}
