//! No manifest makes the readers of Applications and cluster Secrets panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use terrace::argocd::application::{Application, Source};
use terrace::argocd::cluster_secret;
use terrace::source::FileId;
use terrace::yaml::{Dialect, parse};

fuzz_target!(|text: &str| {
    for document in parse(FileId::NONE, text, Dialect::Kubernetes).documents {
        let (application, diagnostics) = Application::from_node(&document.node);
        assert!(application.is_some() || diagnostics.has_errors());
        if let Some(application) = application {
            application.has_sync_option("CreateNamespace=true");
        }
        let _ = Source::from_node(&document.node);
        cluster_secret::is_cluster_secret(&document.node);
        let _ = cluster_secret::from_node(&document.node);
    }
});
