//! Digests of contents.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use super::ObjectError;

/// A SHA-256: on the wire 64 hexadecimal digits, as `sha256sum` prints it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct Sha256([u8; 32]);

const REPR_START: &str = "sha-256=:";

impl Sha256 {
    /// Of a content that is in memory.
    pub fn of(content: &[u8]) -> Self {
        let mut hasher = Hasher::default();
        hasher.update(content);
        hasher.digest()
    }

    /// As the value of a [`REPR_DIGEST`](super::REPR_DIGEST) header.
    pub fn to_header(&self) -> String {
        format!("{REPR_START}{}:", STANDARD.encode(self.0))
    }

    /// From the value of a [`REPR_DIGEST`](super::REPR_DIGEST) header, which may have other digests as well.
    pub fn from_header(value: &str) -> Option<Self> {
        let digests = value.split(',').map(str::trim);
        let text = digests.filter_map(|digest| digest.strip_prefix(REPR_START)?.strip_suffix(':')).next()?;
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Sha256 {
    type Err = ObjectError;

    fn from_str(text: &str) -> Result<Self, ObjectError> {
        let digits: Option<Vec<u8>> =
            text.chars().map(|c| c.to_digit(16).and_then(|digit| digit.try_into().ok())).collect();
        let digits = digits.filter(|digits| digits.len() == 64).ok_or(ObjectError::Digest)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
        Ok(Self(bytes))
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Sha256 {
    type Error = ObjectError;

    fn try_from(text: String) -> Result<Self, ObjectError> {
        text.parse()
    }
}

/// Makes a [`Sha256`] of what comes in pieces.
#[derive(Clone, Default)]
pub struct Hasher(sha2::Sha256);

impl Hasher {
    /// The next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// Of all pieces so far.
    pub fn digest(&self) -> Sha256 {
        Sha256(self.0.clone().finalize().into())
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_digest_survives_both_ways_of_writing_it(content: Vec<u8>) {
            let digest = Sha256::of(&content);
            prop_assert_eq!(digest.to_string().parse::<Sha256>(), Ok(digest));
            prop_assert_eq!(Sha256::from_header(&digest.to_header()), Some(digest));
        }
    }

    #[test]
    fn the_digest_is_the_one_that_others_print() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Sha256::of(b"").to_string(), empty);
        assert_eq!(
            Sha256::from_header("md5=:AAAA:, sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"),
            empty.parse().ok()
        );
        for text in ["", "e3b0", &empty[1..], "sha-256", &format!("{empty}0")] {
            assert_eq!(text.parse::<Sha256>(), Err(ObjectError::Digest));
        }
    }
}
