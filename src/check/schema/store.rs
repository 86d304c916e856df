//! The embedded schemas: unpacked once, compiled per kind when first asked for, shared by all threads.
//!
//! The blob's form is told in `examples/make_k8s_schemas.rs`, which makes it. A version's definition often has the
//! same text as another version's; a schema is compiled once for all versions where everything that it reaches is the
//! same.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use serde_json::{Map, Value as Json, json};

use crate::kube::ObjectId;
use crate::yaml::schema::Schema;

static BLOB: &[u8] = include_bytes!("../../../schemas/kubernetes/schemas.zst");
/// Far above what the blob unpacks to.
const UNPACKED: usize = 8 << 20;

/// Kubernetes' schemas. Making one costs nothing; share one among all threads.
#[derive(Default)]
pub struct Schemas {
    index: OnceLock<Index>,
    /// By minor and place among the kinds.
    by_kind: RwLock<HashMap<(u16, usize), Slot>>,
    /// By everything that a schema reaches.
    by_forms: Mutex<HashMap<Vec<usize>, Slot>>,
}

type Slot = Arc<OnceLock<Option<Arc<Schema>>>>;

impl Schemas {
    /// The schemas that Terrace carries.
    pub fn embedded() -> Self {
        Self::default()
    }

    /// The schema of an object's kind in Kubernetes 1.`minor`; none if that doesn't serve it.
    pub fn find(&self, minor: u16, id: &ObjectId) -> Option<Arc<Schema>> {
        let index = self.index();
        let kind = index.kind(minor, &id.group, &id.version, &id.kind)?;
        let known = self.by_kind.read().unwrap_or_else(PoisonError::into_inner).get(&(minor, kind)).cloned();
        let slot = known.unwrap_or_else(|| {
            let mut slots = self.by_kind.write().unwrap_or_else(PoisonError::into_inner);
            slots.entry((minor, kind)).or_default().clone()
        });
        slot.get_or_init(|| {
            let forms = index.reachable(minor, &index.kinds.get(kind)?.definition);
            let key: Vec<usize> = forms.values().copied().collect();
            let shared = {
                let mut slots = self.by_forms.lock().unwrap_or_else(PoisonError::into_inner);
                slots.entry(key).or_default().clone()
            };
            shared.get_or_init(|| index.compile(&index.kinds.get(kind)?.definition, &forms)).clone()
        })
        .clone()
    }

    pub(super) fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            // A blob that doesn't unpack is caught by the tests; here it would mean that nothing is known.
            let bytes = zstd::bulk::decompress(BLOB, UNPACKED).unwrap_or_default();
            Index::read(String::from_utf8(bytes).unwrap_or_default())
        })
    }
}

/// What is where in the unpacked text.
pub(super) struct Index {
    text: String,
    pub(super) kinds: Vec<Kind>,
    /// Sorted by name.
    forms: Vec<Form>,
}

/// A kind that some version serves.
pub(super) struct Kind {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) minors: Minors,
    definition: String,
}

/// The text that a definition has in some versions.
struct Form {
    name: Range<usize>,
    minors: Minors,
    schema: Range<usize>,
}

impl Index {
    fn read(text: String) -> Self {
        let mut kinds = Vec::new();
        let mut forms = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let mut at = start;
            // The range of each column of the line in the text.
            let mut columns = line.trim_end_matches('\n').split('\t').map(|column| {
                let range = at..at + column.len();
                at = range.end + 1;
                range
            });
            let mut next = || columns.next().unwrap_or_default();
            let word = |range: Range<usize>| text.get(range).unwrap_or_default().to_owned();
            match text.get(next()) {
                Some("kind") => kinds.push(Kind {
                    group: word(next()),
                    version: word(next()),
                    kind: word(next()),
                    minors: Minors::read(text.get(next()).unwrap_or_default()),
                    definition: word(next()),
                }),
                Some("def") => forms.push(Form {
                    name: next(),
                    minors: Minors::read(text.get(next()).unwrap_or_default()),
                    schema: next(),
                }),
                _ => {}
            }
            start += line.len();
        }
        Self { text, kinds, forms }
    }

    fn kind(&self, minor: u16, group: &str, version: &str, kind: &str) -> Option<usize> {
        let wanted = (group, version, kind);
        let from = self.kinds.partition_point(|k| (k.group.as_str(), k.version.as_str(), k.kind.as_str()) < wanted);
        let same = |k: &Kind| (k.group.as_str(), k.version.as_str(), k.kind.as_str()) == wanted;
        let rest = self.kinds.iter().enumerate().skip(from).take_while(|(_, k)| same(k));
        rest.into_iter().find(|(_, k)| k.minors.has(minor)).map(|(i, _)| i)
    }

    fn text(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    fn form(&self, minor: u16, name: &str) -> Option<usize> {
        let from = self.forms.partition_point(|f| self.text(&f.name) < name);
        let forms = self.forms.iter().enumerate().skip(from).take_while(|(_, f)| self.text(&f.name) == name);
        forms.into_iter().find(|(_, f)| f.minors.has(minor)).map(|(i, _)| i)
    }

    /// The definitions that one reaches, itself included, by name.
    fn reachable(&self, minor: u16, definition: &str) -> BTreeMap<&str, usize> {
        let mut found = BTreeMap::new();
        let mut open: Vec<usize> = self.form(minor, definition).into_iter().collect();
        while let Some(form) = open.pop() {
            let Some(Form { name, schema, .. }) = self.forms.get(form) else { continue };
            if found.insert(self.text(name), form).is_none() {
                let names = self.text(schema).split(REFERENCE).skip(1).filter_map(|rest| rest.split('"').next());
                open.extend(names.filter(|n| !found.contains_key(n)).filter_map(|n| self.form(minor, n)));
            }
        }
        found
    }

    /// Compiles a definition with those that it reaches. None would mean a broken blob: the tests compile them all.
    fn compile(&self, definition: &str, forms: &BTreeMap<&str, usize>) -> Option<Arc<Schema>> {
        let parsed = forms.iter().filter_map(|(name, form)| {
            let schema: Json = serde_json::from_str(self.text(&self.forms.get(*form)?.schema)).ok()?;
            Some(((*name).to_owned(), schema))
        });
        let definitions: Map<String, Json> = parsed.collect();
        // All that the definitions use was in draft 7, whose own schema is compiled three times as fast.
        Schema::new(json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "$ref": format!("#/$defs/{definition}"),
            "$defs": definitions,
        }))
        .ok()
        .map(Arc::new)
    }
}

const REFERENCE: &str = "\"$ref\":\"#/$defs/";

/// A set of minors of Kubernetes 1, up to 63.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Minors(u64);

impl Minors {
    /// Reads `25-29,31`.
    fn read(text: &str) -> Self {
        let mut set = 0;
        for part in text.split(',') {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            if let (Ok(from), Ok(to)) = (from.parse::<u32>(), to.parse::<u32>()) {
                (from..=to.min(63)).for_each(|minor| set |= 1 << minor);
            }
        }
        Self(set)
    }

    pub(super) fn has(self, minor: u16) -> bool {
        minor < 64 && self.0 & (1 << minor) != 0
    }

    pub(super) fn first(self) -> u32 {
        self.0.trailing_zeros()
    }

    pub(super) fn last(self) -> u32 {
        63_u32.saturating_sub(self.0.leading_zeros())
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
