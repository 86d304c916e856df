//! Operations at work.

use super::{JsonPatch, MAX_DEPTH, Operation, number, unescaped};
use crate::diag::{Code, Diagnostic};
use crate::provenance::Recorder;
use crate::render::kustomize::failure::{Failure, Result};
use crate::render::kustomize::patch::PATCHED;
use crate::source::Origin;
use crate::yaml::{Node, Value, is_plain_v3};

/// How many values all `copy` operations of a patch may add.
const MAX_COPIED: usize = 10_000_000;
/// Above this, a float can't tell integers apart.
const EXACT: u64 = 1 << 53;

/// Why an operation fails: Go's words behind its prefix, and ours.
type Reason = (String, String);

impl JsonPatch {
    /// Applies the patch to a manifest, which has gone through JSON afterwards, as all of it does in kustomize.
    ///
    /// # Errors
    /// The first operation that can't be applied; the target is then half changed.
    pub fn apply(&self, target: &mut Node, recorder: &Recorder) -> Result<()> {
        let mut copied = 0;
        for operation in &self.operations {
            let mut run = Run { patch: self, operation, recorder, copied };
            run.operation(target)?;
            copied = run.copied;
        }
        if let Some(range) = &self.range {
            return Err(Failure::new(Code::INVALID_PATCH, range.clone()));
        }
        if matches!(target.value, Value::Seq(_)) {
            let text = "json: cannot unmarshal array into Go value of type map[string]interface {}";
            return Err(Failure::told(
                text,
                Diagnostic::error(Code::INVALID_PATCH, "the patch makes the object a list"),
            ));
        }
        through_json(target);
        Ok(())
    }
}

impl Operation {
    fn kind(&self) -> &str {
        self.fields.get("op").and_then(Node::as_str).unwrap_or("unknown")
    }

    fn text(&self, field: &str) -> std::result::Result<&str, String> {
        match self.fields.get(field).map(|node| &node.value) {
            None | Some(Value::Null) => Err(match field {
                "path" => "operation missing path field: missing value".to_owned(),
                _ => format!("operation, missing {field} field: missing value"),
            }),
            Some(Value::Str(text)) => Ok(text),
            Some(other) => {
                let found = match other {
                    Value::Bool(_) => "bool",
                    Value::Seq(_) => "array",
                    Value::Map(_) => "object",
                    _ => "number",
                };
                Err(format!("json: cannot unmarshal {found} into Go value of type string"))
            }
        }
    }

    /// Where a field stands, or the operation.
    fn at(&self, field: &str) -> Origin {
        self.fields.get(field).map_or(self.origin, |node| node.origin)
    }

    /// What is added; null if nothing is said.
    fn value(&self) -> Node {
        self.fields.get("value").cloned().unwrap_or_else(|| Node::new(Value::Null, self.origin))
    }

    fn fails(&self, text: String, message: impl Into<String>, field: &str) -> Failure {
        let diagnostic = Diagnostic::error(Code::INVALID_PATCH, message).at(self.at(field), "in this patch");
        Failure::told(text, diagnostic)
    }
}

struct Run<'a> {
    patch: &'a JsonPatch,
    operation: &'a Operation,
    recorder: &'a Recorder,
    copied: usize,
}

impl Run<'_> {
    fn operation(&mut self, root: &mut Node) -> Result<()> {
        match self.operation.kind() {
            "add" => self.add(root),
            "remove" => self.remove(root),
            "replace" => self.replace(root),
            "move" => self.relocate(root),
            "test" => self.test(root),
            "copy" => self.copy(root),
            kind => {
                let message = match self.operation.fields.get("op") {
                    None => "the operation doesn't say what to do: `op` is missing".to_owned(),
                    Some(_) => format!("there is no operation `{kind}`"),
                };
                Err(self
                    .operation
                    .fails(format!("Unexpected kind: {kind}"), message, "op")
                    .hint("the operations are `add`, `remove`, `replace`, `move`, `copy` and `test`"))
            }
        }
    }

    fn text(&self, field: &str, prefix: &str, always_missing: bool) -> Result<String> {
        self.operation.text(field).map(str::to_owned).map_err(|why| {
            let why = if always_missing { "missing value".to_owned() } else { why };
            let kind = self.operation.kind();
            let message = format!("`{kind}` needs `{field}`, a text");
            self.operation.fails(format!("{prefix}: {why}"), message, field)
        })
    }

    /// A path that leads nowhere.
    fn nowhere(&self, text: String, root: &Node, path: &str, field: &str) -> Failure {
        let message = match first_missing(root, path) {
            Some(missing) if missing.is_empty() => format!("`{path}` doesn't name a field: a path starts with `/`"),
            Some(missing) => format!("there is no `{missing}` to {} in", self.operation.kind()),
            None => format!("`{path}` leads nowhere"),
        };
        self.operation.fails(format!("{text}: missing value"), message, field)
    }

    fn reason(&self, prefix: &str, (why, message): Reason, field: &str) -> Failure {
        self.operation.fails(format!("{prefix}: {why}"), message, field)
    }

    fn add(&mut self, root: &mut Node) -> Result<()> {
        let path = self.text("path", "add operation failed to decode path", true)?;
        let value = self.operation.value();
        self.check_depth(&path, &value)?;
        match find(root, &path) {
            Some((container, key)) => self
                .put(container, &key, value)
                .map_err(|why| self.reason(&format!("error in add for path: '{path}'"), why, "path")),
            None => {
                let text = format!("add operation does not apply: doc is missing path: \"{path}\"");
                Err(self.nowhere(text, root, &path, "path"))
            }
        }
    }

    fn remove(&mut self, root: &mut Node) -> Result<()> {
        let path = self.text("path", "remove operation failed to decode path", true)?;
        match find(root, &path) {
            Some((container, key)) => take(container, &key)
                .map(drop)
                .map_err(|why| self.reason(&format!("error in remove for path: '{path}'"), why, "path")),
            None => {
                let text = format!("remove operation does not apply: doc is missing path: \"{path}\"");
                Err(self.nowhere(text, root, &path, "path"))
            }
        }
    }

    fn replace(&mut self, root: &mut Node) -> Result<()> {
        let path = self.text("path", "replace operation failed to decode path", false)?;
        let value = self.operation.value();
        self.check_depth(&path, &value)?;
        if path.is_empty() {
            if !matches!(value.value, Value::Map(_) | Value::Seq(_)) {
                let text = "replace operation value must be object or array: %!w(<nil>)".to_owned();
                let message = format!("expected a mapping in the place of the object, found {}", value.value.kind());
                return Err(self.operation.fails(text, message, "value"));
            }
            *root = self.changed(value, root.origin);
            return Ok(());
        }
        let Some((container, key)) = find(root, &path) else {
            let text = format!("replace operation does not apply: doc is missing path: {path}");
            return Err(self.nowhere(text, root, &path, "path"));
        };
        if let Value::Seq(list) = &mut container.value {
            let Ok(at) = index(&key, list.len()) else {
                let text = format!("replace operation does not apply: doc is missing key: {path}");
                return Err(self.nowhere(text, root, &path, "path"));
            };
            if let Some(place) = list.make_mut().get_mut(at) {
                *place = self.changed(value, place.origin);
            }
            return Ok(());
        }
        self.put(container, &key, value)
            .map_err(|why| self.reason(&format!("error in remove for path: '{path}'"), why, "path"))
    }

    fn relocate(&mut self, root: &mut Node) -> Result<()> {
        let from = self.text("from", "move operation failed to decode from", false)?;
        let Some((container, key)) = find(root, &from) else {
            let text = format!("move operation does not apply: doc is missing from path: {from}");
            return Err(self.nowhere(text, root, &from, "from"));
        };
        let value = take(container, &key)
            .map_err(|why| self.reason(&format!("error in move for path: '{key}'"), why, "from"))?;
        let path = self.text("path", "move operation failed to decode path", false)?;
        self.check_depth(&path, &value)?;
        let origin = self.recorder.step("moved by", self.operation.origin, value.origin);
        let value = if self.recorder.on() { Node { origin, ..value } } else { value };
        match find(root, &path) {
            Some((container, key)) => self
                .put(container, &key, value)
                .map_err(|why| self.reason(&format!("error in move for path: '{path}'"), why, "path")),
            None => {
                let text = format!("move operation does not apply: doc is missing destination path: {path}");
                Err(self.nowhere(text, root, &path, "path"))
            }
        }
    }

    fn copy(&mut self, root: &mut Node) -> Result<()> {
        let from = self.text("from", "copy operation failed to decode from", false)?;
        let Some((container, key)) = find(root, &from) else {
            let text = format!("copy operation does not apply: doc is missing from path: {from}");
            return Err(self.nowhere(text, root, &from, "from"));
        };
        let value = get(container, &key)
            .map_err(|why| self.reason(&format!("error in copy for from: '{from}'"), why, "from"))?
            .cloned()
            .unwrap_or_else(|| Node::new(Value::Null, self.operation.origin));
        let path = self.text("path", "copy operation failed to decode path", true)?;
        if find(root, &path).is_none() {
            let text = format!("copy operation does not apply: doc is missing destination path: {path}");
            return Err(self.nowhere(text, root, &path, "path"));
        }
        self.check_depth(&path, &value)?;
        self.copied += size(&value, MAX_COPIED);
        if self.copied > MAX_COPIED {
            let message = format!("the patch copies more than {MAX_COPIED} values");
            return Err(self.operation.fails(message.clone(), message, "path"));
        }
        let origin = self.recorder.step("copied by", self.operation.origin, value.origin);
        let value = if self.recorder.on() { Node { origin, ..value } } else { value };
        let Some((container, key)) = find(root, &path) else { return Ok(()) };
        self.put(container, &key, value).map_err(|why| self.reason("error while adding value during copy", why, "path"))
    }

    fn test(&mut self, root: &mut Node) -> Result<()> {
        let path = self.text("path", "test operation failed to decode path", false)?;
        let wanted = self.operation.value();
        let failed = |found: Option<&Node>| {
            let text = format!("testing value {path} failed: test failed");
            let message = format!("`{path}` isn't what the patch expects");
            let failure = self.operation.fails(text, message, "value");
            match found {
                Some(found) => also(failure, found.origin),
                None => failure,
            }
        };
        if path.is_empty() {
            return if self.equal(root, &wanted) { Ok(()) } else { Err(failed(None)) };
        }
        let Some((container, key)) = find(root, &path) else {
            let text = format!("test operation does not apply: is missing path: {path}");
            return Err(self.nowhere(text, root, &path, "path"));
        };
        let found = get(container, &key)
            .map_err(|why| self.reason(&format!("error in test for path: '{path}'"), why, "path"))?;
        let equal = match found {
            Some(found) => self.equal(found, &wanted),
            None => wanted.is_null(),
        };
        if equal { Ok(()) } else { Err(failed(found)) }
    }

    /// Whether a value is the patch's. json-patch compares the spelling of scalars.
    fn equal(&self, found: &Node, wanted: &Node) -> bool {
        match (&found.value, &wanted.value) {
            (Value::Map(a), Value::Map(b)) => {
                a.len() == b.len()
                    && a.iter().all(|entry| b.get(&entry.key).is_some_and(|wanted| self.equal(&entry.value, wanted)))
            }
            (Value::Seq(a), Value::Seq(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.equal(a, b)),
            (a, b) => a == b && !self.patch.odd.contains(&wanted.origin),
        }
    }

    /// A value in the place of another.
    fn changed(&self, value: Node, was: Origin) -> Node {
        Node { origin: self.recorder.step(PATCHED, value.origin, was), ..value }
    }

    /// Sets a field, or inserts an element.
    fn put(&self, container: &mut Node, key: &str, value: Node) -> std::result::Result<(), Reason> {
        match &mut container.value {
            Value::Map(map) => {
                match map.get_mut(key) {
                    Some(place) => *place = self.changed(value, place.origin),
                    None => {
                        map.insert(key, self.operation.at("path"), value);
                    }
                }
                Ok(())
            }
            Value::Seq(list) if key == "-" => {
                list.push(value);
                Ok(())
            }
            Value::Seq(list) => {
                let at = parse(key).map_err(|(why, message)| {
                    (format!("value was not a proper array index: '{key}': {why}"), message)
                })?;
                list.insert(within(at, list.len(), list.len() + 1)?, value);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn check_depth(&self, path: &str, value: &Node) -> Result<()> {
        if path.matches('/').count() + depth(value) <= MAX_DEPTH {
            return Ok(());
        }
        let message = "values nest too deep after this";
        Err(self.operation.fails(message.to_owned(), message, "path"))
    }
}

fn also(mut failure: Failure, origin: Origin) -> Failure {
    for diagnostic in failure.diagnostics.iter_mut() {
        *diagnostic = diagnostic.clone().also(origin, "what is there");
    }
    failure
}

/// The collection that a path leads to, and the last key (`findObject`).
fn find<'n>(root: &'n mut Node, path: &str) -> Option<(&'n mut Node, ecow::EcoString)> {
    let (_, path) = path.split_once('/')?;
    let (way, key) = match path.rsplit_once('/') {
        Some((way, key)) => (Some(way), key),
        None => (None, path),
    };
    let mut at = root;
    for token in way.into_iter().flat_map(|way| way.split('/')) {
        at = step(at, &unescaped(token))?;
    }
    Some((at, unescaped(key)))
}

/// The collection below a key.
fn step<'n>(container: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    let next = match &mut container.value {
        Value::Map(map) => map.get_mut(key)?,
        Value::Seq(list) => {
            let at = index(key, list.len()).ok()?;
            list.make_mut().get_mut(at)?
        }
        _ => return None,
    };
    matches!(next.value, Value::Map(_) | Value::Seq(_)).then_some(next)
}

/// Which part of a path isn't there.
fn first_missing(root: &Node, path: &str) -> Option<String> {
    let Some((_, rest)) = path.split_once('/') else { return Some(String::new()) };
    let mut root = root.clone();
    let mut at = &mut root;
    let mut shown = String::new();
    for token in rest.split('/') {
        shown.push('/');
        shown.push_str(token);
        match step(at, &unescaped(token)) {
            Some(next) => at = next,
            None => return Some(shown),
        }
    }
    None
}

/// `strconv.Atoi`.
fn parse(key: &str) -> std::result::Result<i64, Reason> {
    let digits = key.strip_prefix(['+', '-']).unwrap_or(key);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        let shown = crate::go::quote(key);
        let message = format!("expected an index in a list, found `{key}`");
        return Err((format!("strconv.Atoi: parsing {shown}: invalid syntax"), message));
    }
    key.parse().map_err(|_| {
        let shown = crate::go::quote(key);
        (format!("strconv.Atoi: parsing {shown}: value out of range"), format!("there is no index {key}"))
    })
}

/// An index, counted from the end if it is negative; `size` is how many places there are.
fn within(at: i64, elements: usize, size: usize) -> std::result::Result<usize, Reason> {
    let signed = i64::try_from(size).unwrap_or(i64::MAX);
    let place = if at < 0 { at.saturating_add(signed) } else { at };
    match usize::try_from(place) {
        Ok(place) if place < size => Ok(place),
        _ => Err((
            format!("Unable to access invalid index: {at}: invalid index referenced"),
            format!("there is no index {at}: the list has {elements} elements"),
        )),
    }
}

fn index(key: &str, size: usize) -> std::result::Result<usize, Reason> {
    within(parse(key)?, size, size)
}

/// A field, or an element; none where a field is missing, or null.
fn get<'n>(container: &'n Node, key: &str) -> std::result::Result<Option<&'n Node>, Reason> {
    let found = match &container.value {
        Value::Map(map) => map.get(key),
        Value::Seq(list) => list.get(index(key, list.len())?),
        _ => None,
    };
    Ok(found.filter(|node| !node.is_null()))
}

fn take(container: &mut Node, key: &str) -> std::result::Result<Node, Reason> {
    match &mut container.value {
        Value::Map(map) => map.remove(key).map(|entry| entry.value).ok_or_else(|| {
            (format!("Unable to remove nonexistent key: {key}: missing value"), format!("there is no key `{key}`"))
        }),
        Value::Seq(list) => {
            let at = index(key, list.len())?;
            Ok(list.remove(at))
        }
        _ => Ok(Node::default()),
    }
}

/// How many values a value holds, counted as far as `limit`.
fn size(node: &Node, limit: usize) -> usize {
    let mut stack = vec![node];
    let mut count = 0;
    while let Some(node) = stack.pop() {
        count += 1;
        if count > limit {
            break;
        }
        match &node.value {
            Value::Map(map) => stack.extend(map.iter().map(|entry| &entry.value)),
            Value::Seq(list) => stack.extend(list),
            _ => {}
        }
    }
    count
}

fn depth(node: &Node) -> usize {
    let mut stack = vec![(node, 1)];
    let mut deepest = 0;
    while let Some((node, level)) = stack.pop() {
        deepest = deepest.max(level);
        match &node.value {
            Value::Map(map) => stack.extend(map.iter().map(|entry| (&entry.value, level + 1))),
            Value::Seq(list) => stack.extend(list.iter().map(|node| (node, level + 1))),
            _ => {}
        }
    }
    deepest
}

/// What going through JSON and YAML changes: numbers become floats, nothing becomes `null`, and texts are written as go-yaml
/// chooses.
fn through_json(node: &mut Node) {
    if !stays(node) {
        convert(node, node.origin);
    }
}

/// `place`: where it is, if nothing stands there.
fn convert(node: &mut Node, place: Origin) {
    if node.origin.is_unwritten() {
        node.origin = place;
    }
    let origin = node.origin.plain();
    node.origin = origin;
    match &mut node.value {
        Value::Map(map) => map.entries_mut().iter_mut().for_each(|entry| convert(&mut entry.value, entry.key_origin)),
        Value::Seq(list) => list.make_mut().iter_mut().for_each(|element| convert(element, origin)),
        Value::Str(text) if !is_plain_v3(text) => node.origin = origin.quoted(),
        #[expect(clippy::cast_precision_loss, reason = "that loss is what upstream does")]
        Value::Int(n) => node.value = number(*n as f64),
        #[expect(clippy::cast_precision_loss, reason = "that loss is what upstream does")]
        Value::UInt(n) => node.value = number(*n as f64),
        Value::Str(_) | Value::Null | Value::Bool(_) | Value::Float(_) => {}
    }
}

fn stays(node: &Node) -> bool {
    let mut stack = vec![node];
    while let Some(node) = stack.pop() {
        let quoted = node.origin.is_quoted();
        let same = !node.origin.is_unwritten()
            && match &node.value {
                Value::Map(map) => {
                    stack.extend(map.iter().map(|entry| &entry.value));
                    !quoted
                }
                Value::Seq(list) => {
                    stack.extend(list);
                    !quoted
                }
                Value::Str(text) => quoted != is_plain_v3(text),
                Value::Int(n) => !quoted && n.unsigned_abs() <= EXACT,
                Value::UInt(_) => false,
                Value::Null | Value::Bool(_) | Value::Float(_) => !quoted,
            };
        if !same {
            return false;
        }
    }
    true
}
