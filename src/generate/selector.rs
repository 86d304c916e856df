//! Label selectors of generators: those that filter clusters, as Kubernetes has them, and those that filter parameter
//! sets, whose values may be anything (applicationset/utils/selector.go).

use std::collections::BTreeMap;

use ecow::EcoString;

use super::failure::Failure;
use crate::source::Origin;
use crate::yaml::Node;

/// Which rules a selector follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rules {
    /// Kubernetes': values are label values.
    Labels,
    /// Those of parameter sets: values are anything.
    Parameters,
}

/// A selector: all of its requirements.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    requirements: Vec<Requirement>,
}

#[derive(Clone, Debug)]
struct Requirement {
    key: EcoString,
    operator: Operator,
    values: Vec<EcoString>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl Selector {
    /// A `LabelSelector` in normal form.
    ///
    /// # Errors
    /// A key that is no label's name, an operator that isn't there, or that has values where it takes none.
    pub fn new(node: &Node, rules: Rules) -> Result<Self, Failure> {
        let mut requirements = Vec::new();
        for entry in node.get("matchLabels").and_then(Node::as_map).into_iter().flatten() {
            let value = entry.value.as_str().unwrap_or_default();
            check_key(&entry.key, entry.key_origin)?;
            if rules == Rules::Labels {
                check_value(value, &format!("values[0][{}]", entry.key), entry.value.origin)?;
            }
            requirements.push(Requirement {
                key: entry.key.clone(),
                operator: Operator::In,
                values: vec![value.into()],
            });
        }
        for expression in node.get("matchExpressions").and_then(Node::as_seq).unwrap_or_default() {
            requirements.push(Requirement::new(expression, rules)?);
        }
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Self { requirements })
    }

    /// Whether it requires nothing.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether labels, or flattened parameters, satisfy it.
    pub fn matches<'l>(&self, label: impl Fn(&str) -> Option<&'l str>) -> bool {
        self.requirements.iter().all(|requirement| {
            let found = label(&requirement.key);
            let listed = found.is_some_and(|found| requirement.values.iter().any(|value| value == found));
            match requirement.operator {
                Operator::In => listed,
                Operator::NotIn => !listed,
                Operator::Exists => found.is_some(),
                Operator::DoesNotExist => found.is_none(),
            }
        })
    }

    /// Whether flattened parameters satisfy it.
    pub fn matches_flat(&self, flat: &BTreeMap<EcoString, String>) -> bool {
        self.matches(|key| flat.get(key).map(String::as_str))
    }
}

impl Requirement {
    fn new(node: &Node, rules: Rules) -> Result<Self, Failure> {
        let text = |key: &str| node.get(key).and_then(Node::as_str).unwrap_or_default();
        let at = |key: &str| node.get(key).map_or(node.origin, |found| found.origin);
        let operator = match text("operator") {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            other => {
                let kind = if rules == Rules::Labels { "label selector" } else { "pod selector" };
                let said = format!("{} is not a valid {kind} operator", crate::go::quote(other));
                let message = format!("selectors have no operator `{other}`");
                let mut failure = Failure::invalid(said, message, at("operator"), "no such operator");
                for diagnostic in failure.diagnostics.iter_mut() {
                    let known = ["In", "NotIn", "Exists", "DoesNotExist"];
                    *diagnostic = diagnostic
                        .clone()
                        .did_you_mean(other, known)
                        .hint("known are `In`, `NotIn`, `Exists` and `DoesNotExist`");
                }
                return Err(failure);
            }
        };
        let key = text("key");
        check_key(key, at("key"))?;
        let values = node.get("values").and_then(Node::as_seq).unwrap_or_default();
        let texts: Vec<EcoString> = values.iter().filter_map(|v| Some(v.as_str()?.into())).collect();
        match operator {
            Operator::In | Operator::NotIn if texts.is_empty() => {
                let said = "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty";
                let message = format!("`{}` needs `values`", text("operator"));
                return Err(Failure::invalid(said, message, node.origin, "no `values`"));
            }
            Operator::Exists | Operator::DoesNotExist if !texts.is_empty() => {
                let shown: Vec<String> = texts.iter().map(|t| crate::go::quote(t)).collect();
                let said = format!(
                    "values: Invalid value: [{}]: values set must be empty for exists and does not exist",
                    shown.join(",")
                );
                let message = format!("`{}` takes no `values`", text("operator"));
                return Err(Failure::invalid(said, message, at("values"), "leave them out"));
            }
            _ => {}
        }
        if rules == Rules::Labels {
            for (index, value) in values.iter().enumerate() {
                check_value(value.as_str().unwrap_or_default(), &format!("values[{index}][{key}]"), value.origin)?;
            }
        }
        Ok(Self { key: key.into(), operator, values: texts })
    }
}

fn is_word(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    edge(text.chars().next())
        && edge(text.chars().next_back())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

fn is_subdomain(text: &str) -> bool {
    let label = |label: &str| {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        label.starts_with(fits) && label.ends_with(fits) && label.chars().all(|c| fits(c) || c == '-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// What apimachinery's `IsQualifiedName` says of a key.
fn check_key(key: &str, at: Origin) -> Result<(), Failure> {
    const NAME: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with \
        an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
        '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    const PREFIX: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
        and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
        '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    let parts: Vec<&str> = key.split('/').collect();
    let mut wrong: Vec<String> = Vec::new();
    let name = match parts.as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                wrong.push("prefix part must be non-empty".to_owned());
            } else if !is_subdomain(prefix) {
                wrong.push(format!("prefix part {PREFIX}"));
            }
            *name
        }
        _ => {
            let said = "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with \
                 an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
                 '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. \
                 'example.com/MyName')";
            return Err(bad_key(key, said, at));
        }
    };
    if name.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        wrong.push("name part must be no more than 63 bytes".to_owned());
    }
    if !is_word(name) {
        wrong.push(NAME.to_owned());
    }
    if wrong.is_empty() { Ok(()) } else { Err(bad_key(key, &wrong.join("; "), at)) }
}

fn bad_key(key: &str, why: &str, at: Origin) -> Failure {
    let said = format!("key: Invalid value: {}: {why}", crate::go::quote(key));
    let mut failure = Failure::invalid(said, format!("`{key}` is not the name of a label"), at, "not a label's name");
    let hint = "a name has letters, digits, `-`, `_` and `.`, and perhaps a domain and `/` before it";
    for diagnostic in failure.diagnostics.iter_mut() {
        *diagnostic = diagnostic.clone().hint(hint);
    }
    failure
}

fn check_value(value: &str, path: &str, at: Origin) -> Result<(), Failure> {
    if value.is_empty() || (value.len() <= 63 && is_word(value)) {
        return Ok(());
    }
    let why = if value.len() > 63 {
        "must be no more than 63 bytes"
    } else {
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and \
         end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is \
         '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
    };
    let said = format!("{path}: Invalid value: {}: {why}", crate::go::quote(value));
    Err(Failure::invalid(said, format!("`{value}` is not the value of a label"), at, "no label has this value"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Dialect, parse};

    fn selects(selector: &str, pairs: &[(&str, &str)]) -> Result<bool, String> {
        let node = parse(crate::source::FileId::NONE, selector, Dialect::Kubernetes).into_first();
        let selector = Selector::new(&node, Rules::Parameters).map_err(|failure| failure.text)?;
        let flat = pairs.iter().map(|(k, v)| (EcoString::from(*k), (*v).to_owned())).collect();
        Ok(selector.matches_flat(&flat))
    }

    #[test]
    fn parameters_are_selected() {
        let set = [("server", "https://a.example.com"), ("path.basename", "web"), ("none", "<nil>")];
        for (selector, expected) in [
            ("{}", true),
            ("matchLabels: {server: 'https://a.example.com'}", true),
            ("matchExpressions: [{key: path.basename, operator: NotIn, values: [web, api]}]", false),
            ("matchExpressions: [{key: absent, operator: NotIn, values: [web]}]", true),
            ("matchExpressions: [{key: none, operator: Exists}, {key: m, operator: DoesNotExist}]", true),
        ] {
            assert_eq!(selects(selector, &set), Ok(expected), "{selector}");
        }
        assert!(selects("matchExpressions: [{key: a, operator: Like}]", &[]).unwrap_err().contains("pod selector"));
        assert!(selects("matchLabels: {'a b': c}", &[]).unwrap_err().starts_with("key: Invalid value: \"a b\""));
    }
}
