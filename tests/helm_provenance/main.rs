//! The promise of provenance, on charts: change one value, and every field that changed had named it, before or after.
#![expect(clippy::unwrap_used, reason = "tests")]

mod harness;

use std::path::{Path, PathBuf};

use harness::{Chart, changes};
use terrace::render::helm::Profile;

fn charts() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut found = Vec::new();
    for below in ["helm/provenance", "fleets/charts/charts"] {
        let mut dirs: Vec<PathBuf> = std::fs::read_dir(root.join(below)).unwrap().map(|e| e.unwrap().path()).collect();
        dirs.sort();
        for dir in dirs {
            let inner = [dir.join("chart"), dir.clone()].into_iter().find(|d| d.join("Chart.yaml").exists());
            found.extend(inner);
        }
    }
    found
}

#[test]
fn what_changes_a_field_was_named_by_it() {
    let (mut rendered, mut changed, mut wrong) = (0, 0, Vec::new());
    for dir in charts() {
        for profile in [Profile::Helm4, Profile::Helm3] {
            let chart = Chart::open(&dir, profile);
            let Some(values) = chart.values() else { continue };
            let Some(before) = chart.render(true, None) else { continue };
            wrong.extend(chart.not_exact(&before));
            for change in changes(&values) {
                let Some(effect) = chart.effect(&before, &change) else { continue };
                rendered += 1;
                changed += effect.changed;
                wrong.extend(effect.wrong.into_iter().map(|w| format!("{}: {w}", dir.display())));
            }
        }
    }
    println!("{rendered} renders, {changed} fields changed");
    assert!(wrong.is_empty(), "{} of {changed}:\n{}", wrong.len(), wrong[..wrong.len().min(300)].join("\n"));
    assert!(rendered > 100 && changed > 500, "{rendered} renders, {changed} fields changed");
}
