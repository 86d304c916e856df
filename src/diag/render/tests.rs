use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::diag::{ALL, Code, Severity, Subject};
use crate::provenance::{ReadSet, RenderMap, Segment, ValueRead};
use crate::source::{FileId, Origin, SourceFile, SourceKind, Span};

const PLAIN: Format = Format::Human { color: false, unicode: true, width: 100 };

/// The span of the first `what` in a file.
fn span(file: &SourceFile, what: &str) -> Span {
    let at = file.text.find(what).expect("the text holds it");
    Span::new(file.id, at..at + what.len())
}

fn origin(file: &SourceFile, what: &str) -> Origin {
    Origin::new(file.id, span(file, what).start as usize)
}

fn file(sources: &Sources, name: &str, text: &str) -> Arc<SourceFile> {
    sources.add(name, text, SourceKind::File)
}

/// What a template with one `{{ … }}` makes when that gives `value`, and the value was set at `set`.
fn rendered(sources: &Sources, template: &SourceFile, value: &str, set: Origin) -> Arc<SourceFile> {
    let text = &template.text;
    let (open, close) = (text.find("{{").unwrap(), text.find("}}").unwrap() + 2);
    let path = ["values", "apps", "web", "replicas"].map(Into::into).to_vec();
    let read = ReadSet::one(ValueRead { path, origin: set });
    let none = ReadSet::NONE;
    let segment = |start: usize, range, reads: &ReadSet, exact| Segment {
        start: u32::try_from(start).unwrap(),
        template: Span::new(template.id, range),
        reads: reads.clone(),
        around: ReadSet::NONE,
        exact,
    };
    let segments = vec![
        segment(0, 0..open, &none, false),
        segment(open, open..close, &read, true),
        segment(open + value.len(), close..text.len(), &none, false),
    ];
    let output = format!("{}{value}{}", &text[..open], &text[close..]);
    sources.add(format!("{} rendered", template.name), output, SourceKind::Rendered(Arc::new(RenderMap { segments })))
}

fn on(cluster: &str, app: &str, object: &str, field: &str) -> Subject {
    let some = |s: &str| (!s.is_empty()).then(|| Arc::from(s));
    Subject { cluster: some(cluster), app: some(app), object: some(object), field: some(field) }
}

fn with(mut diagnostic: Diagnostic, subject: Subject) -> Diagnostic {
    diagnostic.subject = subject;
    diagnostic
}

const VALUES: &str = "apps:\n  web:\n    replicas: abc\n    image: nginx:1.27\n  api:\n    enabel: true\n";
const TEMPLATE: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: {{ values.apps.web.replicas }}\n  paused: maybe\n";

/// Two files and a rendered one, and what can be wrong with them. Two of the findings are the same on many clusters.
fn fixture() -> (Sources, Vec<Diagnostic>) {
    let sources = Sources::new();
    let template = file(&sources, "baseline/resources/web.yaml.j2", TEMPLATE);
    let values = file(&sources, "values/values.yaml", VALUES);
    let mut list = vec![
        Diagnostic::error(Code::OBJECT_OWNED_TWICE, "ConfigMap default/settings is made by two apps")
            .at_span(span(&template, "Deployment"), "app `web` makes it here")
            .also(origin(&values, "nginx:1.27"), "app `api` makes it here")
            .hint("let one of them own it, and patch it from the other")
            .hint("or give one of them another name"),
        Diagnostic::warning(Code::UNKNOWN_KEY, "`enabel` is not a key of an app")
            .at_span(span(&values, "enabel"), "unknown")
            .also(origin(&values, "web:"), "")
            .did_you_mean("enabel", ["enable", "wave"]),
        Diagnostic::note(Code::ASSUMED_CLUSTER, "`prod-09` is taken as a cluster, since no file declares any"),
    ];
    let many = (1..=5).rev().map(|n| format!("prod-{n:02}"));
    for cluster in many {
        let text = rendered(&sources, &template, "abc", origin(&values, "abc"));
        let replicas = Diagnostic::error(Code::INVALID_OBJECT, "`spec.replicas` must be an integer, found a string")
            .at_span(span(&text, "abc"), "a string")
            .within(format!("rendered for app web on {cluster}"), None)
            .within("found in the layer baseline", Some(span(&template, "apiVersion")));
        list.push(with(replicas, on(&cluster, "web", "Deployment.apps/web", "/spec/replicas")));
        let paused = Diagnostic::warning(Code::INVALID_OBJECT, "`spec.paused` must be a boolean")
            .at_span(span(&text, "maybe"), "");
        list.push(with(paused, on(&cluster, "web", "Deployment.apps/web", "/spec/paused")));
    }
    (sources, list)
}

fn shown(format: Format) -> String {
    let (sources, list) = fixture();
    render(&list, &sources, format)
}

#[test]
fn human_with_unicode() {
    insta::assert_snapshot!(shown(PLAIN));
}

#[test]
fn human_in_ascii_and_narrow() {
    insta::assert_snapshot!(shown(Format::Human { color: false, unicode: false, width: 60 }));
}

#[test]
fn json() {
    let text = shown(Format::Json);
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    insta::assert_snapshot!(text);
}

#[test]
fn sarif() {
    // The pages change more often than the format.
    insta::assert_snapshot!(without_pages(&shown(Format::Sarif)));
}

fn without_pages(text: &str) -> String {
    let mut value: serde_json::Value = serde_json::from_str(text).expect("valid JSON");
    for rule in value["runs"][0]["tool"]["driver"]["rules"].as_array_mut().expect("rules") {
        let code = Code::find(rule["id"].as_str().expect("an id")).expect("a code");
        assert_eq!(rule["help"]["markdown"], code.page().trim());
        assert_eq!(rule["shortDescription"]["text"], code.summary());
        rule.as_object_mut().expect("a rule").retain(|key, _| key == "id");
    }
    format!("{value:#}\n")
}

#[test]
fn github() {
    insta::assert_snapshot!(shown(Format::Github));
}

#[test]
fn junit() {
    insta::assert_snapshot!(shown(Format::Junit));
}

#[test]
fn nothing_to_say() {
    let sources = Sources::new();
    assert_eq!(render(&[], &sources, PLAIN), "");
    assert_eq!(render(&[], &sources, Format::Github), "");
    assert_eq!(summary(&[], &sources), "no findings");
    assert!(render(&[], &sources, Format::Junit).contains("<testcase classname=\"terrace\" name=\"no findings\"/>"));
}

#[test]
fn the_summary_counts_what_is_shown() {
    let (sources, list) = fixture();
    assert_eq!(summary(&list, &sources), "2 errors, 2 warnings, 1 note");
}

#[test]
fn the_order_of_finding_does_not_matter() {
    let (sources, mut list) = fixture();
    let forward = Format::Json;
    let expected = render(&list, &sources, forward);
    list.reverse();
    assert_eq!(render(&list, &sources, forward), expected);
    let mut again = list.clone();
    again.rotate_left(5);
    sort(&mut again, &sources);
    sort(&mut list, &sources);
    assert_eq!(again, list);
    assert_eq!(again.first().map(|d| d.code), Some(Code::ASSUMED_CLUSTER), "those without a place come first");
}

#[test]
fn folding_keeps_everybody_concerned() {
    let (sources, list) = fixture();
    let folded = fold(&list, &sources);
    assert_eq!(folded.len(), 5);
    let many: Vec<_> = folded.iter().filter(|f| f.subjects.len() == 5).collect();
    assert_eq!(many.len(), 2);
    assert_eq!(many[0].subjects[0].cluster.as_deref(), Some("prod-01"));
    // Another severity or another message is another finding.
    let a = Diagnostic::error(Code::GIT_FAILED, "a");
    let b = Diagnostic::warning(Code::GIT_FAILED, "a");
    let c = Diagnostic::error(Code::GIT_FAILED, "c");
    assert_eq!(fold(&[a.clone(), b, c, a], &sources).len(), 3);
}

/// The human text of one finding at one span of one file.
fn one(text: &str, range: std::ops::Range<usize>, label: &str, width: usize) -> String {
    let sources = Sources::new();
    let file = file(&sources, "a.yaml", text);
    let found = Diagnostic::error(Code::WRONG_TYPE, "wrong").at_span(Span::new(file.id, range), label);
    render(&[found], &sources, Format::Human { color: false, unicode: true, width })
}

#[test]
fn a_minified_megabyte_is_clipped_around_the_label() {
    let mut text = "{\"a\":[".to_owned();
    while text.len() < 500_000 {
        text.push_str("{\"kind\":\"X\"},");
    }
    let at = text.len();
    text.push_str("\"here\",");
    while text.len() < 1_000_000 {
        text.push_str("{\"kind\":\"X\"},");
    }
    let drawn = one(&text, at..at + 6, "a string", 80);
    assert!(drawn.lines().all(|line| line.chars().count() <= 80), "{drawn}");
    insta::assert_snapshot!(drawn);
    // A label as long as the line is cut as well.
    let all = one(&text, 0..text.len(), "all of it", 80);
    assert!(all.lines().all(|line| line.chars().count() <= 80), "{all}");
    assert!(all.contains("[a.yaml:1:1]"), "{all}");
    let sources = Sources::new();
    let file = file(&sources, "a.yaml", &text);
    let found = Diagnostic::error(Code::WRONG_TYPE, "wrong").at_span(Span::new(file.id, at..at + 6), "");
    let ascii = render(&[found], &sources, Format::Human { color: false, unicode: false, width: 80 });
    assert!(ascii.is_ascii() && ascii.lines().all(|line| line.len() <= 80), "{ascii}");
    assert!(ascii.contains("...") && ascii.contains("\"here\""), "{ascii}");
}

#[test]
fn two_labels_far_apart_on_a_long_line_are_both_shown() {
    let text = format!("first{}second\n", "-".repeat(5000));
    let sources = Sources::new();
    let file = file(&sources, "a.yaml", &text);
    let found = Diagnostic::error(Code::DUPLICATE_KEY, "twice")
        .at_span(span(&file, "second"), "again")
        .also(origin(&file, "first"), "the first");
    insta::assert_snapshot!(render(&[found], &sources, Format::Human { color: false, unicode: true, width: 60 }));
}

#[test]
fn odd_texts() {
    let texts = [
        ("crlf", "a: 1\r\nb: 2\r\nc: 3\r\n", 6..7),
        ("tabs", "a:\n\tb:\t2\n", 4..5),
        ("wide", "名前: 値\n", 8..11),
        ("over lines", "a:\n  b: 1\n  c: 2\n", 0..16),
        ("empty", "", 0..0),
        ("end of file", "a: 1\n", 5..5),
        ("end of line", "a: 1\nb: 2\n", 4..5),
        ("beyond", "a: 1", 90..99),
        ("controls", "a: \u{1b}[31mred\u{202e}\u{7}\n", 3..4),
        ("within a character", "é: 1\n", 1..2),
    ];
    let all: Vec<String> =
        texts.iter().map(|(name, text, range)| format!("{name}\n{}", one(text, range.clone(), "here", 80))).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn nothing_reaches_the_terminal_but_text() {
    let sources = Sources::new();
    let file = file(&sources, "a\u{1b}b.yaml", "x: \u{1b}]0;title\u{7}\n");
    let bad = "bad\u{1b}[2J\u{202e}";
    let found = Diagnostic::error(Code::WRONG_TYPE, bad)
        .at_span(Span::new(file.id, 0..2), bad)
        .hint(bad)
        .within(bad, Some(Span::new(file.id, 0..1)));
    let found = with(found, on(bad, bad, bad, bad));
    for format in [PLAIN, Format::Github, Format::Junit] {
        let text = render(std::slice::from_ref(&found), &sources, format);
        assert!(!text.contains(['\u{1b}', '\u{7}']), "{text:?}");
    }
}

#[test]
fn github_escapes_what_its_commands_are_made_of() {
    let sources = Sources::new();
    let file = file(&sources, "a,b:c.yaml", "x: 1\n");
    let found = Diagnostic::error(Code::WRONG_TYPE, "100%\n::error::x").at_span(Span::new(file.id, 3..4), "");
    assert_eq!(
        render(&[found], &sources, Format::Github),
        "::error file=a%2Cb%3Ac.yaml,line=1,col=4,endLine=1,endColumn=4,title=wrong-type::100%25%0A::error::x\n"
    );
}

#[test]
fn junit_escapes_for_xml() {
    let sources = Sources::new();
    let found = Diagnostic::error(Code::WRONG_TYPE, "<a b=\"c\">&\u{1}\n\u{ffff}");
    let text = render(&[found], &sources, Format::Junit);
    assert!(text.contains("message=\"&lt;a b=&quot;c&quot;&gt;&amp;\u{fffd}&#10;\u{fffd}\""), "{text}");
}

#[test]
fn a_label_over_several_segments_covers_them_in_the_template() {
    let sources = Sources::new();
    let template = file(&sources, "web.yaml.j2", TEMPLATE);
    let text = rendered(&sources, &template, "abc", Origin::NONE);
    let whole = Diagnostic::error(Code::WRONG_TYPE, "wrong").at_span(span(&text, "replicas: abc"), "");
    let all = finding::findings(std::slice::from_ref(&whole), &sources);
    let mark = all[0].primary.as_ref().expect("a place");
    assert_eq!(&template.text[mark.place.range.clone()], "replicas: {{ values.apps.web.replicas }}");
    assert_eq!(mark.rendered.as_deref(), Some("replicas: abc"));
}

#[test]
fn a_template_that_a_template_made_leads_to_the_first() {
    let sources = Sources::new();
    let template = file(&sources, "set.yaml.j2", "a: {{ x }}\n");
    let middle = rendered(&sources, &template, "{{ y }}", Origin::NONE);
    let text = rendered(&sources, &middle, "abc", Origin::NONE);
    let found = Diagnostic::error(Code::WRONG_TYPE, "wrong").at_span(span(&text, "abc"), "here");
    let all = finding::findings(std::slice::from_ref(&found), &sources);
    let mark = all[0].primary.as_ref().expect("a place");
    assert_eq!((mark.place.file.name.as_str(), &template.text[mark.place.range.clone()]), ("set.yaml.j2", "{{ x }}"));
    assert_eq!(mark.rendered.as_deref(), Some("a: abc"));
}

#[test]
fn origins_without_a_text_are_never_shown() {
    let sources = Sources::new();
    for id in [FileId::NONE, FileId::TRANSIENT, FileId::DERIVED] {
        let found = Diagnostic::error(Code::WRONG_TYPE, "wrong")
            .at_span(Span { file: id, start: 1, end: 2 }, "here")
            .also(Origin { file: id, at: 1 }, "there");
        assert_eq!(render(&[found], &sources, PLAIN), "error[wrong-type]: wrong\n");
    }
}

#[test]
fn colours_are_only_used_where_allowed() {
    let (sources, list) = fixture();
    let colored = render(&list, &sources, Format::Human { color: true, unicode: true, width: 100 });
    assert!(colored.contains("\u{1b}[31merror[invalid-object]:"), "{colored}");
    let mut plain = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    let trimmed = |text: &str| text.lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(trimmed(&plain), trimmed(&shown(PLAIN)));
}

/// Texts with all that drawing has to mind.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z:{}\" -]{0,12}",
        2 => Just("\n".to_owned()),
        1 => Just("\r\n".to_owned()),
        1 => Just("\t".to_owned()),
        1 => Just("\r".to_owned()),
        1 => Just("値😀e\u{301}\u{200d}".to_owned()),
        1 => Just("\u{1b}[31m\0\u{202e}\u{feff}\u{2028}\u{85}".to_owned()),
        1 => Just("x".repeat(300)),
    ];
    proptest::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

fn offsets() -> impl Strategy<Value = (u8, u32, u32)> {
    (0..4u8, prop_oneof![9 => 0..400u32, 1 => any::<u32>()], prop_oneof![9 => 0..400u32, 1 => any::<u32>()])
}

proptest! {
    #[test]
    fn no_text_and_no_span_is_too_odd(
        texts in proptest::collection::vec(texts(), 3),
        spans in proptest::collection::vec(offsets(), 0..7),
        segments in proptest::collection::vec(offsets(), 0..5),
        words in texts(),
        color in any::<bool>(),
        unicode in any::<bool>(),
        width in 0..200usize,
    ) {
        let sources = Sources::new();
        let mut files: Vec<FileId> = texts.iter().take(2).map(|text| file(&sources, &words, text).id).collect();
        let at = |file: u8, files: &[FileId]| files.get(usize::from(file)).copied().unwrap_or(FileId::TRANSIENT);
        let mut segments: Vec<Segment> = segments.iter().map(|(to, start, end)| Segment {
            start: *start % 400,
            template: Span { file: at(*to, &files), start: *end % 300, end: *start },
            reads: ReadSet::one(ValueRead { path: vec!["values".into()], origin: Origin::new(at(0, &files), *end as usize) }),
            around: ReadSet::NONE,
            exact: start % 2 == 0,
        }).collect();
        segments.sort_by_key(|s| s.start);
        let map = SourceKind::Rendered(Arc::new(RenderMap { segments }));
        files.push(sources.add("rendered", texts[2].as_str(), map).id);
        let labels: Vec<Span> = spans.iter().map(|(to, start, end)| Span { file: at(*to, &files), start: *start, end: *end }).collect();
        let mut found = Diagnostic::new(ALL[width % ALL.len()], Severity::Error, words.clone()).hint(words.clone());
        for (i, span) in labels.iter().enumerate() {
            if i == 0 && color {
                found = found.at_span(*span, words.clone());
            } else {
                found.secondary.push(crate::diag::Label { span: *span, text: words.clone() });
            }
        }
        found = found.within(words.clone(), labels.last().copied());
        found = with(found, on(&words, &words, "", ""));
        let list = [found];
        let human = render(&list, &sources, Format::Human { color, unicode, width });
        prop_assert!(human.contains(list[0].code.name()));
        prop_assert!(!human.contains("Failed to read"), "{}", human);
        let safe = |c: char| c == '\n' || !words::unsafe_to_print(c) || (color && c == '\u{1b}');
        prop_assert!(human.chars().all(safe), "{:?}", human);
        for format in [Format::Json, Format::Sarif] {
            let text = render(&list, &sources, format);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
        }
        let github = render(&list, &sources, Format::Github);
        prop_assert_eq!(github.lines().count(), 1);
        let junit = render(&list, &sources, Format::Junit);
        let control = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\u{7f}'..='\u{9f}');
        prop_assert!(!junit.contains(control), "{:?}", junit);
        let tags = ["?xml", "testsuite", "/testsuite", "testcase", "/testcase", "failure", "/failure"];
        prop_assert!(junit.split('<').skip(1).all(|rest| tags.iter().any(|tag| rest.starts_with(tag))));
    }
}
