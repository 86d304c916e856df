//! A hierarchy as a page of its own: one file that works from disk and asks nobody for anything.
//!
//! The page is put together from `templates/graph/`: a frame, a style, a script. The hierarchy goes in as JSON, and the
//! script draws what is opened. Its Content-Security-Policy names the style and the script by their digests, so that
//! nothing that a repository says can run or load anything, even if an escape were forgotten.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest as _;
use sha2::Sha256;

use super::Vertex;

const PAGE: &str = include_str!("../../templates/graph/page.html");
const STYLE: &str = include_str!("../../templates/graph/style.css");
const SCRIPT: &str = include_str!("../../templates/graph/script.js");

pub(super) fn render(root: &Vertex) -> String {
    let json = serde_json::to_string(root).unwrap_or_default();
    let title = format!("Fleet {}", root.name);
    let (title, data, style, script) = (text(&title), in_script(&json), digest(STYLE), digest(SCRIPT));
    fill(PAGE, |name| match name {
        "title" => &title,
        "data" => &data,
        "style" => STYLE,
        "script" => SCRIPT,
        "style-hash" => &style,
        "script-hash" => &script,
        _ => "",
    })
}

/// A frame with its `{{name}}`s filled in; what is filled in is not looked at again.
fn fill<'v>(frame: &str, value: impl Fn(&str) -> &'v str) -> String {
    let mut out = String::new();
    let mut rest = frame;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((name, after)) = after.split_once("}}") else { break };
        out.push_str(value(name));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A text as HTML.
fn text(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// JSON as it may stand in a `<script>`: no `</script>` or `<!--` ends or changes it, and it is JavaScript, too. All of
/// these can be in JSON's strings only, where an escape means the same.
fn in_script(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// The digest of a style or script, as a Content-Security-Policy names it.
fn digest(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Kind, Vertex, render};

    /// A fleet whose every text tries to get out of where it stands.
    fn hostile() -> Vertex {
        let bad = "</script><!--<b>&\"'`\u{2028}\u{2029}{{script}}\u{7}${1}";
        let mut app = Vertex::new(Kind::Application, bad);
        app.cluster = Some(bad.to_owned());
        app.namespace = Some(bad.to_owned());
        app.sources = vec![bad.to_owned()];
        app.held = Some(bad.to_owned());
        app.parameters = Some(serde_json::json!({bad: [bad]}));
        let mut root = Vertex::new(Kind::Fleet, bad);
        root.children.push(app);
        root
    }

    fn between<'t>(page: &'t str, start: &str, end: &str) -> &'t str {
        page.split_once(start).unwrap().1.split_once(end).unwrap().0
    }

    #[test]
    fn nothing_gets_out() {
        let page = render(&hostile(), Format::Html);
        assert_eq!(page.matches("</script>").count(), 2);
        assert_eq!(page.matches("<!--").count(), 0);
        assert!(!page.contains(['\u{2028}', '\u{2029}', '\u{7}']));
        assert_eq!(page.matches("<b>").count(), 0);
        // What is filled in isn't filled in again: the script is there once.
        assert_eq!(page.matches("\"use strict\"").count(), 1);
        let data = between(&page, "type=\"application/json\">", "</script>");
        let read: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(read, serde_json::to_value(hostile()).unwrap());
        let title = between(&page, "<title>", "</title>");
        assert!(title.starts_with("Fleet &lt;/script&gt;&lt;!--&lt;b&gt;&amp;&quot;&#39;`"), "{title}");
    }

    /// Nothing is loaded: no address of a thing to fetch, and a policy that forbids it.
    #[test]
    fn it_asks_nobody() {
        let page = render(&Vertex::new(Kind::Fleet, "acme"), Format::Html);
        for word in ["http:", "https:", "src=", "url(", "@import", "import(", "fetch(", "innerHTML", "<link"] {
            assert!(!page.contains(word), "{word}");
        }
        let policy = between(&page, "Content-Security-Policy\" content=\"", "\">");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        // The digests are of what stands between the tags, to the byte.
        for (tag, end) in [("<style>", "</style>"), ("<script>", "</script>")] {
            assert!(policy.contains(&super::digest(between(&page, tag, end))), "{tag}");
        }
    }
}
