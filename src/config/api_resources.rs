//! Recorded discovery: which API versions and kinds a cluster serves, and which kinds are namespaced.

use std::collections::{BTreeMap, BTreeSet};

/// What a cluster's discovery said when it was recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiResourceList {
    /// `group/version` (or `v1`), and `group/version/Kind` where kinds were recorded: what Helm calls API versions.
    pub api_versions: BTreeSet<String>,
    /// Whether (group, kind) is namespaced, where the recording says so.
    pub namespaced: BTreeMap<(String, String), bool>,
}

impl ApiResourceList {
    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.api_versions.is_empty()
    }

    fn add(&mut self, api_version: &str, kind: Option<&str>, namespaced: Option<bool>) {
        self.api_versions.insert(api_version.to_owned());
        let Some(kind) = kind else { return };
        self.api_versions.insert(format!("{api_version}/{kind}"));
        if let Some(namespaced) = namespaced {
            let group = api_version.split_once('/').map_or("", |(group, _)| group);
            self.namespaced.insert((group.to_owned(), kind.to_owned()), namespaced);
        }
    }

    /// Reads entries of the form `v1`, `group/version`, `v1/Kind` or `group/version/Kind`.
    ///
    /// # Errors
    /// The first entry that has none of these forms, in words.
    pub fn from_entries(entries: &[String]) -> Result<Self, String> {
        let mut list = Self::default();
        for entry in entries {
            let (api_version, kind) = split(entry).ok_or_else(|| {
                format!("`{entry}` is not an API resource: expected `group/version` or `group/version/Kind`")
            })?;
            list.add(api_version, kind, None);
        }
        Ok(list)
    }

    /// Reads what `kubectl api-resources` (a table with a header) or `kubectl api-versions` (a version a line) printed.
    ///
    /// # Errors
    /// The line (from 0) that is neither, and why.
    pub fn from_recording(text: &str) -> Result<Self, (usize, String)> {
        let mut list = Self::default();
        for (number, line) in text.lines().enumerate() {
            let cells: Vec<&str> = line.split_whitespace().collect();
            if cells.is_empty() || line.starts_with('#') || cells.starts_with(&["NAME"]) {
                continue;
            }
            // A row of the table has `true` or `false` between its API version and its kind; short names may be absent.
            let scope = cells.iter().position(|cell| matches!(*cell, "true" | "false"));
            let row = scope.and_then(|at| Some((cells.get(at.checked_sub(1)?)?, cells.get(at)?, cells.get(at + 1)?)));
            match (row, cells.as_slice()) {
                (Some((api_version, namespaced, kind)), _) if split(api_version).is_some() => {
                    list.add(api_version, Some(kind), namespaced.parse().ok());
                }
                (None, [entry]) if split(entry).is_some() => {
                    if let Some((api_version, kind)) = split(entry) {
                        list.add(api_version, kind, None);
                    }
                }
                _ => {
                    let why = "expected a line of what `kubectl api-resources` or `kubectl api-versions` prints";
                    return Err((number, why.to_owned()));
                }
            }
        }
        Ok(list)
    }
}

/// `group/version[/Kind]` in its two parts. Versions start with `v` and a digit, kinds with a capital.
fn split(entry: &str) -> Option<(&str, Option<&str>)> {
    let is_version = |v: &str| v.strip_prefix('v').is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()));
    let is_kind =
        |k: &str| k.starts_with(|c: char| c.is_ascii_uppercase()) && k.chars().all(|c| c.is_ascii_alphanumeric());
    let (rest, kind) = match entry.rsplit_once('/') {
        Some((rest, kind)) if is_kind(kind) => (rest, Some(kind)),
        _ => (entry, None),
    };
    let version = rest.rsplit('/').next()?;
    let fine = is_version(version) && rest.split('/').count() <= 2 && !rest.contains(char::is_whitespace);
    fine.then_some((rest, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_table_says_versions_kinds_and_scopes() {
        let table = "NAME     SHORTNAMES   APIVERSION           NAMESPACED   KIND\n\
                     pods     po           v1                   true         Pod\n\
                     issuers               cert-manager.io/v1   false        ClusterIssuer\n";
        let list = ApiResourceList::from_recording(table).unwrap();
        assert!(list.api_versions.contains("cert-manager.io/v1/ClusterIssuer"));
        assert_eq!(list.namespaced.get(&("cert-manager.io".into(), "ClusterIssuer".into())), Some(&false));
        assert_eq!(list.namespaced.get(&(String::new(), "Pod".into())), Some(&true));
    }

    #[test]
    fn plain_versions_are_read_and_nonsense_is_told() {
        let list = ApiResourceList::from_recording("v1\napps/v1\n").unwrap();
        assert_eq!(list.api_versions.iter().collect::<Vec<_>>(), ["apps/v1", "v1"]);
        assert!(matches!(ApiResourceList::from_recording("v1\nno such thing\n"), Err((1, _))));
        assert!(ApiResourceList::from_entries(&["monitoring.coreos.com/v1/ServiceMonitor".into()]).is_ok());
        assert!(ApiResourceList::from_entries(&["Deployment".into()]).is_err());
    }
}
