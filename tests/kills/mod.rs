//! What tests have in common that kill writers: seeded chance, and whether a cluster's tree is wholly of one version.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, which clippy doesn't take for tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The files of a tree with what identifies their content.
pub type Files = BTreeMap<String, blake3::Hash>;

/// Moments that look random. The seed is printed; `TERRACE_KILL_SEED` gives another.
pub struct Chance {
    /// For messages.
    pub seed: u64,
    state: u64,
}

impl Chance {
    /// The stream of the seed that is asked for.
    pub fn seeded() -> Self {
        let seed: u64 = std::env::var("TERRACE_KILL_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20);
        println!("TERRACE_KILL_SEED={seed}");
        Self { seed, state: seed }
    }

    /// The next number, below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % limit.max(1)
    }
}

/// The files of a directory.
pub fn files(root: &Path) -> Files {
    let all = walkdir::WalkDir::new(root).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
    all.map(|e| {
        let name = e.path().strip_prefix(root).unwrap().to_string_lossy().into_owned();
        (name, blake3::hash(&fs::read(e.path()).unwrap()))
    })
    .collect()
}

/// Which of the versions a cluster's tree is. A tree that is none of them fails the test.
pub fn version_of<'a>(now: &Files, versions: impl IntoIterator<Item = &'a Files>, cluster: &str, when: &str) -> usize {
    match versions.into_iter().position(|version| version == now) {
        Some(version) => version,
        None => panic!("{when}: {cluster} is neither old nor new: {} files", now.len()),
    }
}
