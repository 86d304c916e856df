//! What a chart is rendered as: a release, its capabilities, hooks and the order of its manifests.
