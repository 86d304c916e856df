//! What can't be said in a list of texts: archives, links between directories, places.

use std::io::Write;
use std::sync::Arc;

use crate::diag::Diagnostics;
use crate::provenance::Recorder;
use crate::render::helm::Profile;
use crate::render::helm::chart::*;
use crate::world::{FilePath, MemoryTree, Reader, World};

const PROFILES: [Profile; 2] = [Profile::Helm3, Profile::Helm4];

fn chart_yaml(name: &str, rest: &str) -> Vec<u8> {
    format!("apiVersion: v2\nname: {name}\nversion: 1.2.3\n{rest}").into_bytes()
}

fn tgz(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // Written by hand: the builder refuses the names that are to be refused here.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar.into_inner().unwrap()).unwrap();
    gzip.finish().unwrap()
}

fn with<T>(
    files: Vec<(&str, Vec<u8>)>,
    path: &str,
    profile: Profile,
    then: impl FnOnce(&World, Result<Arc<Chart>, Failure>) -> T,
) -> T {
    let world = World::new();
    let tree = world.mount(Arc::new(MemoryTree::new(files)));
    let reader = Reader::new(&world);
    let options = LoadOptions { profile, local: true, ..LoadOptions::default() };
    then(&world, load(&reader, &FilePath::new(tree, path), &options))
}

#[test]
fn an_archive_is_a_chart_with_places_in_it() {
    let redis = tgz(&[
        ("redis/Chart.yaml", &chart_yaml("redis", "")),
        ("redis/values.yaml", b"\xEF\xBB\xBFport: 6379\n"),
        ("redis/templates/.hidden", b"x"),
        ("redis/logo.png", &[0x89, b'P', 0xFF]),
    ]);
    for profile in PROFILES {
        let files = vec![
            ("web/Chart.yaml", chart_yaml("web", "")),
            ("web/charts/redis-1.tgz", redis.clone()),
            ("web/charts/_old/Chart.yaml", chart_yaml("old", "")),
            ("web/templates/.hidden", b"x".to_vec()),
        ];
        with(files, "web", profile, |world, chart| {
            let chart = chart.unwrap();
            assert!(chart.templates.is_empty(), "dot files of a directory's templates are left out");
            assert_eq!(chart.dependencies.len(), 1);
            let redis = &chart.dependencies[0];
            assert_eq!(redis.templates.len(), 1, "an archive has no rules");
            assert!(matches!(redis.files[0].content, Content::Bytes(_)));
            let port = redis.values.get("port").unwrap();
            assert_eq!(world.sources().place(port.origin), "web/charts/redis-1.tgz!redis/values.yaml:1:7");
        });
        with(vec![("redis.tgz", redis.clone())], "redis.tgz", profile, |_, chart| {
            assert_eq!(chart.unwrap().metadata.name, "redis");
        });
    }
}

#[test]
fn an_archive_that_leads_elsewhere_is_refused() {
    let yaml = chart_yaml("a", "");
    let cases: [(&str, &str); 4] = [
        ("a/../../x", "chart illegally references parent directory"),
        ("a//x", "chart illegally contains absolute paths"),
        ("x", "chart illegally contains content outside the base directory: \"x\""),
        ("a/c:/x", "chart contains illegally named files"),
    ];
    for (name, words) in cases {
        let bytes = tgz(&[("a/Chart.yaml", &yaml), (name, b"x")]);
        with(vec![("a.tgz", bytes)], "a.tgz", Profile::Helm3, |_, chart| {
            assert_eq!(chart.unwrap_err().helm, words);
        });
    }
    with(vec![("a.tgz", b"a: 1\n".to_vec())], "a.tgz", Profile::Helm4, |_, chart| {
        let words = "file 'a.tgz' does not appear to be a gzipped archive; got 'application/octet-stream'";
        assert_eq!(chart.unwrap_err().helm, words);
    });
    // Cut off anywhere, it is refused or read; never more.
    let bytes = tgz(&[("a/Chart.yaml", &yaml), ("a/values.yaml", b"x: 1\n")]);
    for end in 0..bytes.len() {
        let cut = bytes.get(..end).unwrap().to_vec();
        with(vec![("a.tgz", cut)], "a.tgz", Profile::Helm3, |_, _| ());
    }
}

#[test]
fn a_dependency_in_a_directory_is_read_from_there() {
    let web = "dependencies: [{name: common, version: 1.x.x, repository: 'file://../common'}]\n";
    let files = |version: &str| {
        let web = web.replace("1.x.x", version);
        vec![
            ("web/Chart.yaml", chart_yaml("web", &web)),
            ("common/Chart.yaml", chart_yaml("common", "type: library\n")),
        ]
    };
    with(files("1.x.x"), "web", Profile::Helm4, |_, chart| {
        let chart = chart.unwrap();
        assert!(chart.dependencies[0].metadata.is_library());
        let options = PrepareOptions { profile: Profile::Helm4, ..PrepareOptions::default() };
        let prepared = prepare(&chart, &crate::yaml::Node::default(), &options, &Recorder::off()).unwrap();
        assert_eq!(prepared.root.dependencies[0].full_path, "web/charts/common");
    });
    with(files("2.x.x"), "web", Profile::Helm4, |_, chart| {
        assert_eq!(chart.unwrap_err().helm, "`common` is `common` 1.2.3, expected `common` 2.x.x");
    });
    let leaves = vec![("Chart.yaml", chart_yaml("web", &web.replace("../common", "../../etc")))];
    with(leaves, "", Profile::Helm4, |_, chart| assert!(chart.unwrap_err().helm.contains("leads out")));
}

#[test]
fn what_is_missing_is_named_with_its_place() {
    let rest = "dependencies:\n- {name: redis, version: ^18, repository: 'https://charts.example.com'}\n";
    for profile in PROFILES {
        with(vec![("web/Chart.yaml", chart_yaml("web", rest))], "web", profile, |world, chart| {
            let options = PrepareOptions { profile, ..PrepareOptions::default() };
            let nothing = crate::yaml::Node::default();
            let failure = prepare(&chart.unwrap(), &nothing, &options, &Recorder::off()).unwrap_err();
            assert!(failure.helm.ends_with("found in Chart.yaml, but missing in charts/ directory: redis"));
            let diagnostic = failure.diagnostics.iter().next().unwrap();
            let message = "the dependency `redis` ^18 of https://charts.example.com is not at hand";
            assert_eq!(diagnostic.message, message);
            let span = diagnostic.primary.as_ref().unwrap().span;
            let origin = crate::source::Origin::new(span.file, span.start as usize);
            assert_eq!(world.sources().place(origin), "web/Chart.yaml:5:3");
        });
    }
}

#[test]
fn a_violation_points_at_who_set_the_value() {
    let schema = br#"{"properties": {"image": {"properties": {"tag": {"type": "string"}}}}}"#;
    let files = vec![
        ("web/Chart.yaml", chart_yaml("web", "")),
        ("web/values.yaml", b"image:\n  tag: latest\n".to_vec()),
        ("web/values.schema.json", schema.to_vec()),
    ];
    with(files, "web", Profile::Helm4, |world, chart| {
        let set = ["image.tag=1".to_owned()];
        let given = Overrides { set: &set, ..Overrides::default() };
        let recorder = Recorder::off();
        let mut warnings = Diagnostics::new();
        let user = overrides(&given, Profile::Helm4, world.sources(), &recorder, &mut warnings).unwrap();
        let options = PrepareOptions { profile: Profile::Helm4, ..PrepareOptions::default() };
        let failure = prepare(&chart.unwrap(), &user, &options, &recorder).unwrap_err();
        assert!(failure.helm.ends_with(":\nweb:\n- at '/image/tag': got number, want string\n"));
        let diagnostic = failure.diagnostics.iter().next().unwrap();
        assert_eq!(diagnostic.message, "`image.tag`: got number, want string");
        let span = diagnostic.primary.as_ref().unwrap().span;
        let origin = crate::source::Origin::new(span.file, span.start as usize);
        assert_eq!(world.sources().place(origin), "--set:1:11");
    });
}

#[test]
fn recording_tells_what_was_overridden() {
    let files = vec![("web/Chart.yaml", chart_yaml("web", "")), ("web/values.yaml", b"a: {b: 1}\n".to_vec())];
    with(files, "web", Profile::Helm3, |world, chart| {
        let set = ["a.b=2".to_owned()];
        let given = Overrides { set: &set, ..Overrides::default() };
        let recorder = Recorder::recording();
        let user = overrides(&given, Profile::Helm3, world.sources(), &recorder, &mut Diagnostics::new()).unwrap();
        let options = PrepareOptions { profile: Profile::Helm3, ..PrepareOptions::default() };
        let prepared = prepare(&chart.unwrap(), &user, &options, &recorder).unwrap();
        let step = recorder.get(prepared.values.at(&["a", "b"]).unwrap().origin).unwrap();
        let place = |origin| world.sources().place(origin);
        assert_eq!((place(step.by), place(step.was)), ("--set:1:5".to_owned(), "web/values.yaml:1:8".to_owned()));
    });
}
