//! Files that are read when somebody asks for them.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::render::helm::chart::*;
use crate::world::{Anywhere, FilePath, ReadError, Reader, World};

fn write(dir: &Path, files: &[(&str, &[u8])]) {
    for (path, bytes) in files {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

fn load_unread(dir: &Path) -> (World, Result<Arc<Chart>, Failure>) {
    let world = World::new();
    let files = Arc::new(Anywhere::new(dir));
    let path = files.find("web").unwrap();
    let tree = world.mount(files);
    let options = LoadOptions { unread: true, ..LoadOptions::default() };
    let chart = load(&Reader::forgetful(&world), &FilePath::new(tree, path), &options);
    (world, chart)
}

#[test]
fn extra_files_are_read_when_they_are_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        &[
            ("web/Chart.yaml", b"{apiVersion: v2, name: web, version: 1.0.0}"),
            ("web/values.yaml", b"a: 1\n"),
            ("web/templates/a.yaml", b"a: {{ .Values.a }}"),
            ("web/crds/crd.yaml", b"before"),
            ("web/files/marked", b"\xEF\xBB\xBFtext"),
            ("web/files/binary", b"\xFF\x00"),
            ("web/files/gone", b"here"),
            ("web/charts/db/Chart.yaml", b"{apiVersion: v2, name: db, version: 1.0.0}"),
            ("web/charts/db/README.md", b"before"),
        ],
    );
    let (world, chart) = load_unread(dir.path());
    let chart = chart.unwrap();
    write(dir.path(), &[("web/crds/crd.yaml", b"after"), ("web/charts/db/README.md", b"after")]);
    fs::remove_file(dir.path().join("web/files/gone")).unwrap();

    let file = |name: &str| chart.files.iter().find(|file| file.name == name).unwrap();
    assert_eq!(file("crds/crd.yaml").bytes(), b"after", "read when it was asked for");
    assert_eq!(chart.dependencies[0].files[0].bytes(), b"after");
    assert_eq!(&*file("files/marked").source().unwrap().text, "text", "without its mark");
    assert_eq!(world.sources().get(file("files/marked").source().unwrap().id).unwrap().name, "web/files/marked");
    assert_eq!(file("files/binary").bytes(), b"\xFF\x00");
    assert!(file("files/binary").source().is_none());
    assert!(chart.lost().is_none(), "nobody has asked for what is gone");

    assert_eq!(file("files/gone").bytes(), b"");
    let (path, error) = chart.lost().unwrap();
    assert!(path.path.ends_with("web/files/gone"), "{path:?}");
    assert_eq!(*error, ReadError::Missing);
    let helm = lost(&Reader::forgetful(&world), &chart).unwrap().helm;
    assert_eq!(helm, "error reading stat web/files/gone: no such file or directory");
}

#[test]
fn a_file_that_is_too_large_is_refused_before_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &[("web/Chart.yaml", b"{apiVersion: v2, name: web, version: 1.0.0}"), ("web/large", b"")]);
    fs::File::options().write(true).open(dir.path().join("web/large")).unwrap().set_len((5 << 20) + 1).unwrap();
    let (_, chart) = load_unread(dir.path());
    assert_eq!(chart.unwrap_err().helm, "chart file \"large\" is larger than the maximum file size 5242880");
}
