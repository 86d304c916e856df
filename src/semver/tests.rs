//! Held against Masterminds/semver: `testdata/semver` says with which program.

use serde_json::Value as Json;

use super::*;

fn text<'a>(case: &'a Json, key: &str) -> &'a str {
    case.get(key).and_then(Json::as_str).unwrap_or_default()
}

/// The cases of a file, one JSON object a line.
fn cases(file: &str) -> Vec<Json> {
    let path = format!("{}/testdata/semver/{file}", env!("CARGO_MANIFEST_DIR"));
    let cases: Vec<_> =
        std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(cases.len() > 100);
    cases
}

#[test]
fn versions_are_read_as_the_original_reads_them() {
    let shown = |read: Result<Version, Error>| match read {
        Ok(v) => v.to_string(),
        Err(e) => format!("error: {e}"),
    };
    for case in cases("versions.jsonl") {
        let input = text(&case, "in");
        assert_eq!(shown(Version::new(input)), text(&case, "new"), "{input:?}");
        assert_eq!(shown(Version::strict(input)), text(&case, "strict"), "{input:?}");
    }
}

#[test]
fn constraints_hold_for_the_same_versions() {
    for case in cases("constraints.jsonl") {
        let input = text(&case, "in");
        let constraints = match Constraints::new(input) {
            Ok(constraints) => constraints,
            Err(error) => {
                assert_eq!(error.to_string(), text(&case, "error"), "{input:?}");
                continue;
            }
        };
        assert_eq!("", text(&case, "error"), "{input:?}");
        assert_eq!(constraints.to_string(), text(&case, "string"), "{input:?}");
        for (found, expected) in case["versions"].as_object().unwrap() {
            let version = Version::new(found).unwrap();
            let reasons = constraints.reasons(&version);
            let expected: Vec<&str> = expected.as_array().unwrap().iter().map(|r| r.as_str().unwrap()).collect();
            assert_eq!(reasons, expected, "{input:?} {found:?}");
            assert_eq!(constraints.check(&version), expected.is_empty(), "{input:?} {found:?}");
        }
    }
}

#[test]
fn versions_are_in_order() {
    for case in cases("order.jsonl") {
        let (a, b) = (Version::new(text(&case, "a")).unwrap(), Version::new(text(&case, "b")).unwrap());
        assert_eq!(a.cmp(&b) as i64, case["order"].as_i64().unwrap(), "{case}");
    }
}
