//! `configMapGenerator` and `secretGenerator` (api/internal/generators).

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key_values::{self, Pair};
use crate::diag::{Code, Diagnostic};
use crate::render::kustomize::context::Context;
use crate::render::kustomize::failure::{Failure, Result};
use crate::render::kustomize::resource::{Behavior, Resource};
use crate::render::kustomize::types::{GeneratorArgs, GeneratorOptions, Pairs, Text};
use crate::source::Origin;
use crate::yaml::{Entry, Map, Node, Value};

/// A ConfigMap, of an entry of `configMapGenerator`. Its options are merged with the kustomization's already: [`merged`].
///
/// # Errors
/// A missing name, files that can't be read, sources that are none, keys that are there twice.
pub fn config_map(args: &GeneratorArgs, ctx: &Context) -> Result<Resource> {
    let mut map = base(args, "ConfigMap")?;
    let (mut data, mut binary) = (Map::new(), Map::new());
    for pair in sources(args, ctx)? {
        match String::from_utf8(pair.value) {
            Ok(text) => data.insert(pair.key, pair.key_origin, Node::new(text, pair.origin)),
            Err(error) => binary.insert(pair.key, pair.key_origin, Node::new(wrapped(error.as_bytes()), pair.origin)),
        };
    }
    for (field, content) in [("data", data), ("binaryData", binary)] {
        if !content.is_empty() {
            map.insert(field, args.origin, Node::new(content, args.origin));
        }
    }
    finish(map, args, ctx)
}

/// A Secret, of an entry of `secretGenerator`. Its options are merged with the kustomization's already: [`merged`].
///
/// # Errors
/// Those of [`config_map`].
pub fn secret(args: &GeneratorArgs, ctx: &Context) -> Result<Resource> {
    let mut map = base(args, "Secret")?;
    let kind = match args.secret_type.is_empty() {
        true => Node::new("Opaque", args.origin),
        false => args.secret_type.node(),
    };
    map.insert("type", kind.origin, kind);
    let mut data = Map::new();
    for pair in sources(args, ctx)? {
        data.insert(pair.key, pair.key_origin, Node::new(wrapped(&pair.value), pair.origin));
    }
    map.insert("data", args.origin, Node::new(data, args.origin));
    finish(map, args, ctx)
}

/// The options of a generator where the kustomization has some for all: its own labels and annotations win, and a flag that
/// is set for all is set (`MergeGlobalOptionsIntoLocal`).
pub fn merged(local: Option<&GeneratorOptions>, global: Option<&GeneratorOptions>) -> Option<GeneratorOptions> {
    let Some(global) = global else { return local.cloned() };
    let local = local.cloned().unwrap_or_default();
    Some(GeneratorOptions {
        labels: filled(local.labels, &global.labels),
        annotations: filled(local.annotations, &global.annotations),
        disable_name_suffix_hash: local.disable_name_suffix_hash || global.disable_name_suffix_hash,
        immutable: local.immutable || global.immutable,
    })
}

fn filled(mut own: Pairs, others: &Pairs) -> Pairs {
    let missing = |pair: &&(Text, Text)| !own.iter().any(|(key, _)| key.text == pair.0.text);
    let more: Pairs = others.iter().filter(missing).cloned().collect();
    own.extend(more);
    own.sort_by(|a, b| a.0.text.cmp(&b.0.text));
    own
}

fn base(args: &GeneratorArgs, kind: &str) -> Result<Map> {
    let at = args.origin;
    if args.name.is_empty() {
        let message = format!("a generated {kind} has no name");
        return Err(Failure::told(
            "a configmap must have a name",
            Diagnostic::error(Code::INVALID_KUSTOMIZATION, message),
        )
        .at(at, "`name` is missing"));
    }
    let mut metadata = Map::new();
    metadata.insert("name", args.name.origin, args.name.node());
    if !args.namespace.is_empty() {
        metadata.insert("namespace", args.namespace.origin, args.namespace.node());
    }
    let mut map = Map::new();
    map.insert("apiVersion", at, Node::new("v1", at));
    map.insert("kind", at, Node::new(kind, at));
    map.insert("metadata", at, Node::new(metadata, at));
    Ok(map)
}

/// The pairs by key; no two have one.
fn sources(args: &GeneratorArgs, ctx: &Context) -> Result<Vec<Pair>> {
    let mut pairs = key_values::load(args, ctx).map_err(|failure| failure.prefixed("loading KV pairs"))?;
    let mut known: HashMap<&str, Origin> = HashMap::with_capacity(pairs.len());
    for pair in &pairs {
        if let Some(first) = known.insert(&pair.key, pair.key_origin) {
            let text = format!("configmap {} illegally repeats the key `{}`", &*args.name, pair.key);
            let message = format!("the key `{}` of {} is there twice", pair.key, &*args.name);
            let diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, message)
                .at(pair.key_origin, "the same key again")
                .also(first, "first here");
            return Err(Failure::told(text, diagnostic));
        }
    }
    pairs.iter().try_for_each(|pair| key_values::check_key(&pair.key, pair.key_origin))?;
    pairs.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(pairs)
}

/// Labels, annotations and flags.
fn finish(mut map: Map, args: &GeneratorArgs, ctx: &Context) -> Result<Resource> {
    let options = args.options.as_ref();
    if let (Some(options), Some(metadata)) = (options, map.get_mut("metadata").and_then(Node::as_map_mut)) {
        for (field, pairs) in [("labels", &options.labels), ("annotations", &options.annotations)] {
            let Some((first, _)) = pairs.first() else { continue };
            pairs.iter().try_for_each(|(key, _)| key_values::check_key(key, key.origin))?;
            let entry = |(key, value): &(Text, Text)| Entry {
                key: key.text.clone(),
                key_origin: key.origin,
                value: value.node(),
            };
            let texts: Map = pairs.iter().map(entry).collect();
            metadata.insert(field, first.origin, Node::new(texts, first.origin));
        }
    }
    if options.is_some_and(|options| options.immutable) {
        map.insert("immutable", args.origin, Node::new(true, args.origin));
    }
    let mut resource = Resource::new(Node { value: Value::Map(map), origin: args.origin }, ctx.file.clone());
    resource.needs_hash = !options.is_some_and(|options| options.disable_name_suffix_hash);
    resource.behavior = Behavior::of(&args.behavior);
    Ok(resource)
}

/// Base64 in lines of 70 columns, each of which ends if they may be more than one.
fn wrapped(bytes: &[u8]) -> String {
    const LINE: usize = 70;
    let encoded = STANDARD.encode(bytes);
    if encoded.len() < LINE {
        return encoded;
    }
    let mut out = String::with_capacity(encoded.len() + encoded.len() / LINE + 1);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(LINE));
        out.push_str(line);
        out.push('\n');
        rest = more;
    }
    out
}
