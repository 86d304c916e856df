//! The functions against what sprig gives, case by case (`testdata/helm/sprig`), and what they leave in trails.

mod golden;
mod host;
mod limits;
mod tagged;
mod trails;
