//! Private keys of all kinds: made, read, written, and signing.

use ed25519_dalek::Signer as _;

use super::der::{self, Reader};
use super::dsa::DsaKey;
use super::pem;
use super::rsa::RsaKey;
use crate::render::helm::gotemplate::call::{Call, Fault};

/// A private key.
#[derive(Clone, Debug)]
pub enum Key {
    /// RSA.
    Rsa(Box<RsaKey>),
    /// DSA, which signs no certificates.
    Dsa(DsaKey),
    /// ECDSA over P-256.
    P256(p256::ecdsa::SigningKey),
    /// ECDSA over P-384.
    P384(p384::ecdsa::SigningKey),
    /// ECDSA over P-521.
    P521(p521::ecdsa::SigningKey),
    /// Ed25519.
    Ed25519(ed25519_dalek::SigningKey),
}

/// 1.2.840.113549.1.1.1 and its NULL.
const RSA_ENCRYPTION: &[u8] = &[0x30, 0x0D, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1, 5, 0];
/// 1.2.840.113549.1.1.11 and its NULL.
const SHA256_WITH_RSA: &[u8] = &[0x30, 0x0D, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 11, 5, 0];
/// 1.3.101.112.
const ED25519: &[u8] = &[0x30, 5, 6, 3, 0x2B, 0x65, 0x70];
/// 1.2.840.10045.2.1.
const EC_PUBLIC_KEY: &[u8] = &[6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1];
/// 1.2.840.10045.3.1.7, 1.3.132.0.34, 1.3.132.0.35.
const P256: &[u8] = &[6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7];
const P384: &[u8] = &[6, 5, 0x2B, 0x81, 4, 0, 0x22];
const P521: &[u8] = &[6, 5, 0x2B, 0x81, 4, 0, 0x23];

const EXPLICIT_0: u8 = 0xA0;
const EXPLICIT_1: u8 = 0xA1;

/// Steps that it takes to make a key on a curve.
const CURVE: usize = 4096;

impl Key {
    /// A new key for `genPrivateKey`; none if there is no such kind.
    pub fn generate(call: &mut Call, kind: &str) -> Result<Option<Self>, Fault> {
        call.host.work(CURVE)?;
        Ok(Some(match kind {
            "" | "rsa" => Self::rsa(call, 4096)?,
            "dsa" => Self::Dsa(DsaKey::generate(call)?),
            "ecdsa" => loop {
                let mut secret = [0; 32];
                call.host.random(call.name, &mut secret)?;
                if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&secret) {
                    break Self::P256(key);
                }
            },
            "ed25519" => {
                let mut secret = [0; 32];
                call.host.random(call.name, &mut secret)?;
                Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&secret))
            }
            _ => return Ok(None),
        }))
    }

    /// A new RSA key.
    pub fn rsa(call: &mut Call, bits: u32) -> Result<Self, Fault> {
        Ok(Self::Rsa(Box::new(RsaKey::generate(call, bits)?)))
    }

    /// A key in PEM; the error is sprig's.
    pub fn from_pem(text: &str) -> Result<Self, String> {
        let Some((kind, bytes)) = pem::decode(text) else { return Err("no PEM data in input".to_owned()) };
        if kind == "PRIVATE KEY" {
            return Self::from_pkcs8(&bytes).map_err(|error| format!("decoding PEM as PKCS#8: {error}"));
        }
        match kind.strip_suffix(" PRIVATE KEY") {
            None => Err(format!("no private key data in PEM block of type {kind}")),
            Some("RSA") => match RsaKey::parse(&bytes) {
                Ok(key) => Ok(Self::Rsa(Box::new(key))),
                Err(error) => Err(format!("parsing RSA private key from PEM: {error}")),
            },
            Some("EC") => {
                Self::from_sec1(&bytes, None).map_err(|error| format!("parsing EC private key from PEM: {error}"))
            }
            Some("DSA") => match DsaKey::parse(&bytes) {
                Some(key) => Ok(Self::Dsa(key)),
                None => Err("parsing DSA private key from PEM: asn1: structure error: tags don't match".to_owned()),
            },
            Some(_) => Err(format!("invalid private key type {kind}")),
        }
    }

    fn from_pkcs8(bytes: &[u8]) -> Result<Self, String> {
        let parts = || {
            let mut reader = Reader(Reader(bytes).take(der::SEQUENCE)?);
            reader.unsigned()?;
            let (_, algorithm, _) = reader.next()?;
            Some((algorithm, reader.take(der::OCTETS)?))
        };
        let Some((algorithm, key)) = parts() else {
            return Err("asn1: structure error: tags don't match".to_owned());
        };
        let curve = algorithm.get(2..).and_then(|a| a.strip_prefix(EC_PUBLIC_KEY));
        if algorithm == RSA_ENCRYPTION {
            RsaKey::parse(key)
                .map(|key| Self::Rsa(Box::new(key)))
                .map_err(|error| format!("x509: failed to parse RSA private key embedded in PKCS#8: {error}"))
        } else if algorithm == ED25519 {
            let secret = Reader(key).take(der::OCTETS).and_then(|secret| <[u8; 32]>::try_from(secret).ok());
            match secret {
                Some(secret) => Ok(Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&secret))),
                None => Err("x509: invalid Ed25519 private key".to_owned()),
            }
        } else if let Some(curve) = curve {
            Self::from_sec1(key, Some(curve))
                .map_err(|error| format!("x509: failed to parse EC private key embedded in PKCS#8: {error}"))
        } else {
            Err("x509: PKCS#8 wrapping contained private key with unknown algorithm".to_owned())
        }
    }

    fn from_sec1(bytes: &[u8], curve: Option<&[u8]>) -> Result<Self, &'static str> {
        let malformed = "x509: failed to parse EC private key: asn1: structure error: tags don't match";
        let mut reader = Reader(Reader(bytes).take(der::SEQUENCE).ok_or(malformed)?);
        if reader.unsigned() != Some(&[1]) {
            return Err("x509: unknown EC private key version");
        }
        let secret = reader.take(der::OCTETS).ok_or(malformed)?;
        let curve = curve.or_else(|| reader.optional(EXPLICIT_0)).unwrap_or_default();
        let invalid = "x509: invalid elliptic curve private key value";
        let padded = |size: usize| {
            let skip = secret.iter().take_while(|b| **b == 0).count();
            let digits = secret.get(skip..).unwrap_or_default();
            let zeros = size.checked_sub(digits.len()).ok_or(invalid)?;
            Ok::<_, &str>([vec![0; zeros].as_slice(), digits].concat())
        };
        match curve {
            P256 => p256::ecdsa::SigningKey::from_slice(&padded(32)?).map(Self::P256).map_err(|_| invalid),
            P384 => p384::ecdsa::SigningKey::from_slice(&padded(48)?).map(Self::P384).map_err(|_| invalid),
            P521 => p521::ecdsa::SigningKey::from_slice(&padded(66)?).map(Self::P521).map_err(|_| invalid),
            _ => Err("x509: unknown elliptic curve"),
        }
    }

    /// The key in PEM, in the form that is usual for its kind.
    pub fn to_pem(&self) -> String {
        match self {
            Self::Rsa(key) => pem::encode("RSA PRIVATE KEY", &key.to_der()),
            Self::Dsa(key) => pem::encode("DSA PRIVATE KEY", &key.to_der()),
            Self::P256(_) | Self::P384(_) | Self::P521(_) => {
                let (secret, curve) = match self {
                    Self::P256(key) => (key.to_bytes().to_vec(), P256),
                    Self::P384(key) => (key.to_bytes().to_vec(), P384),
                    Self::P521(key) => (key.to_bytes().to_vec(), P521),
                    _ => (Vec::new(), P256),
                };
                let point = der::element(EXPLICIT_1, &der::bits(0, &self.point()));
                let parts: [&[u8]; 4] = [
                    &der::unsigned(&[1]),
                    &der::element(der::OCTETS, &secret),
                    &der::element(EXPLICIT_0, curve),
                    &point,
                ];
                pem::encode("EC PRIVATE KEY", &der::sequence(&parts))
            }
            Self::Ed25519(key) => {
                let secret = der::element(der::OCTETS, &der::element(der::OCTETS, &key.to_bytes()));
                pem::encode("PRIVATE KEY", &der::sequence(&[&der::unsigned(&[]), ED25519, &secret]))
            }
        }
    }

    fn point(&self) -> Vec<u8> {
        match self {
            Self::P256(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::P384(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::P521(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::Rsa(key) => key.public(),
            Self::Ed25519(key) => key.verifying_key().to_bytes().to_vec(),
            Self::Dsa(_) => Vec::new(),
        }
    }

    /// The public key's bits, and the whole of it as certificates have it.
    pub fn public(&self) -> (Vec<u8>, Vec<u8>) {
        let bits = self.point();
        let curve = |curve: &[u8]| der::sequence(&[EC_PUBLIC_KEY, curve]);
        let algorithm = match self {
            Self::P256(_) => curve(P256),
            Self::P384(_) => curve(P384),
            Self::P521(_) => curve(P521),
            Self::Ed25519(_) => ED25519.to_vec(),
            Self::Rsa(_) | Self::Dsa(_) => RSA_ENCRYPTION.to_vec(),
        };
        let info = der::sequence(&[&algorithm, &der::bits(0, &bits)]);
        (bits, info)
    }

    /// The algorithm of its signatures, as certificates name it.
    pub fn algorithm(&self) -> Vec<u8> {
        let ecdsa = |last: u8| vec![0x30, 0x0A, 6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, last];
        match self {
            Self::Rsa(_) | Self::Dsa(_) => SHA256_WITH_RSA.to_vec(),
            Self::P256(_) => ecdsa(2),
            Self::P384(_) => ecdsa(3),
            Self::P521(_) => ecdsa(4),
            Self::Ed25519(_) => ED25519.to_vec(),
        }
    }

    /// A signature; none if the key can't sign.
    pub fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Rsa(key) => key.sign(message),
            Self::Dsa(_) => None,
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                Some(signature.to_der().as_bytes().to_vec())
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                Some(signature.to_der().as_bytes().to_vec())
            }
            Self::P521(key) => {
                let signature: p521::ecdsa::Signature = key.sign(message);
                Some(signature.to_der().as_bytes().to_vec())
            }
            Self::Ed25519(key) => Some(key.sign(message).to_bytes().to_vec()),
        }
    }
}
