//! `urlParse` and `urlJoin`, by the rules of Go's net/url.

use super::super::gotemplate::call::{Call, Fault, Function, Type, f, ok};
use super::super::gotemplate::value::{MapRef, Tracked, Value};
use crate::go::url::{Url, User, hostname};

/// The functions.
pub const TABLE: &[Function] = &[f("urlJoin", &[Type::Dict], join), f("urlParse", &[Type::String], parse)];

fn parse(call: &mut Call) -> Result<Tracked, Fault> {
    let url = Url::parse(call.bytes(0)).map_err(|error| Fault::new(format!("unable to parse url: {error}")))?;
    let map = MapRef::new();
    let user = url.user.as_ref().map(User::text).unwrap_or_default();
    let hostname = hostname(&url.host).to_vec();
    for (key, value) in [
        ("scheme", url.scheme),
        ("host", url.host),
        ("hostname", hostname),
        ("path", url.path),
        ("query", url.query),
        ("opaque", url.opaque),
        ("fragment", url.fragment),
        ("userinfo", user),
    ] {
        map.set(key, Value::bytes(value).into());
    }
    ok(map)
}

fn join(call: &mut Call) -> Result<Tracked, Fault> {
    let map = call.map(0);
    let get = |key: &str| match map.get(key).map(|entry| entry.value) {
        None => Ok(Vec::new()),
        Some(Value::Nil) => Err(Fault::new("runtime error: invalid memory address or nil pointer dereference")),
        Some(value) => value.as_bytes().map(<[u8]>::to_vec).ok_or_else(|| {
            let kind = value.kind();
            Fault::new(format!("unable to parse {key} key, must be of type string, but {kind} found"))
        }),
    };
    let mut url = Url {
        scheme: get("scheme")?,
        host: get("host")?,
        path: get("path")?,
        query: get("query")?,
        opaque: get("opaque")?,
        fragment: get("fragment")?,
        ..Url::default()
    };
    let user = get("userinfo")?;
    if !user.is_empty() {
        let text = [b"proto://", user.as_slice(), b"@host"].concat();
        let parsed = Url::parse(&text);
        let wrong = |error| Fault::new(format!("unable to parse userinfo in dict: {error}"));
        url.user = parsed.map_err(wrong)?.user;
    }
    ok(Value::bytes(url.text()))
}
