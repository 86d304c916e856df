//! What the versions of Argo CD do differently. Where nobody says which it is, it is the newest that is known.

pub use crate::config::fleet::ArgocdVersion as Version;

/// The Helm that a version brings along (hack/tool-versions.sh).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundledHelm {
    /// 3.19.
    Helm3,
    /// 4.2.
    Helm4,
}

impl Version {
    /// The Helm that renders its charts.
    pub fn helm(self) -> BundledHelm {
        if self >= Self::V3_5 { BundledHelm::Helm4 } else { BundledHelm::Helm3 }
    }

    /// Whether `valueFiles` may be globs. Before, a `*` is a character of a file's name.
    pub fn has_value_file_globs(self) -> bool {
        self >= Self::V3_4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_meant_where_nobody_says_which() {
        assert_eq!(Version::default(), Version::V3_5);
        assert_eq!(Version::ALL.last(), Some(&Version::default()));
    }

    #[test]
    fn versions_are_read_with_and_without_quotes() {
        for version in Version::ALL {
            let number: f64 = version.name().parse().unwrap();
            for written in [serde_json::json!(version.name()), serde_json::json!(number)] {
                assert_eq!(serde_json::from_value::<Version>(written).unwrap(), version);
            }
        }
        assert!(serde_json::from_value::<Version>(serde_json::json!("3.2")).is_err());
        assert!(serde_json::from_value::<Version>(serde_json::json!(3)).is_err());
    }

    #[test]
    fn each_has_its_helm_and_its_globs() {
        let of = Version::ALL.map(|v| (v.name(), v.helm(), v.has_value_file_globs()));
        let expected =
            [("3.3", BundledHelm::Helm3, false), ("3.4", BundledHelm::Helm3, true), ("3.5", BundledHelm::Helm4, true)];
        assert_eq!(of, expected);
    }
}
