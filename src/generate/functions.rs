//! The functions that Go templates of ApplicationSets can call (applicationset/utils/template_functions.go): sprig's,
//! and a few more. There is no `include`, `tpl`, `required` or `lookup`, and nothing that asks the machine.

use std::sync::OnceLock;

use super::slug::{self, Cut};
use crate::render::helm::functions;
use crate::render::helm::gotemplate::builtin::BUILTINS;
use crate::render::helm::gotemplate::call::{Call, Fault, Function, Type, f, ok, variadic};
use crate::render::helm::gotemplate::functions::Functions;
use crate::render::helm::gotemplate::value::{IntType, Tracked, Value};
use crate::render::helm::sprig;

const OWN: &[Function] = &[
    f("fromYaml", &[Type::String], functions::yaml::unmarshal_map),
    f("fromYamlArray", &[Type::String], functions::yaml::unmarshal_list),
    f("normalize", &[Type::String], normalize),
    variadic("slugify", &[Type::Any], slugify),
    f("toYaml", &[Type::Any], functions::yaml::must_to_yaml),
];

/// All functions.
pub fn table() -> &'static Functions {
    static TABLE: OnceLock<Functions> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut tables = vec![BUILTINS];
        tables.extend(sprig::tables());
        tables.push(OWN);
        Functions::new(tables)
    })
}

fn normalize(call: &mut Call) -> Result<Tracked, Fault> {
    let trail = call.any(0).trail.blurred();
    Ok(Tracked { value: slug::normalize(&call.str(0)).into(), trail })
}

/// `slugify [LENGTH] [BETWEEN WORDS] NAME`.
fn slugify(call: &mut Call) -> Result<Tracked, Fault> {
    let mut cut = slug::SHORT;
    let Some((name, options)) = call.args.split_last() else { return ok(String::new()) };
    let panicked = |value: &Tracked, wanted: &str| {
        let found = if value.is_nil() { "nil" } else { value.type_name() };
        Fault::new(format!("interface conversion: interface {{}} is {found}, not {wanted}"))
    };
    if let Some(length) = options.first() {
        match length.value {
            Value::Int(n, IntType::Int) => cut.length = n,
            _ => return Err(panicked(length, "int")),
        }
    }
    if let Some(flag) = options.get(1) {
        match flag.value {
            Value::Bool(between_words) => cut = Cut { between_words, ..cut },
            _ => return Err(panicked(flag, "bool")),
        }
    }
    let Some(text) = name.as_bytes() else { return Err(panicked(name, "string")) };
    let made = slug::slugify(&String::from_utf8_lossy(text), cut).map_err(Fault::new)?;
    Ok(Tracked { value: made.into(), trail: name.trail.blurred() })
}
