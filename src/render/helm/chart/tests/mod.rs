//! Held against Helm: `testdata/helm/chart/README.md` says how the expectations were made.

mod golden;
mod later;
mod loading;
