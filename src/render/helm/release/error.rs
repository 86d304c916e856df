//! Errors of templates, in the words in which Helm tells them.

use crate::render::helm::Profile;
use crate::render::helm::gotemplate::call::Fault;

/// What Helm adds to an error that came out of rendering, where nobody asked for `--debug`.
pub const USE_DEBUG: &str = "\n\nUse --debug flag to render out invalid YAML";

/// An error of parsing a template (`cleanupParseError`): the place, and the last of the causes.
pub fn parsing(file: &str, text: &str) -> String {
    let tokens: Vec<&str> = text.split(": ").collect();
    match tokens.as_slice() {
        [_, location, .., said] => format!("parse error at ({location}): {said}"),
        [_, said] => format!("parse error at ({said}): {said}"),
        _ => format!("parse error in ({file}): {text}"),
    }
}

/// An error of executing a template: `cleanupExecError` in Helm 3, `reformatExecErrorMsg` in Helm 4.
pub fn executing(file: &str, fault: &Fault, profile: Profile) -> String {
    let text = &fault.text;
    let is_exec = match profile {
        Profile::Helm3 => fault.frame.is_some(),
        Profile::Helm4 => chain(fault).any(|f| f.frame.is_some()),
    };
    if !is_exec {
        return text.clone();
    }
    let mut tokens = text.splitn(3, ": ");
    let (Some(_), Some(location), Some(rest)) = (tokens.next(), tokens.next(), tokens.next()) else {
        return format!("execution error in ({file}): {text}");
    };
    // What `fail` and `required` say stands between two marks.
    if let Some((_, said)) = rest.split_once("HELM_ERR_START")
        && let Some((said, _)) = said.rsplit_once("HELM_ERR_END")
    {
        return format!("execution error at ({location}): {said}");
    }
    match profile {
        Profile::Helm3 => text.clone(),
        Profile::Helm4 => steps(fault).unwrap_or_else(|| text.clone()),
    }
}

/// An error and its causes.
fn chain(fault: &Fault) -> impl Iterator<Item = &Fault> {
    std::iter::successors(Some(fault), |f| f.cause.as_ref())
}

/// The multi-line form of Helm 4; none if a cause isn't an error of text/template.
fn steps(fault: &Fault) -> Option<String> {
    let mut steps: Vec<Step> = Vec::new();
    for cause in chain(fault) {
        let step = Step::read(&cause.text)?;
        if steps.last() != Some(&step) {
            steps.push(step);
        }
    }
    let mut text = String::new();
    for step in steps {
        for (part, after) in [(step.location, "\n  "), (step.function, "\n    "), (step.message, "\n")] {
            if !part.is_empty() {
                text.push_str(&part);
                text.push_str(after);
            }
        }
    }
    Some(text.trim().to_owned())
}

/// One error of text/template, taken apart.
#[derive(PartialEq, Eq)]
struct Step {
    location: String,
    function: String,
    message: String,
}

impl Step {
    fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("template: ")?;
        if rest.starts_with("no template ") {
            return Some(Self { location: String::new(), function: String::new(), message: text.to_owned() });
        }
        let message = |text: &str| text.split(" template:").next().unwrap_or_default().to_owned();
        let executing = || {
            let (location, after) = rest.split_once(": executing ")?;
            let (function, after) = after.strip_prefix('"')?.split_once('"')?;
            let (context, said) = after.strip_prefix(" at <")?.split_once(">: ")?;
            let function = format!("executing \"{function}\" at <{context}>:");
            Some(Self { location: location.to_owned(), function, message: message(said) })
        };
        executing().or_else(|| {
            let (location, said) = rest.rsplit_once(": ")?;
            Some(Self { location: location.to_owned(), function: String::new(), message: message(said) })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::helm::gotemplate::call::Frame;

    fn exec(text: &str, cause: Option<Fault>) -> Fault {
        let frame = Frame { template: "t".to_owned(), span: None, context: "x".to_owned() };
        let mut fault = Fault::new(text);
        (fault.frame, fault.cause) = (Some(frame), cause);
        fault
    }

    #[test]
    fn parse_errors_keep_the_place_and_the_last_cause() {
        assert_eq!(
            parsing("c/templates/a.yaml", "template: c/templates/a.yaml:1: missing value for if"),
            "parse error at (c/templates/a.yaml:1): missing value for if"
        );
        assert_eq!(parsing("f", "boom"), "parse error in (f): boom");
    }

    #[test]
    fn what_fail_says_is_told_alone() {
        let text = "template: a.yaml:1:3: executing \"a.yaml\" at <fail \"no\">: error calling fail: \
                    HELM_ERR_STARTno: wayHELM_ERR_END";
        for profile in [Profile::Helm3, Profile::Helm4] {
            let found = executing("a.yaml", &exec(text, Some(Fault::new("x"))), profile);
            assert_eq!(found, "execution error at (a.yaml:1:3): no: way");
        }
    }

    #[test]
    fn helm_4_tells_steps_where_all_are_templates() {
        let inner = "template: c/_h.tpl:2:4: executing \"x\" at <.Values.a.b>: nil pointer evaluating interface {}.b";
        let outer = format!(
            "template: c/a.yaml:1:3: executing \"c/a.yaml\" at <include \"x\" .>: error calling include: {inner}"
        );
        let fault = exec(&outer, Some(exec(inner, None)));
        assert_eq!(executing("c/a.yaml", &fault, Profile::Helm3), outer);
        assert_eq!(
            executing("c/a.yaml", &fault, Profile::Helm4),
            "c/a.yaml:1:3\n  executing \"c/a.yaml\" at <include \"x\" .>:\n    error calling include:\n\
             c/_h.tpl:2:4\n  executing \"x\" at <.Values.a.b>:\n    nil pointer evaluating interface {}.b"
        );
        let plain = "template: c/a.yaml:1:3: executing \"c/a.yaml\" at <atoi>: error calling atoi: bad".to_owned();
        assert_eq!(executing("c/a.yaml", &exec(&plain, Some(Fault::new("bad"))), Profile::Helm4), plain);
        assert_eq!(executing("c/a.yaml", &Fault::new("plain"), Profile::Helm4), "plain");
    }
}
