//! `terrace man`: a page for every verb, and every flag on its page.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command as Process;

use clap::{Command, CommandFactory as _};
use terrace::cli::Cli;

/// The verbs and what is told of each, as the command line has them.
fn told(command: &Command, name: &str, into: &mut Vec<(String, Vec<String>)>) {
    let mut words = Vec::new();
    for argument in command.get_arguments().filter(|a| !a.is_hide_set()) {
        words.extend(argument.get_long().map(|long| format!("--{long}")));
        words.extend(argument.get_short().map(|short| format!("-{short}")));
    }
    into.push((name.to_owned(), words));
    for verb in command.get_subcommands().filter(|v| !v.is_hide_set() && v.get_name() != "help") {
        told(verb, &format!("{name}-{}", verb.get_name()), into);
    }
}

#[test]
fn a_page_for_every_verb() {
    let tmp = tempfile::tempdir().unwrap();
    let terrace = || Process::new(env!("CARGO_BIN_EXE_terrace"));
    let ran = terrace().args(["man", "-o", "man1"]).current_dir(tmp.path()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let mut command = Cli::command();
    command.build();
    let mut verbs = Vec::new();
    told(&command, "terrace", &mut verbs);
    let files = fs::read_dir(tmp.path().join("man1")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.collect();
    assert_eq!(files, verbs.iter().map(|(name, _)| format!("{name}.1")).collect());
    for (name, words) in &verbs {
        let page = fs::read_to_string(tmp.path().join("man1").join(format!("{name}.1"))).unwrap();
        // roff writes a hyphen as `\-`.
        let plain = page.replace("\\-", "-").replace("\\fR", "").replace("\\fB", "").replace("\\fI", "");
        for word in words {
            assert!(plain.contains(word.as_str()), "{name}: {word}");
        }
        assert!(page.contains(&format!(".TH {} 1", name.to_uppercase())), "{name}: {}", page.lines().nth(3).unwrap());
        assert!(plain.contains("Examples:"), "{name}");
    }
    let out = terrace().arg("man").output().unwrap().stdout;
    assert_eq!(out, fs::read(tmp.path().join("man1/terrace.1")).unwrap());
}
