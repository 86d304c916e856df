//! No ApplicationSet makes the generators, the templates or the patches panic.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use terrace::argocd::Version;
use terrace::argocd::application_set::ApplicationSet;
use terrace::argocd::cluster_secret;
use terrace::generate::{Inputs, NAMESPACE, Outside, Wanted, expand};
use terrace::source::FileId;
use terrace::world::{FilePath, MemoryTree, Reader, World};
use terrace::yaml::{Dialect, emit, parse};

fuzz_target!(|text: &str| {
    // Documents of other kinds are clusters, inputs, or what stands in the repository.
    let (mut sets, mut clusters, mut inputs) = (Vec::new(), Vec::new(), Inputs::new());
    let mut files = vec![("apps/web/config.yaml".to_owned(), "name: web".to_owned())];
    for document in parse(FileId::NONE, text, Dialect::Kubernetes).documents {
        match document.node.str_at(&["kind"]) {
            Some("ApplicationSet") => {
                let (set, diagnostics) = ApplicationSet::from_node(&document.node);
                assert!(set.is_some() || diagnostics.has_errors());
                sets.extend(set);
            }
            Some("Secret") => clusters.extend(cluster_secret::from_node(&document.node)),
            Some("GeneratorInputs") => drop(inputs.add(document.node)),
            _ => files.push((format!("f{}/values.yaml", files.len()), emit(&document.node))),
        }
    }
    let world = World::new();
    let root = FilePath::new(world.mount(Arc::new(MemoryTree::new(files))), "");
    let reader = Reader::new(&world);
    let find = |_: Wanted| Ok(root.clone());
    for version in Version::ALL {
        let outside = Outside {
            reader: &reader,
            clusters: &clusters,
            repositories: &find,
            inputs: &inputs,
            projects: None,
            check_destinations: version == Version::V3_4,
            namespace: NAMESPACE,
            version,
            new_git_file_globbing: version == Version::V3_3,
        };
        for set in &sets {
            let expanded = expand(set, &outside);
            assert!(expanded.aborted.is_none() || expanded.diagnostics.has_errors());
            assert!(expanded.applications.is_sorted_by(|a, b| a.name < b.name));
            for application in expanded.applications.iter().take(3) {
                emit(&application.node);
                application.trace();
            }
        }
    }
});
