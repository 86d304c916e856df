//! `terrace graph --format html`: a page that is the same whenever it is made, and holds what JSON holds.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy doesn't take for tests")]

use std::path::Path;
use std::process::Command;

fn graph(dir: &str, args: &[&str]) -> String {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(dir);
    let output = Command::new(env!("CARGO_BIN_EXE_terrace")).arg("graph").args(args).current_dir(dir).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// A page, and what stands between a tag and its end.
fn cut(page: &str, tag: &str) -> (String, String) {
    let end = format!("</{}>", tag.trim_matches(['<', '>']).split(' ').next().unwrap());
    let (before, after) = page.split_once(tag).unwrap();
    let (inside, after) = after.split_once(&end).unwrap();
    (format!("{before}{tag}…{end}{after}"), inside.to_owned())
}

#[test]
fn the_page() {
    let page = graph("bad/mistakes-everywhere/in", &["--format", "html"]);
    let (page, style) = cut(&page, "<style>");
    let (page, script) = cut(&page, "<script>");
    assert!(style.contains("prefers-color-scheme: dark") && script.contains("\"use strict\""));
    let policy = regex::Regex::new("sha256-[A-Za-z0-9+/]{43}=").unwrap();
    assert_eq!(policy.find_iter(&page).count(), 2);
    insta::assert_snapshot!("graph-html", policy.replace_all(&page, "sha256-…"));
}

#[test]
fn the_same_page_every_time() {
    let fleet = "fleets/hub-and-spoke";
    let page = graph(fleet, &["--format", "html"]);
    for threads in ["1", "2", "7"] {
        assert_eq!(graph(fleet, &["--format", "html", "--threads", threads]), page, "{threads} threads");
    }
    let (_, data) = cut(&page, "<script id=\"data\" type=\"application/json\">");
    let json: serde_json::Value = serde_json::from_str(&graph(fleet, &["--format", "json"])).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&data).unwrap(), json);
}
