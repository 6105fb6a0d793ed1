//! A value as it is written, in JSON. Most are small: those lie where they are kept.

use std::fmt;
use std::ops::Deref;

/// So many bytes lie in it: all numbers but the longest.
const SHORT: usize = 22;

/// See the module. 24 bytes, and copied and compared without a call while it is short.
#[derive(PartialEq)]
pub(crate) struct Json(Held);

#[derive(Clone, PartialEq)]
enum Held {
    /// Behind its length there are zeros.
    Short { length: u8, bytes: [u8; SHORT] },
    /// Only what is longer than that.
    Long(Box<[u8]>),
}

impl Json {
    /// What was written into memory that is written into again.
    #[inline]
    pub(crate) fn written(scratch: &mut Vec<u8>) -> Self {
        let length = scratch.len();
        if length > SHORT {
            return Self(Held::Long(scratch.as_slice().into()));
        }
        // Always so many: to copy what length there is would be a call.
        scratch.extend_from_slice(&[0; SHORT]);
        let bytes = *scratch.first_chunk().expect("there are as many");
        scratch.truncate(length);
        Self(Held::Short { length: length as u8, bytes })
    }
}

impl Clone for Json {
    #[inline]
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }

    /// In place: by way of the stack, what was written in pieces would be waited for before it is read as a whole.
    #[inline]
    fn clone_from(&mut self, source: &Self) {
        match (&mut self.0, &source.0) {
            (Held::Short { length, bytes }, Held::Short { length: new_length, bytes: new }) => {
                (*length, *bytes) = (*new_length, *new);
            }
            (held, new) => *held = new.clone(),
        }
    }
}

impl Default for Json {
    fn default() -> Self {
        Self(Held::Short { length: 0, bytes: [0; SHORT] })
    }
}

impl From<Vec<u8>> for Json {
    fn from(mut json: Vec<u8>) -> Self {
        match json.len() <= SHORT {
            true => Self::written(&mut json),
            false => Self(Held::Long(json.into())),
        }
    }
}

impl From<&[u8]> for Json {
    fn from(json: &[u8]) -> Self {
        let mut bytes = [0; SHORT];
        match bytes.get_mut(..json.len()) {
            Some(place) => {
                place.copy_from_slice(json);
                Self(Held::Short { length: json.len() as u8, bytes })
            }
            None => Self(Held::Long(json.into())),
        }
    }
}

impl Deref for Json {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match &self.0 {
            Held::Short { length, bytes } => &bytes[..usize::from(*length)],
            Held::Long(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_of_any_length_is_what_was_written() {
        for length in [0, 1, SHORT - 1, SHORT, SHORT + 1, 1000] {
            let mut scratch = vec![b'7'; length];
            let (written, read) = (Json::written(&mut scratch), Json::from(scratch.clone()));
            assert_eq!((&*written, &*read), (&*scratch, &*scratch));
            assert_eq!((&written.clone(), scratch.len()), (&read, length));
            assert_eq!(Json::from(scratch.as_slice()), read);
            for mut before in [&b"1"[..], &[b'8'; SHORT + 1]].map(Json::from) {
                before.clone_from(&read);
                assert_eq!(before, read);
            }
        }
        assert_ne!(Json::from(&b"1"[..]), Json::from(&b"10"[..]));
        assert!(size_of::<Option<Json>>() <= 24);
    }
}
