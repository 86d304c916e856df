//! Label selectors, as Kubernetes has them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// A label selector: all of `matchLabels` and all of `matchExpressions`. An empty one matches everything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Selector {
    /// Labels that must have these values.
    pub match_labels: BTreeMap<String, String>,
    /// Further conditions.
    pub match_expressions: Vec<Expression>,
}

/// A condition on one label.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Expression {
    /// The label.
    pub key: String,
    /// How it is compared.
    pub operator: Operator,
    /// With what, for `In` and `NotIn`.
    #[serde(default)]
    pub values: Vec<String>,
}

/// How a label is compared.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
pub enum Operator {
    /// The label has one of the values.
    In,
    /// The label has none of the values, or isn't there.
    NotIn,
    /// The label is there.
    Exists,
    /// The label isn't there.
    DoesNotExist,
}

impl Selector {
    /// Whether labels satisfy it (k8s.io/apimachinery `metav1.LabelSelectorAsSelector`).
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let equal = self.match_labels.iter().all(|(k, v)| labels.get(k) == Some(v));
        equal && self.match_expressions.iter().all(|e| e.matches(labels))
    }

    /// Reads the short form of `kubectl get -l`: `a=b,c!=d,e,!f,g in (x,y),h notin (z)`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut selector = Self::default();
        for part in split_terms(text) {
            let part = part.trim();
            if !part.is_empty() {
                selector.match_expressions.push(Expression::parse(part)?);
            }
        }
        Ok(selector)
    }
}

/// Splits at commas outside parentheses.
fn split_terms(text: &str) -> Vec<&str> {
    let (mut terms, mut depth, mut start) = (Vec::new(), 0usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                terms.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

impl Expression {
    fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let label = labels.get(&self.key);
        let listed = label.is_some_and(|l| self.values.contains(l));
        match self.operator {
            Operator::In => listed,
            Operator::NotIn => !listed,
            Operator::Exists => label.is_some(),
            Operator::DoesNotExist => label.is_none(),
        }
    }

    fn parse(term: &str) -> Result<Self, String> {
        let make = |key: &str, operator, values: Vec<String>| {
            let key = key.trim();
            let bad = key.is_empty() || key.contains(|c: char| c.is_whitespace() || "=!()<>".contains(c));
            if bad { Err(format!("`{term}` is not a label condition")) } else { Ok((key.to_owned(), operator, values)) }
        };
        let list = |rest: &str| -> Result<Vec<String>, String> {
            let inner = rest.trim().strip_prefix('(').and_then(|r| r.strip_suffix(')'));
            let inner = inner.ok_or_else(|| format!("`{term}`: expected values in parentheses"))?;
            Ok(inner.split(',').map(|v| v.trim().to_owned()).collect())
        };
        let (key, operator, values) = if let Some((key, rest)) = term.split_once(" notin ") {
            make(key, Operator::NotIn, list(rest)?)?
        } else if let Some((key, rest)) = term.split_once(" in ") {
            make(key, Operator::In, list(rest)?)?
        } else if let Some((key, value)) = term.split_once("!=") {
            make(key, Operator::NotIn, vec![value.trim().to_owned()])?
        } else if let Some((key, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
            make(key, Operator::In, vec![value.trim().to_owned()])?
        } else if let Some(key) = term.strip_prefix('!') {
            make(key, Operator::DoesNotExist, Vec::new())?
        } else {
            make(term, Operator::Exists, Vec::new())?
        };
        Ok(Self { key, operator, values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn short_forms_select_as_kubectl_does() {
        let prod = labels(&[("env", "prod"), ("team", "a")]);
        for (text, expected) in [
            ("", true),
            ("env=prod", true),
            ("env==prod,team", true),
            ("env!=prod", false),
            ("region!=eu", true),
            ("!region", true),
            ("!env", false),
            ("env in (dev, prod),team notin (b)", true),
            ("env in (dev,stag)", false),
            ("region notin (eu)", true),
        ] {
            assert_eq!(Selector::parse(text).map(|s| s.matches(&prod)), Ok(expected), "{text}");
        }
        assert!(Selector::parse("env in prod").is_err());
        assert!(Selector::parse("a b").is_err());
    }
}
