//! What would fill the memory or the stack, or never end, ends with a limit, soon.

use std::time::{Duration, Instant};

use super::{Failed, Files, Profile, render};

/// How long a render may take until it meets its limit; a debug build, on a busy machine.
const SOON: Duration = Duration::from_secs(60);

fn run(template: &str) -> Result<Files, Failed> {
    let files = Files::from([("a".to_owned(), template.as_bytes().to_vec())]);
    let start = Instant::now();
    let plain = render(&files, "{a: {b: c}, l: [1, 2], s: text}", Profile::Helm4, false);
    // Recording must end as well.
    let recorded = render(&files, "{a: {b: c}, l: [1, 2], s: text}", Profile::Helm3, true);
    assert_eq!(plain.is_ok(), recorded.is_ok(), "{template}");
    assert!(start.elapsed() < 2 * SOON, "{template} took {:?}", start.elapsed());
    plain
}

fn limited(templates: &[&str]) {
    for template in templates {
        match run(template) {
            Ok(made) => panic!("{template} made {} bytes", made.values().map(Vec::len).sum::<usize>()),
            Err(failed) => assert!(failed.limit, "{template}: {}", failed.text),
        }
    }
}

/// Ends one way or the other.
fn ends(templates: &[&str]) {
    for template in templates {
        let _: Result<Files, Failed> = run(template);
    }
}

#[test]
fn templates_without_end() {
    limited(&[
        r#"{{ define "t" }}{{ template "t" . }}{{ end }}{{ template "t" . }}"#,
        r#"{{ define "t" }}{{ if true }}{{ with 1 }}{{ range list 1 }}{{ template "t" . }}{{ end }}{{ end }}{{ end }}{{ end }}{{ template "t" . }}"#,
        r#"{{ define "t" }}{{ print (print (print (tpl "{{ template \"t\" . }}" .))) }}{{ end }}{{ template "t" . }}"#,
        r#"{{ $t := "{{ tpl .t . }}" }}{{ tpl $t (dict "t" $t) }}"#,
        r#"{{ $t := "{{ tpl (print .t \" \") (dict \"t\" (print .t \" \")) }}" }}{{ tpl $t (dict "t" $t) }}"#,
        r#"{{ define "t" }}{{ range until 1000 }}{{ range until 1000 }}{{ range until 1000 }}{{ end }}{{ end }}{{ end }}{{ end }}{{ template "t" . }}"#,
    ]);
    // Helm's own limit.
    let failed = run(r#"{{ define "t" }}{{ include "t" . }}{{ end }}{{ include "t" . }}"#).err().unwrap();
    assert!(!failed.limit && failed.text.contains("nested reference name: t: unable"), "{}", failed.text);
    let failed = run(
        r#"{{ define "t" }}{{ include "u" . }}{{ end }}{{ define "u" }}{{ tpl "{{ include \"t\" . }}" . }}{{ end }}{{ include "t" . }}"#,
    );
    assert!(failed.err().unwrap().text.contains("nested reference name"));
}

#[test]
fn expressions_without_end() {
    let nested = |open: &str, close: &str, n: usize| format!("{{{{ print {}1{} }}}}", open.repeat(n), close.repeat(n));
    ends(&[
        &nested("(", ")", 100_000),
        &nested("(print ", ")", 5000),
        &nested("(list ", ")", 5000),
        &format!("{}x{}", "{{ if true }}".repeat(5000), "{{ end }}".repeat(5000)),
        &format!("{}x{}", "{{ range list 1 }}".repeat(2000), "{{ end }}".repeat(2000)),
        &format!("{{{{ .Values{} }}}}", ".a".repeat(100_000)),
        &format!("{{{{ 1{} }}}}", " | print".repeat(50_000)),
    ]);
}

#[test]
fn texts_without_end() {
    limited(&[
        r#"{{ $s := "abcdefgh" }}{{ range until 60 }}{{ $s = print $s $s }}{{ end }}{{ len $s }}"#,
        r#"{{ $s := "abcdefgh" }}{{ range until 60 }}{{ $s = printf "%s%s" $s $s }}{{ end }}"#,
        r#"{{ $s := "abcdefgh" }}{{ range until 60 }}{{ $s = cat $s $s }}{{ end }}"#,
        r#"{{ $s := "abcdefgh" }}{{ range until 60 }}{{ $s = replace "a" $s $s }}{{ end }}"#,
        r#"{{ $s := "abcdefgh" }}{{ range until 60 }}{{ $s = join $s (list $s $s) }}{{ end }}"#,
        r#"{{ $s := "abcdefgh" }}{{ range until 60 }}{{ $s = regexReplaceAll "." $s "$0$0$0$0" }}{{ end }}"#,
        r#"{{ $s := "abcdefgh" }}{{ range until 60 }}{{ $s = quote $s $s }}{{ end }}"#,
        r#"{{ $s := "abcdefgh" }}{{ range until 60 }}{{ $s = toJson (list $s $s) }}{{ end }}"#,
        r#"{{ $s := "abcdefgh" }}{{ range until 60 }}{{ $s = toYaml (list $s $s) }}{{ end }}"#,
        r#"{{ $s := "abcdefgh" }}{{ range until 600 }}{{ $s = b64enc $s }}{{ end }}"#,
        r#"{{ $s := "\"'<>&" }}{{ range until 100 }}{{ $s = html $s }}{{ end }}"#,
        r#"{{ $s := "a\nb" }}{{ range until 100 }}{{ $s = indent 1000 (print $s "\n" $s) }}{{ end }}"#,
        r#"{{ $s := "abcdefgh" }}{{ range until 60 }}{{ $s = tpl "{{ . }}{{ . }}" $s }}{{ end }}"#,
        r#"{{ define "t" }}{{ . }}{{ . }}{{ end }}{{ $s := "abcdefgh" }}{{ range until 60 }}{{ $s = include "t" $s }}{{ end }}"#,
        r#"{{ repeat 1000000000000 "x" }}"#,
        r#"{{ repeat 5000000000 "x" }}"#,
        r#"{{ indent 1000000000000 "x" }}"#,
        r#"{{ until 1000000000000 }}"#,
        r#"{{ untilStep 0 1000000000000 1 }}"#,
        r#"{{ seq 1000000000000 }}"#,
        r#"{{ range 1000000000000 }}{{ end }}"#,
        r#"{{ range until 100000000 }}x{{ end }}"#,
        r#"{{ randAlphaNum 1000000000000 }}"#,
        r#"{{ randBytes 1000000000000 }}"#,
        r#"{{ wrapWith 1 (repeat 1000000 "x") (repeat 1000000 "a ") }}"#,
    ]);
    ends(&[
        r#"{{ printf "%1000000000d" 1 }}"#,
        r#"{{ printf "%*d" 2000000000 1 }}"#,
        r#"{{ printf "%.1000000000f" 1.5 }}"#,
        r#"{{ printf "%999999s" "x" | len }}{{ range until 2000 }}{{ printf "%999999s" "x" | len }}{{ end }}"#,
        r#"{{ add1 (repeat 100000 "9") }}"#,
        r#"{{ round (repeat 100000 "9") 100000000 }}"#,
        r#"{{ mulf (repeat 10000 "9") 1.5 }}"#,
        r#"{{ toDecimal (repeat 100000 "7") }}"#,
        r#"{{ semverCompare (repeat 100000 ">1 || ") "1.2.3" }}"#,
        r#"{{ semver (repeat 100000 "1.") }}"#,
        r#"{{ date (repeat 100000 "2006") (now) | len }}"#,
        r#"{{ substr 0 9223372036854775807 "x" }}{{ trunc -9223372036854775808 "x" }}"#,
        r#"{{ abbrev 9223372036854775807 "x" }}{{ abbrevboth -9223372036854775808 9223372036854775807 "x" }}"#,
        r#"{{ sub -9223372036854775808 1 }}{{ mul 9223372036854775807 9223372036854775807 }}{{ div -9223372036854775808 -1 }}{{ mod -9223372036854775808 -1 }}"#,
        r#"{{ splitn "," 9223372036854775807 "a,b" }}{{ splitn "," -9223372036854775808 "a,b" }}"#,
        r#"{{ chunk 9223372036854775807 (list 1 2) }}"#,
        r#"{{ slice (list 1 2) 9223372036854775807 -9223372036854775808 }}"#,
        r#"{{ index (list 1) 9223372036854775807 }}"#,
        r#"{{ untilStep 9223372036854775800 9223372036854775807 5 }}"#,
        r#"{{ untilStep -9223372036854775800 -9223372036854775808 -5 }}"#,
        r#"{{ seq 9223372036854775806 9223372036854775807 }}{{ seq -9223372036854775808 3 -9223372036854775806 }}"#,
        r#"{{ dateModify (repeat 10000 "9h") now }}{{ duration 9223372036854775807 }}{{ durationRound -9223372036854775808 }}"#,
        r#"{{ unixEpoch (toDate "2006" "9999") }}{{ date "2006" 9223372036854775807 }}"#,
    ]);
}

#[test]
fn regular_expressions_without_end() {
    ends(&[
        r#"{{ regexMatch "((((((((((a{1,100}){1,100}){1,100}){1,100}){1,100}){1,100}){1,100}){1,100}){1,100}){1,100})" "a" }}"#,
        r#"{{ regexMatch "(a*)*(a*)*(a*)*b" (repeat 100000 "a") }}"#,
        r#"{{ regexFindAll "(?:)" (repeat 100000 "a") -1 | len }}"#,
        r#"{{ regexMatch (repeat 100000 "(") "a" }}"#,
        r#"{{ regexMatch (print (repeat 5000 "(") "a" (repeat 5000 ")")) "a" }}"#,
        r#"{{ regexMatch (repeat 100000 "a|") "a" }}"#,
        r#"{{ regexMatch "\\pL{1000}" "a" }}"#,
        r#"{{ regexReplaceAll "a" (repeat 10000 "a") (repeat 1000 "$1") | len }}"#,
        r#"{{ regexSplit "" (repeat 100000 "a") -1 | len }}"#,
    ]);
}

/// A map that holds itself, directly and through a list.
const CIRCLE: &str = r#"{{ $d := dict "a" 1 }}{{ $_ := set $d "self" $d }}{{ $_ := set $d "list" (list $d $d) }}"#;

#[test]
fn maps_that_hold_themselves() {
    let circle = |rest: &str| format!("{CIRCLE}{rest}");
    for rest in [
        "{{ $d }}",
        "{{ print $d }}",
        "{{ printf \"%s %v %q %#v\" $d $d $d $d }}",
        "{{ $d | quote }}",
        "{{ deepCopy $d | len }}",
        "{{ html $d }}",
    ] {
        limited(&[&circle(rest)]);
    }
    for rest in [
        "{{ toYaml $d }}",
        "{{ toJson $d }}",
        "{{ toPrettyJson $d }}",
        "{{ toRawJson $d }}",
        "{{ toYamlPretty $d }}",
        "{{ toToml $d }}",
        "{{ mustToJson $d }}",
        "{{ merge $d $d }}",
        "{{ merge (dict) $d | len }}",
        "{{ mergeOverwrite $d (dict \"self\" $d) | len }}",
        "{{ mergeOverwrite (deepCopy (dict \"self\" (dict \"self\" dict))) $d | len }}",
        "{{ merge (dict \"self\" (dict \"self\" (dict))) $d | len }}",
        "{{ eq $d $d }}",
        "{{ deepEqual $d $d }}",
        "{{ deepEqual $d (dict \"a\" 1 \"self\" $d \"list\" (list $d $d)) }}",
        "{{ has $d (list $d) }}{{ uniq (list $d $d) | len }}{{ without (list $d) $d }}{{ compact (list $d) | len }}",
        "{{ range $k, $v := $d }}{{ $k }}{{ end }}",
        "{{ $d.self.self.self.self.a }}",
        "{{ dig \"self\" \"self\" \"self\" \"a\" 0 $d }}",
        "{{ $_ := set .Values \"d\" $d }}{{ .Values | len }}{{ .Values.AsMap | len }}",
        "{{ $_ := set .Values \"d\" $d }}{{ .Values.YAML }}",
        "{{ omit $d \"a\" | len }}{{ pick $d \"self\" | len }}{{ keys $d | len }}{{ values $d | len }}",
        "{{ toStrings (list $d) | len }}",
        "{{ join \",\" (list $d $d) }}",
        "{{ cat $d }}",
        "{{ toString $d }}",
        "{{ tpl \"{{ .self.self.a }}\" $d }}",
        "{{ fail (toString $d) }}",
        "{{ eq $d 1 }}",
        "{{ range $d.a.b }}{{ end }}",
        "{{ upper $d }}",
        "{{ dict $d $d | len }}",
        "{{ .Files.Get $d }}",
        "{{ call $d }}",
        "{{ range $i, $j := print $d }}{{ end }}",
        "{{ index $d \"self\" \"self\" $d }}",
        "{{ sortAlpha (list $d $d) }}",
        "{{ default $d nil | len }}{{ empty $d }}{{ coalesce nil $d | len }}{{ ternary $d $d true | len }}",
    ] {
        ends(&[&circle(rest)]);
    }
}

#[test]
fn collections_that_double() {
    ends(&[
        // Each level holds the one below twice: a text of it would have no end.
        "{{ $d := dict }}{{ range until 100 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ end }}{{ toJson $d | len }}",
        "{{ $d := dict }}{{ range until 100 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ end }}{{ toYaml $d | len }}",
        "{{ $d := dict }}{{ range until 100 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ end }}{{ toToml $d | len }}",
        "{{ $d := dict }}{{ range until 100 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ end }}{{ print $d | len }}",
        "{{ $d := dict }}{{ range until 100 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ end }}{{ deepCopy $d | len }}",
        "{{ $d := dict }}{{ range until 100 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ end }}{{ merge (dict) $d | len }}",
        "{{ $d := list }}{{ range until 100 }}{{ $d = list $d $d }}{{ end }}{{ $e := list }}{{ range until 100 }}{{ $e = list $e $e }}{{ end }}{{ deepEqual $d $e }}{{ has $d (list $e) }}",
        "{{ $d := dict }}{{ range until 2000 }}{{ $d = dict \"a\" $d }}{{ end }}{{ toJson $d | len }}",
        "{{ $d := dict }}{{ range until 100000 }}{{ $d = dict \"a\" $d }}{{ end }}{{ deepEqual $d $d }}{{ toYaml $d }}",
        "{{ $d := list }}{{ range until 100000 }}{{ $d = list $d }}{{ end }}{{ toYaml $d }}{{ print $d }}",
        "{{ fromJson (print (repeat 100000 \"{\\\"a\\\":\")) }}{{ fromJsonArray (repeat 100000 \"[\") }}",
        "{{ fromYaml (repeat 100000 \"[\") }}{{ fromYamlArray (repeat 100000 \"- \") | len }}",
        "{{ fromYaml (print \"a: \" (repeat 9000 \"[\") (repeat 9000 \"]\")) | toYaml | len }}",
        "{{ fromToml (print \"a = \" (repeat 100000 \"[\")) }}",
        "{{ fromYaml \"a: &a [x,x,x,x,x,x,x,x,x]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\" | toJson | len }}",
    ]);
    limited(&[
        "{{ $l := list 1 }}{{ range until 60 }}{{ $l = concat $l $l }}{{ end }}{{ len $l }}",
        "{{ $l := list 1 }}{{ range until 1000000 }}{{ $l = append $l . }}{{ end }}{{ len $l }}",
        "{{ $l := list 1 }}{{ range until 1000000 }}{{ $l = prepend $l . }}{{ end }}{{ len $l }}",
    ]);
}

#[test]
fn long_loops_are_fine() {
    let made = run("{{ range $i := until 1000000 }}{{ if eq (mod $i 100000) 0 }}x{{ end }}{{ end }}").ok().unwrap();
    assert_eq!(made.get("a").unwrap(), b"xxxxxxxxxx");
}
