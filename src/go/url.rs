//! net/url: a URL taken apart and put together again.

use std::net::Ipv6Addr;

use super::{quote, valid};

/// The parts of a URL, unescaped where net/url unescapes them.
#[derive(Clone, Debug, Default)]
pub struct Url {
    /// The scheme, in lower case.
    pub scheme: Vec<u8>,
    /// What follows the scheme where no slash does.
    pub opaque: Vec<u8>,
    /// Who, before the host.
    pub user: Option<User>,
    /// Host and port.
    pub host: Vec<u8>,
    /// The path.
    pub path: Vec<u8>,
    /// The path as it was written, where that isn't how it would be escaped.
    pub raw_path: Vec<u8>,
    /// What follows `?`, as it was written.
    pub query: Vec<u8>,
    /// Whether there is a `?` with nothing behind it.
    pub force_query: bool,
    /// Whether no `//` stands before the path, though there is a scheme.
    pub omit_host: bool,
    /// What follows `#`.
    pub fragment: Vec<u8>,
    /// That as it was written, where that isn't how it would be escaped.
    pub raw_fragment: Vec<u8>,
}

/// Who, in a URL.
#[derive(Clone, Debug)]
pub struct User {
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

impl Url {
    /// `url.Parse`.
    ///
    /// # Errors
    /// Go's text.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let (before, fragment) = cut(text, b'#');
        let named = |text: &[u8], error: String| format!("parse {}: {error}", quote(&valid(text)));
        let mut url = Self::parse_before_fragment(before).map_err(|error| named(before, error))?;
        if let Some(fragment) = fragment.filter(|f| !f.is_empty()) {
            url.fragment = unescape(fragment, Part::Fragment).map_err(|error| named(text, error))?;
            url.raw_fragment = raw(fragment, &url.fragment, Part::Fragment);
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
        url.force_query = query.is_some_and(<[u8]>::is_empty);
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
        } else {
            url.omit_host = !scheme.is_empty() && rest.starts_with(b"/");
        }
        url.path = unescape(path, Part::Path)?;
        url.raw_path = raw(path, &url.path, Part::Path);
        Ok(url)
    }

    /// `URL.String`.
    pub fn text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            let authority = !self.host.is_empty() || self.user.is_some();
            if authority || !self.omit_host && !self.scheme.is_empty() && !self.path.is_empty() {
                out.extend_from_slice(b"//");
            }
            if let Some(user) = &self.user {
                out.extend(user.text());
                out.push(b'@');
            }
            escape(&self.host, Part::Host, &mut out);
            let mut path = Vec::new();
            if is_encoding(&self.raw_path, &self.path, Part::Path) {
                path.extend_from_slice(&self.raw_path);
            } else if self.path == b"*" {
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
        if self.force_query || !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            if is_encoding(&self.raw_fragment, &self.fragment, Part::Fragment) {
                out.extend_from_slice(&self.raw_fragment);
            } else {
                escape(&self.fragment, Part::Fragment, &mut out);
            }
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

    /// `Userinfo.String`.
    pub fn text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        escape(&self.name, Part::User, &mut out);
        if let Some(password) = &self.password {
            out.push(b':');
            escape(password, Part::User, &mut out);
        }
        out
    }
}

/// A part as it was written; nothing where it is written as it would be escaped anyway.
fn raw(written: &[u8], plain: &[u8], part: Part) -> Vec<u8> {
    let mut escaped = Vec::new();
    escape(plain, part, &mut escaped);
    if escaped == written { Vec::new() } else { written.to_vec() }
}

/// Whether what was written is a way to write `plain`.
fn is_encoding(written: &[u8], plain: &[u8], part: Part) -> bool {
    let may_stand = |byte: &u8| b"!$&'()*+,;=:@[]%".contains(byte) || !escapes(*byte, part);
    !written.is_empty() && written.iter().all(may_stand) && unescape(written, part).is_ok_and(|text| text == plain)
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
    let port_error = |port: &[u8]| format!("invalid port {} after host", quote(&valid(port)));
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
            let address = valid(&name).into_owned();
            name.extend(unescape(zone, Part::Zone)?);
            if parsed.is_none() {
                if address.parse::<std::net::Ipv4Addr>().is_ok() {
                    return Err("invalid IP-literal".to_owned());
                }
                return Err(format!("invalid host: ParseAddr({}): unable to parse IP", quote(&address)));
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
pub fn hostname(host: &[u8]) -> &[u8] {
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
                Err(format!("invalid URL escape {}", quote(&valid(shown))))
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
            return Err(format!("invalid character {} in host name", quote(&char::from(*byte).to_string())));
        }
        out.push(*byte);
        rest = after;
    }
    Ok(out)
}
