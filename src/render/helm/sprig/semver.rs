//! Versions and ranges: `semver`, `semverCompare`, and the methods of `*semver.Version`.

use std::any::Any;
use std::rc::Rc;

use super::super::gotemplate::call::{Call, Fault, Function, Meter, Signature, Type, f, ok};
use super::super::gotemplate::value::{IntType, ListRef, ListType, Object, Tracked, Value};
use crate::semver::{Constraints, Error, Version};
use crate::yaml::Node;

/// The functions.
pub const TABLE: &[Function] =
    &[f("semver", &[Type::String], semver), f("semverCompare", &[Type::String, Type::String], compare)];

const POINTER: &str = "*semver.Version";

/// Steps that it takes to read a version or a range, and how many bytes of it one more does.
const READ: usize = 20;
const BYTES_A_STEP: usize = 2;

fn read(call: &mut Call) -> Result<(), Fault> {
    let bytes: usize = call.args.iter().filter_map(|arg| arg.as_bytes()).map(<[u8]>::len).sum();
    call.host.work(READ + bytes / BYTES_A_STEP)
}

fn semver(call: &mut Call) -> Result<Tracked, Fault> {
    read(call)?;
    object(Version::new(&call.str(0)).map_err(fault)?, true)
}

fn compare(call: &mut Call) -> Result<Tracked, Fault> {
    read(call)?;
    let constraints = Constraints::new(&call.str(0)).map_err(fault)?;
    let version = Version::new(&call.str(1)).map_err(fault)?;
    ok(constraints.check(&version))
}

fn fault(error: Error) -> Fault {
    Fault::new(error.to_string())
}

fn object(version: Version, pointer: bool) -> Result<Tracked, Fault> {
    ok(Value::Object(Rc::new(GoVersion { version, pointer })))
}

/// A version, or a pointer to one; only the pointer has the methods that compare.
#[derive(Debug)]
struct GoVersion {
    version: Version,
    pointer: bool,
}

impl GoVersion {
    /// The next version: of a release, a number more; what stands behind it is dropped.
    fn next(&self, change: impl FnOnce(&mut Version) -> Result<(), Fault>) -> Result<Tracked, Fault> {
        let mut next = self.version.clone();
        change(&mut next)?;
        let prefix = if self.version.original.starts_with('v') { "v" } else { "" };
        next.original = format!("{prefix}{next}");
        object(next, false)
    }

    fn increased(&self, part: &str) -> Result<Tracked, Fault> {
        let was_pre = !self.version.pre.is_empty();
        self.next(|next| {
            (next.pre, next.metadata) = Default::default();
            let number = match part {
                "major" => {
                    (next.minor, next.patch) = (0, 0);
                    &mut next.major
                }
                "minor" => {
                    next.patch = 0;
                    &mut next.minor
                }
                _ if was_pre => return Ok(()),
                _ => &mut next.patch,
            };
            let overflow = || Fault::new(format!("{part} version increment would overflow uint64"));
            *number = number.checked_add(1).ok_or_else(overflow)?;
            Ok(())
        })
    }

    /// The other version of a comparison.
    fn other<'c>(call: &Call<'c>) -> Result<&'c Version, Fault> {
        let other = call.args.first().and_then(|arg| match &arg.value {
            Value::Object(object) => object.as_any().downcast_ref::<GoVersion>(),
            _ => None,
        });
        let nil = || Fault::new("runtime error: invalid memory address or nil pointer dereference");
        other.map(|other| &other.version).ok_or_else(nil)
    }
}

impl Object for GoVersion {
    fn type_name(&self) -> &str {
        if self.pointer { POINTER } else { "semver.Version" }
    }

    fn kind(&self) -> &'static str {
        if self.pointer { "ptr" } else { "struct" }
    }

    fn show(&self) -> String {
        self.version.to_string()
    }

    fn method(&self, name: &str) -> Option<Signature> {
        let params: &'static [Type] = match name {
            "String" | "Major" | "Minor" | "Patch" | "Prerelease" | "Metadata" | "IncMajor" | "IncMinor"
            | "IncPatch" | "MarshalJSON" | "MarshalText" | "Value" => &[],
            "SetPrerelease" | "SetMetadata" => &[Type::String],
            "Original" if self.pointer => &[],
            "Compare" | "Equal" | "LessThan" | "LessThanEqual" | "GreaterThan" | "GreaterThanEqual" if self.pointer => {
                &[Type::Named(POINTER)]
            }
            _ => return None,
        };
        Some(Signature { params, variadic: false })
    }

    fn call(&self, name: &str, call: &mut Call) -> Result<Tracked, Fault> {
        let v = &self.version;
        let number = |n: u64| ok(Value::Int(n.cast_signed(), IntType::Uint64));
        match name {
            "String" | "Value" => ok(v.to_string()),
            "Original" => ok(v.original.clone()),
            "Major" => number(v.major),
            "Minor" => number(v.minor),
            "Patch" => number(v.patch),
            "Prerelease" => ok(v.pre.clone()),
            "Metadata" => ok(v.metadata.clone()),
            "IncMajor" => self.increased("major"),
            "IncMinor" => self.increased("minor"),
            "IncPatch" => self.increased("patch"),
            "SetPrerelease" => self.next(|next| next.set_prerelease(&call.str(0)).map_err(fault)),
            "SetMetadata" => self.next(|next| next.set_metadata(&call.str(0)).map_err(fault)),
            "MarshalJSON" => ok(bytes(&format!("\"{v}\""))),
            "MarshalText" => ok(bytes(&v.to_string())),
            "Compare" => ok(Value::int(v.cmp(Self::other(call)?) as i64)),
            "Equal" => ok(v == Self::other(call)?),
            "LessThan" => ok(v < Self::other(call)?),
            "LessThanEqual" => ok(v <= Self::other(call)?),
            "GreaterThan" => ok(v > Self::other(call)?),
            "GreaterThanEqual" => ok(v >= Self::other(call)?),
            _ => Err(Fault::new(format!("{} has no method {name}", self.type_name()))),
        }
    }

    fn to_node(&self, _: &mut Meter) -> Result<Node, Fault> {
        Ok(Node::made(self.version.to_string()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn bytes(text: &str) -> ListRef {
    let byte = |b: u8| Value::Int(i64::from(b), IntType::Uint8).into();
    ListRef::of(ListType::Bytes, text.bytes().map(byte).collect())
}
