//! What would fill the memory or the stack, or never end, ends with a limit, soon. The limits are a small part of those that
//! charts have, so that a debug build meets them within moments.

use std::time::{Duration, Instant};

use super::{Failed, Files, Limits, Profile, render_within};

const LIMITS: Limits = Limits { steps: 500_000, bytes: 8 << 20, text: 1 << 20, depth: 10_000 };

/// How long a render may take until it meets its limit; a debug build, on a busy machine.
const SOON: Duration = Duration::from_secs(20);

fn run(template: &str) -> Result<Files, Failed> {
    let files = Files::from([("a".to_owned(), template.as_bytes().to_vec())]);
    let values = "{a: {b: c}, l: [1, 2], s: text}";
    let start = Instant::now();
    let plain = render_within(&files, values, Profile::Helm4, LIMITS, false);
    // Recording must end as well.
    let recorded = render_within(&files, values, Profile::Helm3, LIMITS, true);
    let short: String = template.chars().take(300).collect();
    println!("{:?} {short}", start.elapsed());
    let limited = |made: &Result<Files, Failed>| made.as_ref().err().map(|failed| failed.limit);
    let (plain_limited, recorded_limited) = (limited(&plain), limited(&recorded));
    // What is known of a text may fill the memory before the text itself does.
    assert!(plain_limited == recorded_limited || recorded_limited == Some(true), "{short}");
    assert!(start.elapsed() < 2 * SOON, "{short} took {:?}", start.elapsed());
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
        r#"{{ $t := "{{ tpl .t . }}" }}{{ tpl $t (dict "t" $t) }}"#,
        r#"{{ $t := "{{ tpl (print .t \" \") (dict \"t\" (print .t \" \")) }}" }}{{ tpl $t (dict "t" $t) }}"#,
        r#"{{ define "t" }}{{ range until 1000 }}{{ range until 1000 }}{{ range until 1000 }}{{ end }}{{ end }}{{ end }}{{ end }}{{ template "t" . }}"#,
        r#"{{ range until 1000000 }}{{ tpl (print "{{ . }}" .) 1 }}{{ end }}"#,
        r#"{{ $s := repeat 1000 "{{ 1 }}" }}{{ range until 1000 }}{{ $_ := tpl (print $s .) 1 }}{{ end }}"#,
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
        &nested("(", ")", 20_000),
        &nested("(print ", ")", 1000),
        &nested("(list ", ")", 1000),
        &format!("{}x{}", "{{ if true }}".repeat(1000), "{{ end }}".repeat(1000)),
        &format!("{}x{}", "{{ range list 1 }}".repeat(500), "{{ end }}".repeat(500)),
        &format!("{{{{ .Values{} }}}}", ".a".repeat(20_000)),
        &format!("{{{{ 1{} }}}}", " | print".repeat(10_000)),
    ]);
    let long = ".Values".to_owned() + &".a".repeat(1000);
    let unused = "{{ $x := 1 }}".repeat(5000);
    limited(&[
        &format!(
            "{{{{ $d := dict }}}}{{{{ $_ := set .Values \"a\" $d }}}}{{{{ $_ := set $d \"a\" $d }}}}{{{{ range until 10000 }}}}{{{{ $y := $.Values{} }}}}{{{{ end }}}}{long}",
            ".a".repeat(1000)
        ),
        &format!("{{{{ range until 100000 }}}}{{{{ if false }}}}{unused}{{{{ end }}}}{{{{ end }}}}"),
        &format!(
            "{{{{ define \"t\" }}}}{{{{ if false }}}}{unused}{{{{ end }}}}{{{{ end }}}}{{{{ range until 100000 }}}}{{{{ template \"t\" }}}}{{{{ end }}}}"
        ),
    ]);
}

#[test]
fn texts_without_end() {
    let doubling = |step: &str| {
        format!("{{{{ $s := \"abcd\\nef<\" }}}}{{{{ range until 600 }}}}{{{{ $s = {step} }}}}{{{{ end }}}}")
    };
    for step in [
        "print $s $s",
        "printf \"%s%s\" $s $s",
        "cat $s $s",
        "replace \"a\" $s $s",
        "join $s (list $s $s)",
        "regexReplaceAll \"b\" $s (print $s $s)",
        "regexReplaceAllLiteral \"b\" $s $s",
        "quote $s $s",
        "squote $s $s",
        "toJson (list $s $s)",
        "toYaml (list $s $s)",
        "toYamlPretty (list $s $s)",
        "toToml (dict \"a\" $s \"b\" $s)",
        "b64enc $s",
        "html (print $s \"<\")",
        "indent 1000 (print $s \"\\n\" $s)",
        "tpl \"{{ . }}{{ . }}\" $s",
        "include \"twice\" $s",
        "wrapWith 1 $s $s",
        "printf \"%x\" $s",
    ] {
        limited(&[&format!("{{{{ define \"twice\" }}}}{{{{ . }}}}{{{{ . }}}}{{{{ end }}}}{}", doubling(step))]);
    }
}

#[test]
fn sizes_without_end() {
    limited(&[
        r#"{{ repeat 1000000000000 "x" }}"#,
        r#"{{ repeat 5000000000 "x" }}"#,
        r#"{{ indent 1000000000000 "x" }}"#,
        r#"{{ until 1000000000000 }}"#,
        r#"{{ untilStep 0 1000000000000 1 }}"#,
        r#"{{ seq 1000000000000 }}"#,
        r#"{{ range 1000000000000 }}{{ end }}"#,
        r#"{{ range until 100000000 }}x{{ end }}"#,
        r#"{{ range 100000000 }}x{{ end }}"#,
        r#"{{ randAlphaNum 1000000000000 }}"#,
        r#"{{ randBytes 1000000000000 }}"#,
        r#"{{ wrapWith 1 (repeat 10000 "x") (repeat 10000 "a ") }}"#,
        r#"{{ $d := dict }}{{ range until 100000 }}{{ $_ := set $d (toString .) (dict "a" .) }}{{ end }}"#,
        r#"{{ $d := dict }}{{ range until 100000 }}{{ $_ := set $d (toString .) (list .) }}{{ end }}"#,
        r#"{{ $d := dict }}{{ $t := repeat 10000 "[]," }}{{ range until 100000 }}{{ $_ := set $d (toString .) (fromYamlArray (print "[" $t "]")) }}{{ end }}"#,
        r#"{{ $d := dict }}{{ $t := repeat 10000 "[]," }}{{ range until 100000 }}{{ $_ := set $d (toString .) (fromJsonArray (print "[" $t "1]")) }}{{ end }}"#,
        r#"{{ $d := dict }}{{ $t := repeat 10000 "[]," }}{{ range until 100000 }}{{ $_ := set $d (toString .) (fromToml (print "a=[" $t "]")) }}{{ end }}"#,
        r#"{{ $d := dict }}{{ range until 100000 }}{{ $_ := set $d (toString .) (splitList "" (repeat 1000 "a")) }}{{ end }}"#,
        r#"{{ $d := dict }}{{ range until 100000 }}{{ $_ := set $d (toString .) (regexSplit "" (repeat 1000 "a") -1) }}{{ end }}"#,
        r#"{{ range until 100000 }}{{ genPrivateKey "rsa" | trunc 0 }}{{ end }}"#,
    ]);
    ends(&[
        r#"{{ printf "%1000000000d" 1 }}"#,
        r#"{{ printf "%*d" 2000000000 1 }}"#,
        r#"{{ printf "%.1000000000f" 1.5 }}"#,
        r#"{{ range until 2000 }}{{ printf "%99999s" "x" | len }}{{ end }}"#,
        r#"{{ add1 (repeat 100000 "9") }}"#,
        r#"{{ round (repeat 100000 "9") 100000000 }}"#,
        r#"{{ mulf (repeat 10000 "9") 1.5 }}"#,
        r#"{{ toDecimal (repeat 100000 "7") }}"#,
        r#"{{ semverCompare (repeat 10000 ">1 || ") "1.2.3" }}"#,
        r#"{{ semver (repeat 100000 "1.") }}"#,
        r#"{{ date (repeat 10000 "2006") (now) | len }}"#,
        r#"{{ toDate (repeat 10000 "2006") (repeat 10000 "2006") }}"#,
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
        r#"{{ trimAll (print (repeat 300000 "b") "a") (repeat 300000 "a") }}"#,
        r#"{{ fromToml (print "\"" (repeat 100000 "k") "\" = [" (repeat 50000 "1,") "]") | len }}"#,
        r#"{{ fromToml (print "a = \"\"\"" (repeat 50000 "\\\n") (repeat 50000 "\\n") "\"\"\"") | len }}"#,
        r#"{{ fromToml (print (repeat 100000 "a.") "a = 1") | len }}"#,
        r#"{{ fromToml (print "[" (repeat 400 "a.") "a]\n" (repeat 400 "a.") "a = {" (repeat 100 "a.") "a=1}") | toJson | len }}"#,
    ]);
}

#[test]
fn regular_expressions_without_end() {
    ends(&[
        r#"{{ regexMatch "((((((((((a{1,100}){1,100}){1,100}){1,100}){1,100}){1,100}){1,100}){1,100}){1,100}){1,100})" "a" }}"#,
        r#"{{ regexMatch "(a*)*(a*)*(a*)*b" (repeat 20000 "a") }}"#,
        r#"{{ regexFindAll "(?:)" (repeat 20000 "a") -1 | len }}"#,
        r#"{{ regexMatch (repeat 100000 "(") "a" }}"#,
        r#"{{ regexMatch (print (repeat 900 "(") "a" (repeat 900 ")")) "a" }}"#,
        r#"{{ regexMatch (repeat 10000 "a|") "a" }}"#,
        r#"{{ regexReplaceAll "a" (repeat 1000 "a") (repeat 1000 "$1") | len }}"#,
        r#"{{ regexSplit "" (repeat 20000 "a") -1 | len }}"#,
    ]);
    limited(&[
        r#"{{ regexMatch (repeat 20000 "\\pL") "a" }}"#,
        r#"{{ regexMatch (repeat 20 "(?:[\\pL]{500})") "a" | and (regexMatch (repeat 21 "(?:[\\pL]{500})") "a") }}"#,
        r#"{{ regexFindAll "a|a.*z|.*y" (repeat 100000 "a") -1 | len }}{{ regexFindAll ".*z|a" (repeat 100000 "a") -1 | len }}"#,
        r#"{{ range until 1000000 }}{{ regexMatch (printf "^%d(a|b){1,20}$" .) "ab" }}{{ end }}"#,
        r#"{{ $t := repeat 10000 "01" }}{{ range until 10000 }}{{ regexMatch "[01]*1[01]{200}2" $t }}{{ end }}"#,
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

/// Each level holds the one below twice: a text of it would have no end.
const DICTS: &str = "{{ $d := dict }}{{ range until 100 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ end }}";
const LISTS: &str = "{{ $d := list 1 }}{{ range until 100 }}{{ $d = list $d $d }}{{ end }}";

#[test]
fn collections_that_double() {
    for holds in [DICTS, LISTS] {
        for function in ["toJson", "toPrettyJson", "toYaml", "toYamlPretty", "deepCopy", "print", "html"] {
            limited(&[&format!("{holds}{{{{ {function} $d | len }}}}")]);
        }
        ends(&[
            &format!("{holds}{{{{ toToml $d | len }}}}"),
            &format!("{holds}{{{{ toToml (dict \"a\" $d) | len }}}}"),
        ]);
    }
    ends(&[
        &format!("{DICTS}{{{{ merge (dict) $d | len }}}}"),
        &format!(
            "{LISTS}{{{{ $e := list 1 }}}}{{{{ range until 100 }}}}{{{{ $e = list $e $e }}}}{{{{ end }}}}{{{{ deepEqual $d $e }}}}{{{{ has $d (list $e) }}}}"
        ),
        "{{ $d := dict }}{{ range until 2000 }}{{ $d = dict \"a\" $d }}{{ end }}{{ toJson $d | len }}",
        "{{ $d := dict }}{{ range until 5000 }}{{ $d = dict \"a\" $d }}{{ end }}{{ deepEqual $d $d }}{{ toYaml $d }}",
        "{{ $d := list }}{{ range until 5000 }}{{ $d = list $d }}{{ end }}{{ toYaml $d }}{{ print $d }}",
        "{{ fromJson (print (repeat 10000 \"{\\\"a\\\":\")) }}{{ fromJsonArray (repeat 10000 \"[\") }}",
        "{{ fromYaml (repeat 10000 \"[\") }}{{ fromYamlArray (repeat 10000 \"- \") | len }}",
        "{{ fromYaml (print \"a: \" (repeat 9000 \"[\") (repeat 9000 \"]\")) | toYaml | len }}",
        "{{ fromToml (print \"a = \" (repeat 10000 \"[\")) }}",
    ]);
    let nine = |name: &str| vec![format!("*{name}"); 9].join(",");
    let levels = ["b", "c", "d", "e", "f"].iter().zip(["a", "b", "c", "d", "e"]);
    let aliases: Vec<String> = levels.map(|(this, below)| format!("{this}: &{this} [{}]", nine(below))).collect();
    let aliases = format!("a: &a [x,x,x,x,x,x,x,x,x]\\n{}", aliases.join("\\n"));
    let text = "{{ $l := list (repeat 100000 \"x\") }}{{ range until 10 }}{{ $l = list $l $l }}{{ end }}";
    ends(&[&format!("{{{{ fromYaml \"{aliases}\" | toJson | len }}}}")]);
    limited(&[
        // Few nodes with long texts, and few lines deep down.
        &format!("{text}{{{{ toYaml $l | len }}}}"),
        &format!("{text}{{{{ toJson $l | len }}}}"),
        &format!("{text}{{{{ toToml (dict \"a\" $l) | len }}}}"),
        "{{ $d := repeat 10000 \"a\\n\" }}{{ range until 500 }}{{ $d = dict \"a\" $d }}{{ end }}{{ toYaml $d | len }}",
        // Trees of a file in many places.
        "{{ $l := list .Values (fromYaml (repeat 1000 \"a: b\")) (fromYamlArray (repeat 10000 \"- a\\n\")) }}{{ range until 20 }}{{ $l = list $l $l }}{{ end }}{{ toYaml $l | len }}",
        "{{ $l := list 1 }}{{ range until 60 }}{{ $l = concat $l $l }}{{ end }}{{ len $l }}",
        "{{ $l := list 1 }}{{ range until 100000 }}{{ $l = append $l . }}{{ end }}{{ len $l }}",
        "{{ $l := list 1 }}{{ range until 100000 }}{{ $l = prepend $l . }}{{ end }}{{ len $l }}",
    ]);
}

/// A copy of what a file holds costs nothing until it is looked into; then it does.
#[test]
fn copies_that_are_looked_into_count() {
    let wide: String = (0..500).map(|i| format!("k{i}: {{a: {{b: 1}}}}\\n")).collect();
    for (made, look) in [
        ("deepCopy $v", "$c.k1"),
        ("deepCopy $v", "set $c \"x\" 1"),
        ("deepCopy $v", "range $k, $e := $c }}{{ $_ := $e.a.b }}{{ end"),
        ("deepCopy (dict \"a\" $v)", "$c.a.k1"),
        ("fromYaml $t", "set $c \"x\" 1"),
    ] {
        let look = if look.starts_with("range") { look.to_owned() } else { format!("$_ := {look}") };
        let each = format!("{{{{ $c := {made} }}}}{{{{ {look} }}}}{{{{ $_ := set $d (toString .) $c }}}}");
        limited(&[&format!(
            "{{{{ $t := \"{wide}\" }}}}{{{{ $v := fromYaml $t }}}}{{{{ $d := dict }}}}{{{{ range until 5000 }}}}{each}{{{{ end }}}}"
        )]);
    }
}

#[test]
fn work_that_results_do_not_show_counts() {
    let big = "{{ $l := list }}{{ range until 300 }}{{ $l = append $l (dict \"a\" .) }}{{ end }}{{ $m := list }}{{ range until 300 }}{{ $m = append $m (dict \"a\" .) }}{{ end }}{{ $d := dict }}{{ range until 300 }}{{ $_ := set $d (toString .) (dict \"a\" .) }}{{ end }}{{ $s := repeat 100000 \"a\" }}";
    for call in [
        "has (dict) $l",
        "uniq $l | len",
        "without $l (dict) | len",
        "deepEqual $l $m",
        "omit $d \"1\" | len",
        "mergeOverwrite $d $d | len",
        "contains \"b\" $s",
        "eq $s (print $s)",
        "sortAlpha $l | len",
        "regexMatch \"b$\" $s",
        "deepCopy $d | len",
        "semverCompare $s \"1.2.3\"",
        "shuffle $s",
        "sha256sum $s",
        "adler32sum $s",
        "$.Files.Glob \"**/*{a,b}*\"",
        "($.Files.Glob \"*\").AsConfig",
        "$.Files.AsSecrets",
        "uniq (list $s $s (print $s 1)) | len",
        "without (list $s $s) (print $s 1) | len",
        "has (print $s 1) (list $s $s)",
        "index $d \"1\" | toYaml | print $s | len",
    ] {
        let each = format!("{{{{ range until 100000 }}}}{{{{ $_ := {call} }}}}{{{{ end }}}}");
        let failed = run(&format!("{big}{each}"));
        assert!(failed.is_err(), "{call}");
    }
}

#[test]
fn long_loops_are_fine() {
    let files = Files::from([(
        "a".to_owned(),
        b"{{ range $i := until 100000 }}{{ if eq (mod $i 10000) 0 }}x{{ end }}{{ end }}".to_vec(),
    )]);
    let made = render_within(&files, "{}", Profile::Helm4, Limits::default(), false).ok().unwrap();
    assert_eq!(made.get("a").unwrap(), b"xxxxxxxxxx");
}
