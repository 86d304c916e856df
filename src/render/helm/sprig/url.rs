//! `urlParse` and `urlJoin`, by the rules of Go's net/url.

use std::net::Ipv6Addr;

use super::super::gotemplate::call::{Call, Fault, Function, Type, f, ok};
use super::super::gotemplate::value::{MapRef, Tracked, Value};
use crate::go;

/// The functions.
pub const TABLE: &[Function] = &[f("urlJoin", &[Type::Dict], join), f("urlParse", &[Type::String], parse)];

/// The parts of a URL, unescaped where net/url unescapes them.
#[derive(Default)]
struct Url {
    scheme: Vec<u8>,
    opaque: Vec<u8>,
    user: Option<User>,
    host: Vec<u8>,
    path: Vec<u8>,
    query: Vec<u8>,
    fragment: Vec<u8>,
}

struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

/// Where a part stands decides what is escaped in it.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Path,
    Host,
    Zone,
    User,
    Fragment,
}

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
        user: None,
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

impl Url {
    fn parse(text: &[u8]) -> Result<Self, String> {
        let (before, fragment) = cut(text, b'#');
        let named = |text: &[u8], error: String| format!("parse {}: {error}", go::quote(&go::valid(text)));
        let mut url = Self::parse_before_fragment(before).map_err(|error| named(before, error))?;
        if let Some(fragment) = fragment.filter(|f| !f.is_empty()) {
            url.fragment = unescape(fragment, Part::Fragment).map_err(|error| named(text, error))?;
        }
        Ok(url)
    }

    fn parse_before_fragment(text: &[u8]) -> Result<Self, String> {
        if text.iter().any(|b| *b < b' ' || *b == 0x7F) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let mut url = Self::default();
        if text == b"*" {
            url.path = text.to_vec();
            return Ok(url);
        }
        let (scheme, rest) = scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (rest, query) = cut(rest, b'?');
        url.query = query.unwrap_or_default().to_vec();
        if !rest.starts_with(b"/") {
            if !scheme.is_empty() {
                url.opaque = rest.to_vec();
                return Ok(url);
            }
            if cut(rest, b'/').0.contains(&b':') {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        let mut path = rest;
        if let Some(authority) = rest.strip_prefix(b"//").filter(|r| !scheme.is_empty() || !r.starts_with(b"/")) {
            let end = authority.iter().position(|b| *b == b'/').unwrap_or(authority.len());
            let (authority, after) = authority.split_at(end);
            path = after;
            let at = authority.iter().rposition(|b| *b == b'@');
            let host = authority.get(at.map_or(0, |at| at + 1)..).unwrap_or_default();
            url.host = parse_host(&url.scheme, host)?;
            if let Some(at) = at {
                url.user = Some(User::parse(authority.get(..at).unwrap_or_default())?);
            }
        }
        url.path = unescape(path, Part::Path)?;
        Ok(url)
    }

    fn text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            let authority = !self.host.is_empty() || self.user.is_some();
            if authority || !self.scheme.is_empty() && !self.path.is_empty() {
                out.extend_from_slice(b"//");
            }
            if let Some(user) = &self.user {
                out.extend(user.text());
                out.push(b'@');
            }
            escape(&self.host, Part::Host, &mut out);
            let mut path = Vec::new();
            if self.path == b"*" {
                path.push(b'*');
            } else {
                escape(&self.path, Part::Path, &mut path);
            }
            if !path.is_empty() && path.first() != Some(&b'/') && !self.host.is_empty() {
                out.push(b'/');
            }
            // Else the first part would be taken for a scheme.
            if out.is_empty() && cut(&path, b'/').0.contains(&b':') {
                out.extend_from_slice(b"./");
            }
            out.extend(path);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            escape(&self.fragment, Part::Fragment, &mut out);
        }
        out
    }
}

impl User {
    fn parse(text: &[u8]) -> Result<Self, String> {
        let allowed = |b: &u8| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(b);
        if !text.iter().all(allowed) {
            return Err("net/url: invalid userinfo".to_owned());
        }
        let (name, password) = cut(text, b':');
        let password = password.map(|password| unescape(password, Part::User));
        Ok(Self { name: unescape(name, Part::User)?, password: password.transpose()? })
    }

    fn text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        escape(&self.name, Part::User, &mut out);
        if let Some(password) = &self.password {
            out.push(b':');
            escape(password, Part::User, &mut out);
        }
        out
    }
}

fn cut(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|b| *b == at) {
        Some(i) => (text.get(..i).unwrap_or_default(), text.get(i + 1..)),
        None => (text, None),
    }
}

/// The scheme (may be empty), and what follows its colon.
fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), String> {
    for (i, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if i > 0 => {}
            b':' if i == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((text.get(..i).unwrap_or_default(), text.get(i + 1..).unwrap_or_default())),
            _ => break,
        }
    }
    Ok((&[], text))
}

fn parse_host(scheme: &[u8], host: &[u8]) -> Result<Vec<u8>, String> {
    let port_error = |port: &[u8]| format!("invalid port {} after host", go::quote(&go::valid(port)));
    match host.iter().rposition(|b| *b == b'[') {
        Some(1..) => return Err("invalid IP-literal".to_owned()),
        Some(0) => {
            let close = host.iter().rposition(|b| *b == b']').ok_or("missing ']' in host")?;
            let port = host.get(close + 1..).unwrap_or_default();
            if !valid_port(port) {
                return Err(port_error(port));
            }
            let inner = host.get(1..close).unwrap_or_default();
            let zone = inner.windows(3).position(|w| w == b"%25").unwrap_or(inner.len());
            let (address, zone) = inner.split_at(zone);
            let mut name = unescape(address, Part::Host)?;
            let parsed = std::str::from_utf8(&name).ok().and_then(|text| text.parse::<Ipv6Addr>().ok());
            let address = go::valid(&name).into_owned();
            name.extend(unescape(zone, Part::Zone)?);
            if parsed.is_none() {
                if address.parse::<std::net::Ipv4Addr>().is_ok() {
                    return Err("invalid IP-literal".to_owned());
                }
                return Err(format!("invalid host: ParseAddr({}): unable to parse IP", go::quote(&address)));
            }
            return Ok([b"[", name.as_slice(), b"]", port].concat());
        }
        None => {}
    }
    let colon = |mut colons: std::ops::Range<usize>, last: bool| {
        let is = |i: &usize| host.get(*i) == Some(&b':');
        if last { colons.rfind(is) } else { colons.find(is) }
    };
    // Lists of hosts with ports pass elsewhere: databases have them.
    let strict = scheme == b"http" || scheme == b"https";
    if let Some(at) = colon(0..host.len(), !strict) {
        let port = host.get(at..).unwrap_or_default();
        if !valid_port(port) {
            return Err(port_error(port));
        }
    }
    unescape(host, Part::Host)
}

fn valid_port(port: &[u8]) -> bool {
    port.is_empty() || port.strip_prefix(b":").is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
}

/// A host without its port and its brackets.
fn hostname(host: &[u8]) -> &[u8] {
    let port = host.iter().rposition(|b| *b == b':').filter(|at| valid_port(host.get(*at..).unwrap_or_default()));
    let name = host.get(..port.unwrap_or(host.len())).unwrap_or_default();
    name.strip_prefix(b"[").and_then(|n| n.strip_suffix(b"]")).unwrap_or(name)
}

fn escapes(byte: u8, part: Part) -> bool {
    let allowed: &[u8] = match part {
        Part::Host | Part::Zone => b"-_.~!$&'()*+,;=:[]<>\"",
        Part::Path => b"-_.~$&+,/:;=@",
        Part::User => b"-_.~$&+,;=",
        Part::Fragment => b"-_.~$&+,/:;=?@!()*",
    };
    !(byte.is_ascii_alphanumeric() || allowed.contains(&byte))
}

fn escape(text: &[u8], part: Part, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text {
        if escapes(*byte, part) {
            out.extend([b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        } else {
            out.push(*byte);
        }
    }
}

fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let in_host = matches!(part, Part::Host | Part::Zone);
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        if *byte == b'%' {
            let bad = || {
                let shown = rest.get(..3).unwrap_or(rest);
                Err(format!("invalid URL escape {}", go::quote(&go::valid(shown))))
            };
            let digit = |i: usize| after.get(i).and_then(|b| char::from(*b).to_digit(16));
            let (Some(high), Some(low)) = (digit(0), digit(1)) else { return bad() };
            let value = u8::try_from(high << 4 | low).unwrap_or(0);
            // In a host, only what couldn't stand there otherwise.
            let wrong = match part {
                Part::Host => high < 8,
                Part::Zone => value != b' ' && escapes(value, Part::Host),
                _ => false,
            };
            if wrong && value != b'%' {
                return bad();
            }
            out.push(value);
            rest = after.get(2..).unwrap_or_default();
            continue;
        }
        if in_host && byte.is_ascii() && escapes(*byte, part) {
            return Err(format!("invalid character {} in host name", go::quote(&char::from(*byte).to_string())));
        }
        out.push(*byte);
        rest = after;
    }
    Ok(out)
}
