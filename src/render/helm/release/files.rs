//! `.Files`: the files of a chart that aren't templates, values or charts.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ecow::{EcoString, EcoVec};

use crate::glob::Glob;
use crate::render::helm::Profile;
use crate::render::helm::chart::{Content, File};
use crate::render::helm::gotemplate::call::{Call, Fault, Meter, Signature, Type, ok};
use crate::render::helm::gotemplate::trail::Trail;
use crate::render::helm::gotemplate::value::{Body, ENTRY, ListRef, ListType, MapRef, MapType, Object, Tracked, Value};
use crate::source::Origin;
use crate::yaml::{self, Node, emit};

/// Helm's `engine.files`: contents by path, a `map[string][]byte` with methods. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Files {
    entries: Rc<BTreeMap<EcoString, Content>>,
    profile: Profile,
}

const ONE_STRING: Signature = Signature { params: &[Type::String], variadic: false };
const NOTHING: Signature = Signature { params: &[], variadic: false };

/// Steps that it takes to compile a pattern, any and for each byte of it; and bytes that are written in a step.
const COMPILED: usize = 128;
const COMPILED_BYTE: usize = 32;
const BYTES_A_STEP: usize = 16;

impl Files {
    /// The files of a chart, by their path in it. Of two with one path the later counts.
    pub fn new(profile: Profile, files: impl IntoIterator<Item = File>) -> Self {
        Self { entries: Rc::new(files.into_iter().map(|f| (f.name, f.content)).collect()), profile }
    }

    /// `.Files`.
    pub fn value(self) -> Value {
        Value::Object(Rc::new(self))
    }

    fn get(&self, path: &[u8]) -> Option<&Content> {
        self.entries.get(std::str::from_utf8(path).ok()?)
    }

    /// The files that a pattern matches; a broken pattern matches all.
    fn glob(&self, pattern: &str) -> Self {
        let Ok(glob) = Glob::new(pattern, Some('/')) else { return self.clone() };
        let found = self.entries.iter().filter(|(path, _)| glob.matches(path));
        let entries = found.map(|(path, content)| (path.clone(), content.clone())).collect();
        Self { entries: Rc::new(entries), profile: self.profile }
    }

    fn lines(&self, path: &[u8]) -> Result<ListRef, Fault> {
        let Some(data) = self.get(path).map(Content::bytes) else {
            return Ok(ListRef::strings(Vec::<EcoString>::new()));
        };
        if data.is_empty() {
            return match self.profile {
                Profile::Helm3 => Ok(ListRef::strings(Vec::<EcoString>::new())),
                // Helm 4 looks at the last byte of the empty file.
                Profile::Helm4 => Err(Fault::new("runtime error: index out of range [-1]")),
            };
        }
        let text = data.strip_suffix(b"\n").unwrap_or(data);
        let lines = text.split(|b| *b == b'\n').map(|line| Value::bytes(line.to_vec()).into());
        Ok(ListRef::of(ListType::Strings, lines.collect()))
    }

    /// Counts what it takes to write all files.
    fn weigh(&self, call: &mut Call) -> Result<(), Fault> {
        let bytes: usize = self.entries.values().map(|data| data.bytes().len()).sum();
        call.host.work(self.entries.len() + bytes / BYTES_A_STEP)?;
        call.host.spend(self.entries.len() * ENTRY + 2 * bytes)?;
        call.fits(bytes)
    }

    /// A YAML mapping from each file's name to a form of its contents. Of files of one name in several directories the
    /// last counts; in Helm any does.
    fn mapping(&self, form: impl Fn(&[u8]) -> EcoString) -> String {
        let named = self.entries.iter().map(|(path, data)| (EcoString::from(base(path)), form(data.bytes())));
        let entries: BTreeMap<EcoString, EcoString> = named.collect();
        let entry = |(key, text): (EcoString, EcoString)| yaml::Entry {
            key,
            key_origin: Origin::NONE,
            value: Node::made(yaml::Value::Str(text)),
        };
        let map = yaml::Map::from_unique(entries.into_iter().map(entry).collect());
        let mut text = emit(&Node::made(yaml::Value::Map(map)));
        if text.ends_with('\n') {
            text.pop();
        }
        text
    }
}

impl Object for Files {
    fn type_name(&self) -> &str {
        "engine.files"
    }

    fn kind(&self) -> &'static str {
        "map"
    }

    fn show(&self) -> String {
        let mut out = String::from("map[");
        for (path, data) in &*self.entries {
            if !out.ends_with('[') {
                out.push(' ');
            }
            out.push_str(path);
            let mut before = ":[";
            for byte in data.bytes() {
                // Writing to a text can't fail.
                let _ = write!(out, "{before}{byte}");
                before = " ";
            }
            out.push_str(if before == ":[" { ":[]" } else { "]" });
        }
        out.push(']');
        out
    }

    fn shown_bytes(&self) -> usize {
        self.entries.iter().map(|(path, data)| path.len() + 4 + 4 * data.bytes().len()).sum()
    }

    fn stringer(&self) -> bool {
        false
    }

    fn body(&self) -> Body {
        let entry =
            |(path, data): (&EcoString, &Content)| (path.clone(), Value::List(ListRef::bytes(data.shared())).into());
        Body::Plain(Value::Map(MapRef::of(MapType::Any, self.entries.iter().map(entry).collect())))
    }

    fn field(&self, name: &str) -> Option<Tracked> {
        // A map's keys are reached like fields; those that aren't there are the zero of its elements.
        let data = self.get(name.as_bytes()).map(|data| ListRef::bytes(data.shared()));
        Some(Value::List(data.unwrap_or_else(|| ListRef::nil(ListType::Bytes))).into())
    }

    fn method(&self, name: &str) -> Option<Signature> {
        match name {
            "Get" | "GetBytes" | "Glob" | "Lines" => Some(ONE_STRING),
            "AsConfig" | "AsSecrets" => Some(NOTHING),
            _ => None,
        }
    }

    fn call(&self, name: &str, call: &mut Call) -> Result<Tracked, Fault> {
        match name {
            "Get" => {
                let found = self.get(call.bytes(0));
                let (text, origin) = match (found, found.and_then(Content::source)) {
                    (_, Some(file)) => (Value::from(&*file.text), Origin::new(file.id, 0)),
                    (Some(content), None) => (content.bytes().to_vec().into(), Origin::NONE),
                    (None, None) => ("".into(), Origin::NONE),
                };
                if !call.host.recording() {
                    return ok(text);
                }
                // Which file, the name says.
                let read = Trail::read(vec!["Files".into(), call.str(0).as_ref().into()], origin);
                Ok(Tracked { value: text, trail: read.beside([&call.any(0).trail]) })
            }
            "GetBytes" => ok(ListRef::bytes(self.get(call.bytes(0)).map(Content::shared).unwrap_or_default())),
            "Glob" => {
                let pattern = call.str(0);
                // The pattern is compiled, and each path held against it.
                let paths: usize = self.entries.keys().map(|path| 1 + path.len() / 8).sum();
                call.host.work(COMPILED + pattern.len() * COMPILED_BYTE + paths)?;
                let found = self.glob(&pattern);
                call.host.spend(found.entries.len() * ENTRY)?;
                ok(found.value())
            }
            "Lines" => {
                let bytes = self.get(call.bytes(0)).map_or(0, |data| data.bytes().len());
                call.host.work(bytes / BYTES_A_STEP)?;
                call.host.spend(bytes)?;
                ok(self.lines(call.bytes(0))?)
            }
            "AsConfig" => {
                self.weigh(call)?;
                ok(self.mapping(to_utf8))
            }
            "AsSecrets" => {
                self.weigh(call)?;
                ok(self.mapping(|data| STANDARD.encode(data).into()))
            }
            _ => Err(Fault::new(format!("engine.files has no method {name}"))),
        }
    }

    fn entries(&self) -> Option<Vec<(Tracked, Tracked)>> {
        let entry = |(path, data): (&EcoString, &Content)| {
            (Value::Str(path.clone()).into(), Value::List(ListRef::bytes(data.shared())).into())
        };
        Some(self.entries.iter().map(entry).collect())
    }

    fn truth(&self) -> bool {
        !self.entries.is_empty()
    }

    fn to_node(&self, meter: &mut Meter) -> Result<Node, Fault> {
        for data in self.entries.values() {
            meter.value(ENTRY + data.bytes().len() / 3 * 4)?;
        }
        let entry = |(path, data): (&EcoString, &Content)| yaml::Entry {
            key: path.clone(),
            key_origin: Origin::NONE,
            value: Node::made(yaml::Value::Str(STANDARD.encode(data.bytes()).into())),
        };
        let entries: EcoVec<yaml::Entry> = self.entries.iter().map(entry).collect();
        Ok(Node::made(yaml::Value::Map(yaml::Map::from_unique(entries))))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Go's `path.Base`.
fn base(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let path = path.trim_end_matches('/');
    match path.rsplit('/').next() {
        None | Some("") => "/",
        Some(name) => name,
    }
}

/// Bytes as encoding/json writes them as a string: each byte that is no UTF-8 becomes U+FFFD.
fn to_utf8(mut bytes: &[u8]) -> EcoString {
    let mut text = EcoString::new();
    loop {
        match std::str::from_utf8(bytes) {
            Ok(rest) => {
                text.push_str(rest);
                return text;
            }
            Err(error) => {
                let (good, rest) = bytes.split_at(error.valid_up_to());
                text.push_str(std::str::from_utf8(good).unwrap_or_default());
                text.push(char::REPLACEMENT_CHARACTER);
                bytes = rest.get(1..).unwrap_or_default();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(profile: Profile) -> Files {
        let list: [(&str, &[u8]); 4] =
            [("a.txt", b"one\ntwo\n"), ("d/b.bin", b"\xff\xfe!"), ("d/e/c.txt", b"x"), ("empty", b"")];
        Files::new(profile, list.map(|(path, data)| File { name: path.into(), content: Content::Bytes(data.into()) }))
    }

    #[test]
    fn globs_stop_at_slashes_and_broken_ones_take_all() {
        let names = |pattern: &str| files(Profile::Helm4).glob(pattern).entries.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names("*.txt"), ["a.txt"]);
        assert_eq!(names("d/**"), ["d/b.bin", "d/e/c.txt"]);
        assert_eq!(names("d/*"), ["d/b.bin"]);
        assert_eq!(names("[").len(), 4);
    }

    #[test]
    fn contents_become_yaml() {
        assert_eq!(files(Profile::Helm3).glob("**.txt").mapping(to_utf8), "a.txt: |\n  one\n  two\nc.txt: x");
        assert_eq!(files(Profile::Helm3).glob("d/*").mapping(to_utf8), "b.bin: \u{FFFD}\u{FFFD}!");
        assert_eq!(files(Profile::Helm3).glob("none").mapping(to_utf8), "{}");
    }

    #[test]
    fn lines_end_where_a_newline_is() {
        let lines =
            |profile, path: &str| files(profile).lines(path.as_bytes()).map(|l| l.len()).map_err(|f| f.text.clone());
        assert_eq!(lines(Profile::Helm4, "a.txt"), Ok(2));
        assert_eq!(lines(Profile::Helm4, "absent"), Ok(0));
        assert_eq!(lines(Profile::Helm3, "empty"), Ok(0));
        assert!(lines(Profile::Helm4, "empty").is_err());
    }

    #[test]
    fn a_name_is_what_follows_the_last_slash() {
        for (path, name) in [("", "."), ("/", "/"), ("a", "a"), ("a/b", "b"), ("a/b/", "b")] {
            assert_eq!(base(path), name, "{path}");
        }
    }
}
