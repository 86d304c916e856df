//! Keys, certificates and passwords. What is random comes from the host, so a seeded run makes the same keys again.

mod certificate;
mod der;
mod dsa;
mod keys;
mod password;
mod pem;
mod prime;
mod rsa;

use super::super::gotemplate::call::{Call, Fault, Function, Type, f, ok};
use super::super::gotemplate::value::{Tracked, Value};
use super::encoding::base64_decode;
use certificate::{Certificate, NAME, Request, Signer};
use keys::Key;

const S: Type = Type::String;
const CERTIFICATE: Type = Type::Named(NAME);

/// The functions.
pub const TABLE: &[Function] = &[
    f("bcrypt", &[S], password::bcrypt),
    f("buildCustomCert", &[S, S], build_custom),
    f("decryptAES", &[S, S], password::decrypt),
    f("derivePassword", &[Type::Uint32, S, S, S, S], password::derive_password),
    f("encryptAES", &[S, S], password::encrypt),
    f("genCA", &[S, Type::Int], |call| authority(call, None)),
    f("genCAWithKey", &[S, Type::Int, S], |call| authority(call, Some(2))),
    f("genPrivateKey", &[S], private_key),
    f("genSelfSignedCert", &[S, Type::List, Type::List, Type::Int], |call| self_signed(call, None)),
    f("genSelfSignedCertWithKey", &[S, Type::List, Type::List, Type::Int, S], |call| self_signed(call, Some(4))),
    f("genSignedCert", &[S, Type::List, Type::List, Type::Int, CERTIFICATE], |call| signed(call, None)),
    f("genSignedCertWithKey", &[S, Type::List, Type::List, Type::Int, CERTIFICATE, S], |call| signed(call, Some(5))),
    f("htpasswd", &[S, S], password::htpasswd),
];

fn private_key(call: &mut Call) -> Result<Tracked, Fault> {
    let kind = call.str(0);
    match Key::generate(call, &kind)? {
        Some(key) => ok(key.to_pem()),
        None => ok(format!("Unknown type {kind}")),
    }
}

/// The key of a certificate: that of an argument, or a new one.
fn key(call: &mut Call, given: Option<usize>) -> Result<Key, Fault> {
    match given {
        None => Key::rsa(call, 2048),
        Some(at) => {
            let wrong = |error| Fault::new(format!("parsing private key: {error}"));
            Key::from_pem(&call.str(at)).map_err(wrong)
        }
    }
}

fn authority(call: &mut Call, given: Option<usize>) -> Result<Tracked, Fault> {
    let key = key(call, given)?;
    let request = Request { common_name: call.bytes(0), ips: &[], names: &[], days: call.int(1), authority: true };
    certificate::create(call, &request, &key, None)?.value()
}

fn self_signed(call: &mut Call, given: Option<usize>) -> Result<Tracked, Fault> {
    let key = key(call, given)?;
    let (ips, names) = (call.list(1), call.list(2));
    let request = Request {
        common_name: call.bytes(0),
        ips: ips.items(),
        names: names.items(),
        days: call.int(3),
        authority: false,
    };
    certificate::create(call, &request, &key, None)?.value()
}

fn signed(call: &mut Call, given: Option<usize>) -> Result<Tracked, Fault> {
    let key = key(call, given)?;
    let by = match &call.any(4).value {
        Value::Object(object) => object.as_any().downcast_ref::<Certificate>(),
        _ => None,
    };
    let decoded = by.and_then(|by| Some((pem::decode(&by.cert)?.1, by)));
    let (bytes, by) = decoded.ok_or_else(|| Fault::new("unable to decode certificate"))?;
    let (subject, key_id, public) = certificate::read(&bytes).ok_or_else(not_a_certificate)?;
    let wrong = |error| Fault::new(format!("error parsing private key: {error}"));
    let signing = Key::from_pem(&by.key).map_err(wrong)?;
    let signer = Signer { subject, key_id, public, key: &signing };
    let (ips, names) = (call.list(1), call.list(2));
    let request = Request {
        common_name: call.bytes(0),
        ips: ips.items(),
        names: names.items(),
        days: call.int(3),
        authority: false,
    };
    certificate::create(call, &request, &key, Some(&signer))?.value()
}

fn not_a_certificate() -> Fault {
    Fault::new("error parsing certificate: decodedCert.Bytes: x509: malformed certificate")
}

/// A certificate and a key that somebody has, both in base64 of PEM.
fn build_custom(call: &mut Call) -> Result<Tracked, Fault> {
    let decode = |at: usize, what: &str| {
        base64_decode(call.bytes(at)).map_err(|_| Fault::new(format!("unable to decode base64 {what}")))
    };
    let (cert, key) = (decode(0, "certificate")?, decode(1, "private key")?);
    let (cert, key) = (crate::go::valid(&cert).into_owned(), crate::go::valid(&key).into_owned());
    let (_, bytes) = pem::decode(&cert).ok_or_else(|| Fault::new("unable to decode certificate"))?;
    certificate::read(&bytes).ok_or_else(not_a_certificate)?;
    Key::from_pem(&key).map_err(|error| Fault::new(format!("error parsing private key: {error}")))?;
    Certificate { cert, key }.value()
}
