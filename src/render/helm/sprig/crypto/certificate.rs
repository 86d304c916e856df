//! Certificates, as sprig has crypto/x509 make them: the fields, the extensions and their order.

use std::any::Any;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

use sha2::Digest;

use super::der::{self, Reader};
use super::keys::Key;
use super::pem;
use crate::render::helm::gotemplate::call::{Call, Fault, Meter, ok};
use crate::render::helm::gotemplate::value::{Object, Tracked, Value};
use crate::render::helm::sprig::dates::utc_parts;
use crate::source::Origin;
use crate::yaml::{Map, Node};

/// A certificate and its key, both in PEM.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub cert: String,
    pub key: String,
}

/// Go's name of the type.
pub const NAME: &str = "sprig.certificate";

impl Object for Certificate {
    fn type_name(&self) -> &str {
        NAME
    }

    fn kind(&self) -> &'static str {
        "struct"
    }

    fn show(&self) -> String {
        format!("{{{} {}}}", self.cert, self.key)
    }

    fn field(&self, name: &str) -> Option<Tracked> {
        match name {
            "Cert" => Some(Value::str(self.cert.as_str()).into()),
            "Key" => Some(Value::str(self.key.as_str()).into()),
            _ => None,
        }
    }

    fn to_node(&self, _: &mut Meter) -> Result<Node, Fault> {
        let mut map = Map::new();
        map.insert("Cert", Origin::NONE, Node::made(self.cert.as_str()));
        map.insert("Key", Origin::NONE, Node::made(self.key.as_str()));
        Ok(Node::made(map))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Who signs.
pub struct Signer<'a> {
    pub subject: Vec<u8>,
    pub key_id: Vec<u8>,
    /// The public key that the signer's certificate holds.
    pub public: Vec<u8>,
    pub key: &'a Key,
}

/// What a certificate is to say.
pub struct Request<'c> {
    pub common_name: &'c [u8],
    pub ips: &'c [Tracked],
    pub names: &'c [Tracked],
    pub days: i64,
    pub authority: bool,
}

impl Certificate {
    pub fn value(self) -> Result<Tracked, Fault> {
        ok(Value::Object(Rc::new(self)))
    }
}

/// What a certificate holds that signs others: subject, key id, public key. None if it is no certificate.
pub fn read(bytes: &[u8]) -> Option<(Vec<u8>, Vec<u8>, Vec<u8>)> {
    const KEY_ID: &[u8] = &[0x55, 0x1D, 0x0E];
    let mut outer = Reader(bytes);
    let mut certificate = Reader(outer.take(der::SEQUENCE)?);
    if !outer.0.is_empty() {
        return None;
    }
    let mut reader = Reader(certificate.take(der::SEQUENCE)?);
    certificate.take(der::SEQUENCE)?;
    certificate.take(der::BITS)?;
    reader.optional(0xA0);
    reader.take(der::INTEGER)?;
    for _ in ["algorithm", "issuer", "validity"] {
        reader.take(der::SEQUENCE)?;
    }
    let (_, subject, _) = reader.next()?;
    let (_, public, _) = reader.next()?;
    let mut key_id = Vec::new();
    while let Some((tag, _, content)) = reader.next() {
        if tag != 0xA3 {
            continue;
        }
        let mut extensions = Reader(Reader(content).take(der::SEQUENCE)?);
        while !extensions.0.is_empty() {
            let mut extension = Reader(extensions.take(der::SEQUENCE)?);
            let id = extension.take(der::OID)?;
            extension.optional(0x01);
            let value = extension.take(der::OCTETS)?;
            if id == KEY_ID {
                key_id = Reader(value).take(der::OCTETS)?.to_vec();
            }
        }
    }
    Some((subject.to_vec(), key_id, public.to_vec()))
}

/// How many steps a signature takes, with the largest keys.
const SLOW: usize = 1 << 18;

/// Makes and signs a certificate; without a signer, it signs itself.
pub fn create(call: &mut Call, request: &Request, key: &Key, signer: Option<&Signer>) -> Result<Certificate, Fault> {
    call.host.work(SLOW)?;
    let failed = |what: &str| Fault::new(format!("error creating certificate: {what}"));
    let alternatives = alternatives(request)?;
    let mut serial = [0; 16];
    call.host.random(call.name, &mut serial)?;
    let signing = signer.map_or(key, |signer| signer.key);
    if matches!(key, Key::Dsa(_)) || matches!(signing, Key::Dsa(_)) {
        return Err(failed("x509: certificate private key does not implement crypto.Signer"));
    }
    let (key_bits, public) = key.public();
    let subject = name(request.common_name).ok_or_else(|| failed("asn1: string not valid UTF-8"))?;
    let issuer = signer.map_or(&subject, |signer| &signer.subject);
    let mut extensions = Vec::new();
    let usage: &[u8] = if request.authority { &[3, 2, 2, 0xA4] } else { &[3, 2, 5, 0xA0] };
    extensions.push(extension(15, true, usage));
    // Servers and clients.
    let purposes = [[0x2B, 6, 1, 5, 5, 7, 3, 1], [0x2B, 6, 1, 5, 5, 7, 3, 2]].map(|id| der::element(der::OID, &id));
    extensions.push(extension(37, false, &der::element(der::SEQUENCE, &purposes.concat())));
    let constraints: &[u8] = if request.authority { &[0x30, 3, 1, 1, 0xFF] } else { &[0x30, 0] };
    extensions.push(extension(19, true, constraints));
    if request.authority {
        let digest = sha2::Sha256::digest(&key_bits);
        let id = digest.get(..20).unwrap_or_default();
        extensions.push(extension(14, false, &der::element(der::OCTETS, id)));
    }
    if let Some(signer) = signer.filter(|signer| signer.subject != subject && !signer.key_id.is_empty()) {
        let id = der::element(der::SEQUENCE, &der::element(0x80, &signer.key_id));
        extensions.push(extension(35, false, &id));
    }
    if !alternatives.is_empty() {
        let critical = subject == [0x30, 0];
        extensions.push(extension(17, critical, &der::element(der::SEQUENCE, &alternatives)));
    }
    if signer.is_some_and(|signer| signer.public != signing.public().1) {
        return Err(failed("x509: provided PrivateKey doesn't match parent's PublicKey"));
    }
    const DAY: i64 = 24 * 3600 * 1_000_000_000;
    let now = call.host.now(call.name);
    let until = now + i128::from(request.days.wrapping_mul(DAY));
    let no_time = || failed("asn1: structure error: cannot represent time as GeneralizedTime");
    let validity = [time(now).ok_or_else(no_time)?, time(until).ok_or_else(no_time)?];
    let algorithm = signing.algorithm();
    let version = der::element(0xA0, &der::unsigned(&[2]));
    let extensions = der::element(0xA3, &der::element(der::SEQUENCE, &extensions.concat()));
    let to_sign = der::sequence(&[
        &version,
        &der::unsigned(&serial),
        &algorithm,
        issuer,
        &der::element(der::SEQUENCE, &validity.concat()),
        &subject,
        &public,
        &extensions,
    ]);
    let too_small = || failed("crypto/rsa: message too long for RSA key size");
    let signature = signing.sign(&to_sign).ok_or_else(too_small)?;
    let bytes = der::sequence(&[&to_sign, &algorithm, &der::bits(0, &signature)]);
    Ok(Certificate { cert: pem::encode("CERTIFICATE", &bytes), key: key.to_pem() })
}

/// An extension of 2.5.29.
fn extension(last: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[1, 1, 0xFF] } else { &[] };
    der::sequence(&[&[6, 3, 0x55, 0x1D, last], critical, &der::element(der::OCTETS, value)])
}

/// A name that is but a common name, or nothing. Characters beyond the plainest make another type of string.
fn name(common: &[u8]) -> Option<Vec<u8>> {
    if common.is_empty() {
        return Some(der::element(der::SEQUENCE, &[]));
    }
    std::str::from_utf8(common).ok()?;
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(b);
    let tag = if common.iter().all(plain) { 0x13 } else { 0x0C };
    let attribute = der::sequence(&[&[6, 3, 0x55, 4, 3], &der::element(tag, common)]);
    Some(der::element(der::SEQUENCE, &der::element(0x31, &attribute)))
}

/// The other names of a subject: of hosts, then addresses.
fn alternatives(request: &Request) -> Result<Vec<u8>, Fault> {
    let mut addresses = Vec::new();
    for ip in request.ips {
        let Some(text) = ip.as_bytes() else {
            let shown = shown(ip)?;
            return Err(Fault::new(format!("error parsing ip: {shown} is not a string")));
        };
        let text = crate::go::valid(text);
        let v4 = text.parse::<Ipv4Addr>().ok();
        let v6 = || text.parse::<Ipv6Addr>().ok();
        match v4.or_else(|| v6()?.to_ipv4_mapped()) {
            Some(v4) => addresses.extend(der::element(0x87, &v4.octets())),
            None => match v6() {
                Some(v6) => addresses.extend(der::element(0x87, &v6.octets())),
                None => return Err(Fault::new(format!("error parsing ip: {text}"))),
            },
        }
    }
    let mut names = Vec::new();
    for name in request.names {
        let Some(text) = name.as_bytes() else {
            let shown = shown(name)?;
            return Err(Fault::new(format!("error processing alternate dns name: {shown} is not a string")));
        };
        if !text.is_ascii() {
            let shown = crate::go::quote(&crate::go::valid(text));
            let text = format!("error creating certificate: x509: {shown} cannot be encoded as an IA5String");
            return Err(Fault::new(text));
        }
        names.extend(der::element(0x82, text));
    }
    names.extend(addresses);
    Ok(names)
}

/// `%v` of a value.
fn shown(value: &Value) -> Result<String, Fault> {
    Ok(crate::go::valid(&crate::render::helm::gotemplate::format::show(value)?).into_owned())
}

/// A time in UTC: in two forms, by the year.
fn time(nanoseconds: i128) -> Option<Vec<u8>> {
    let [year, month, day, hour, minute, second] = utc_parts(nanoseconds);
    let rest = format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    match year {
        1950..2050 => Some(der::element(0x17, format!("{:02}{rest}", year % 100).as_bytes())),
        0..10_000 => Some(der::element(0x18, format!("{year:04}{rest}").as_bytes())),
        _ => None,
    }
}
