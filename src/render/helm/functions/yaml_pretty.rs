//! `toYamlPretty`: the form of go-yaml v3.

use super::super::gotemplate::call::{Call, Fault, ok};
use super::super::gotemplate::value::Tracked;
use super::super::sprig::json::quiet;
use crate::yaml;

/// YAML with indented lists, without the last line's end; empty if the value has no such form.
pub fn to_yaml_pretty(call: &mut Call) -> Result<Tracked, Fault> {
    quiet(pretty(call))
}

fn pretty(call: &mut Call) -> Result<Tracked, Fault> {
    let node = call.any(0).value.to_node_without_nils()?;
    let mut text = yaml::emit_v3(&node);
    if text.ends_with('\n') {
        text.pop();
    }
    call.host.spend(text.len())?;
    ok(text)
}
