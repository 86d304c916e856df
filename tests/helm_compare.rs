//! The comparison with Helm leaves open what Helm doesn't repeat, and nothing more.
//! (`examples/helm_compare` runs it; this holds its judgement.) And dependencies are found for the charts it is run on.
#[path = "../examples/helm_compare/pattern.rs"]
mod pattern;
#[path = "../examples/helm_corpus/range.rs"]
mod range;

use pattern::{Misfit, Pattern};

const FIRST: &str =
    "kind: Secret\ndata:\n  password: \"aGVsbG8K\"\n  user: admin\nmetadata: {checksum: 1f, port: 80}\n";
const SECOND: &str =
    "kind: Secret\ndata:\n  password: \"d29ybGQK\"\n  user: admin\nmetadata: {checksum: 2e, port: 80}\n";

#[test]
fn only_what_differs_is_open() {
    let pattern = Pattern::new(FIRST, &[SECOND]);
    assert_eq!(pattern.masked(), 2);
    assert_eq!(pattern.fit(FIRST), Ok(()));
    assert_eq!(pattern.fit(SECOND), Ok(()));
    assert_eq!(pattern.fit(&FIRST.replace("aGVsbG8K", "c2VlZGVk").replace("1f", "77")), Ok(()));
    for (old, new, line) in [
        ("admin", "root", 3),
        ("port: 80", "port: 81", 4),
        ("\"aGVsbG8K\"", "aGVsbG8K", 2),
        ("\"aGVsbG8K\"", "\"aGVsbG8K\" ", 2),
        ("  user: admin\n", "", 3),
        ("kind", "\nkind", 0),
    ] {
        assert_eq!(pattern.fit(&FIRST.replace(old, new)), Err(Misfit { expected: line, found: line }), "{old} {new}");
    }
    assert!(pattern.fit(&FIRST.replace("80}\n", "80}")).is_err());
    assert_eq!(pattern.fit(&format!("{FIRST}more\n")), Err(Misfit { expected: 5, found: 5 }));
}

#[test]
fn nothing_is_open_where_runs_are_equal() {
    let pattern = Pattern::new(FIRST, &[FIRST, FIRST]);
    assert_eq!(pattern.masked(), 0);
    assert!(pattern.fit(SECOND).is_err());
}

#[test]
fn every_run_opens_its_part() {
    let pattern = Pattern::new("a: 1\nb: 1\nc: 1\n", &["a: 2\nb: 1\nc: 1\n", "a: 1\nb: 1\nc: 3\n"]);
    assert_eq!(pattern.fit("a: 9\nb: 1\nc: 9\n"), Ok(()));
    assert_eq!(pattern.fit("a: 9\nb: 2\nc: 9\n").unwrap_err().expected, 1);
}

/// Certificates have a line more or less, from run to run.
#[test]
fn lines_that_come_and_go() {
    let pattern = Pattern::new("a\nxx\nyy\nb\nend\n", &["a\nzz\nb\nend\n"]);
    for lines in ["", "q\n", "q\nr\ns\nt\n"] {
        assert_eq!(pattern.fit(&format!("a\n{lines}b\nend\n")), Ok(()));
    }
    assert!(pattern.fit("a\nq\nend\n").is_err());
    assert!(pattern.fit("a\nq\nb\nend\nmore\n").is_err());
}

#[test]
fn ranges_of_dependencies() {
    for (range, yes, no) in [
        ("1.42.*", "1.42.0 1.42.7", "1.4.2 1.43.0 2.42.0"),
        ("2.x.x", "2.0.0 2.31.4", "1.9.0 3.0.0"),
        ("*", "0.0.1 v9.0.0", "1.0.0-rc.1"),
        ("^1.2", "1.2.0 1.9.9", "1.1.9 2.0.0"),
        ("^0.2.3", "0.2.3 0.2.9", "0.2.2 0.3.0 1.0.0"),
        ("~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3.0"),
        ("~1", "1.0.0 1.9.0", "2.0.0"),
        (">= 1.2, < 2 || 4.*", "1.2.0 1.9.0 4.5.0", "1.1.9 2.0.0 3.0.0"),
        (">=1.2.0 <1.4.0", "1.2.0 1.3.9", "1.4.0"),
        ("=1.2.3", "1.2.3 v1.2.3", "1.2.4"),
        ("!=1.2", "1.3.0", "1.2.9"),
        (">1.2", "1.3.0", "1.2.9 1.2.0"),
        ("<=1.2", "1.2.9 0.1.0", "1.3.0"),
        (">=1.2.0-0", "1.2.1-rc.1 1.2.0", "1.1.0"),
        ("nonsense", "", "1.0.0"),
    ] {
        for version in yes.split_whitespace() {
            assert!(range::accepts(range, version), "{range} {version}");
        }
        for version in no.split_whitespace() {
            assert!(!range::accepts(range, version), "{range} {version}");
        }
    }
    assert!(range::same("v1.2.0", "1.2.0") && !range::same("1.2.0", "1.2"));
}
