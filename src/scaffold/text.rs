//! Texts with gaps, and what may be put into YAML.

/// A text with its `[[name]]`s filled in; what is filled in isn't looked at again.
pub(super) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[[") {
        out.push_str(before);
        let Some((name, after)) = after.split_once("]]") else { break };
        out.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A string as a YAML scalar that every reader takes for a string: plain where that is safe, else in double quotes.
pub(super) fn scalar(text: &str) -> String {
    const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    // JSON's strings are YAML's.
    if plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

/// The comment that tells an editor the schema of a file, where `terrace.yaml` has one for itself: the same place, for
/// another kind of file, seen from `below` directories further down.
pub(super) fn schema_comment(fleet_text: &str, kind: &str, path: &str) -> String {
    let place = fleet_text.lines().find_map(|line| line.strip_prefix("# yaml-language-server: $schema="));
    let Some(base) = place.and_then(|place| place.trim().strip_suffix("fleet.schema.json")) else {
        return String::new();
    };
    let up = if base.contains("://") || base.starts_with('/') { 0 } else { path.matches('/').count() };
    let base = base.strip_prefix("./").unwrap_or(base);
    format!("# yaml-language-server: $schema={}{base}{kind}.schema.json\n", "../".repeat(up))
}

#[cfg(test)]
mod tests {
    use super::{fill, scalar, schema_comment};

    #[test]
    fn gaps_are_filled_once() {
        assert_eq!(fill("a [[x]] {{ y }} [[y]][[z]].", &[("x", "[[y]]"), ("y", "2")]), "a [[y]] {{ y }} 2.");
    }

    #[test]
    fn strings_stay_strings() {
        for (text, yaml) in [
            ("web", "web"),
            ("web-01", "web-01"),
            ("1e3", "\"1e3\""),
            ("123", "\"123\""),
            ("true", "\"true\""),
            ("No", "\"No\""),
            ("", "\"\""),
            ("a: b", "\"a: b\""),
            ("https://a.example:6443", "\"https://a.example:6443\""),
            ("a\"\n", "\"a\\\"\\n\""),
        ] {
            assert_eq!(scalar(text), yaml);
        }
    }

    #[test]
    fn the_schema_from_where_a_file_stands() {
        let text = "# yaml-language-server: $schema=schemas/fleet.schema.json\nkind: Fleet\n";
        let comment = |path| schema_comment(text, "cluster", path);
        assert_eq!(comment("clusters/a.yaml"), "# yaml-language-server: $schema=../schemas/cluster.schema.json\n");
        assert_eq!(comment("a.yaml"), "# yaml-language-server: $schema=schemas/cluster.schema.json\n");
        assert_eq!(schema_comment("kind: Fleet\n", "app", "a/app.yaml"), "");
        let url = "# yaml-language-server: $schema=https://example.com/fleet.schema.json\n";
        assert_eq!(
            schema_comment(url, "app", "a/b/app.yaml"),
            "# yaml-language-server: $schema=https://example.com/app.schema.json\n"
        );
    }
}
