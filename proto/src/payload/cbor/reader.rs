//! CBOR items one by one, and their JSON. Memory is taken for what has come, never for what is announced.

use std::fmt;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ciborium_ll::{Decoder, Header, simple};
use serde::Serialize;

use super::{DATA_POINT, tags};
use crate::payload::{MAX_BYTES, PayloadError};

/// How deep items may be nested, tags included.
pub(super) const DEPTH: usize = 64;

const TOO_SHORT: &str = "it ends too early";

/// How much of a text is read at once.
const CHUNK: usize = 1024;

/// Says that what follows is CBOR.
const SELF_DESCRIBED: u64 = 55_799;

/// Big numbers, decimal fractions and big floats: JSON has no place for them.
const BIG_NUMBERS: std::ops::RangeInclusive<u64> = 2..=5;

pub(super) struct Reader<'a> {
    decoder: Decoder<&'a [u8]>,
    length: usize,
}

/// The items of an array, or the pairs of a map, that are still to come.
pub(super) struct Items {
    /// `None`: until a break.
    left: Option<usize>,
}

impl Items {
    /// The head of the next item (of a pair: its key). The item itself must be read before the next one.
    pub(super) fn next(&mut self, reader: &mut Reader<'_>) -> Result<Option<Header>, PayloadError> {
        match &mut self.left {
            Some(0) => Ok(None),
            Some(left) => {
                *left -= 1;
                reader.pull().map(Some)
            }
            None => Ok(Some(reader.pull()?).filter(|header| *header != Header::Break)),
        }
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(payload: &'a [u8]) -> Self {
        Self { decoder: Decoder::from(payload), length: payload.len() }
    }

    /// Where we are and what is wrong there.
    pub(super) fn error(&mut self, what: impl fmt::Display) -> PayloadError {
        PayloadError::Malformed(format!("CBOR, before byte {}: {what}", self.decoder.offset()))
    }

    pub(super) fn pull(&mut self) -> Result<Header, PayloadError> {
        self.decoder.pull().map_err(reason).map_err(|reason| self.error(reason))
    }

    /// The first head, behind the tag by which CBOR may describe itself.
    pub(super) fn first(&mut self) -> Result<Header, PayloadError> {
        match self.pull()? {
            Header::Tag(SELF_DESCRIBED) => self.pull(),
            header => Ok(header),
        }
    }

    /// Nothing may follow.
    pub(super) fn end(&mut self) -> Result<(), PayloadError> {
        if self.decoder.offset() == self.length { Ok(()) } else { Err(self.error("trailing bytes")) }
    }

    pub(super) fn items(&mut self, count: Option<usize>) -> Items {
        Items { left: count }
    }

    /// The head of an array, which `what` must be.
    pub(super) fn array(&mut self, what: &str) -> Result<Items, PayloadError> {
        match self.pull()? {
            Header::Array(count) => Ok(self.items(count)),
            _ => Err(self.error(format_args!("{what} must be an array"))),
        }
    }

    pub(super) fn text(&mut self, length: Option<usize>) -> Result<String, PayloadError> {
        self.check_length(length)?;
        text(&mut self.decoder, length).map_err(|reason| self.error(reason))
    }

    /// Appends the JSON of the item whose head was read, with at most `depth` more levels in it.
    pub(super) fn item(
        &mut self,
        header: Header,
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), PayloadError> {
        if depth == 0 {
            return Err(self.error(format_args!("nested in more than {DEPTH} levels")));
        }
        if out.len() > MAX_BYTES {
            return Err(PayloadError::TooLarge(out.len()));
        }
        match header {
            Header::Positive(number) => write(out, number),
            Header::Negative(inverted) => write(out, !i128::from(inverted)),
            Header::Float(number) if number.is_finite() => json(out, &number),
            Header::Float(number) => return Err(self.error(format_args!("{number} is no finite number"))),
            Header::Simple(simple::FALSE) => write(out, false),
            Header::Simple(simple::TRUE) => write(out, true),
            Header::Simple(simple::NULL | simple::UNDEFINED) => write(out, "null"),
            Header::Simple(other) => return Err(self.error(format_args!("the simple value {other}"))),
            Header::Text(length) => json(out, &self.text(length)?),
            Header::Bytes(length) => json(out, &BASE64.encode(self.bytes(length)?)),
            Header::Array(count) => self.list(count, out, depth)?,
            Header::Map(count) => self.object(count, out, depth)?,
            Header::Tag(tag) => self.tagged(tag, out, depth)?,
            Header::Break => return Err(self.error("a break without a beginning")),
        }
        Ok(())
    }

    fn list(&mut self, count: Option<usize>, out: &mut Vec<u8>, depth: usize) -> Result<(), PayloadError> {
        let mut items = self.items(count);
        out.push(b'[');
        let mut separator: &[u8] = b"";
        while let Some(header) = items.next(self)? {
            out.extend_from_slice(separator);
            separator = b",";
            self.item(header, out, depth - 1)?;
        }
        out.push(b']');
        Ok(())
    }

    fn object(&mut self, count: Option<usize>, out: &mut Vec<u8>, depth: usize) -> Result<(), PayloadError> {
        let mut items = self.items(count);
        out.push(b'{');
        let mut separator: &[u8] = b"";
        while let Some(header) = items.next(self)? {
            out.extend_from_slice(separator);
            separator = b",";
            match header {
                Header::Text(length) => json(out, &self.text(length)?),
                Header::Positive(number) => json(out, &number.to_string()),
                Header::Negative(inverted) => json(out, &(!i128::from(inverted)).to_string()),
                _ => return Err(self.error("a member's name is neither a text nor an integer")),
            }
            out.push(b':');
            let header = self.pull()?;
            self.item(header, out, depth - 1)?;
        }
        out.push(b'}');
        Ok(())
    }

    /// Tags that say more of an item than JSON can are not looked at.
    fn tagged(&mut self, tag: u64, out: &mut Vec<u8>, depth: usize) -> Result<(), PayloadError> {
        match tag {
            DATA_POINT => Err(self.error("a data point inside of a value")),
            tags::LOCATION => {
                let location = tags::location(self)?;
                json(out, &location);
                Ok(())
            }
            tag if tags::is_time(tag) => {
                let time = tags::time(self, tag)?;
                json(out, &time);
                Ok(())
            }
            tag if BIG_NUMBERS.contains(&tag) => Err(self.error(format_args!("tag {tag} has no JSON"))),
            _ => {
                let header = self.pull()?;
                self.item(header, out, depth - 1)
            }
        }
    }

    fn bytes(&mut self, length: Option<usize>) -> Result<Vec<u8>, PayloadError> {
        self.check_length(length)?;
        bytes(&mut self.decoder, length).map_err(|reason| self.error(reason))
    }

    /// Whether as much as is announced can still come.
    fn check_length(&mut self, length: Option<usize>) -> Result<(), PayloadError> {
        if length.unwrap_or_default() > self.length - self.decoder.offset() {
            return Err(self.error(TOO_SHORT));
        }
        Ok(())
    }
}

fn reason<E>(error: ciborium_ll::Error<E>) -> &'static str {
    match error {
        ciborium_ll::Error::Io(_) => TOO_SHORT,
        ciborium_ll::Error::Syntax(_) => "not well-formed",
    }
}

fn text(decoder: &mut Decoder<&[u8]>, length: Option<usize>) -> Result<String, &'static str> {
    let mut text = String::new();
    let mut buffer = [0; CHUNK];
    let mut segments = decoder.text(length);
    while let Some(mut segment) = segments.pull().map_err(reason)? {
        while let Some(chunk) = segment.pull(&mut buffer).map_err(reason)? {
            text.push_str(chunk);
        }
    }
    Ok(text)
}

fn bytes(decoder: &mut Decoder<&[u8]>, length: Option<usize>) -> Result<Vec<u8>, &'static str> {
    let mut bytes = Vec::new();
    let mut buffer = [0; CHUNK];
    let mut segments = decoder.bytes(length);
    while let Some(mut segment) = segments.pull().map_err(reason)? {
        while let Some(chunk) = segment.pull(&mut buffer).map_err(reason)? {
            bytes.extend_from_slice(chunk);
        }
    }
    Ok(bytes)
}

fn write(out: &mut Vec<u8>, value: impl fmt::Display) {
    // Writing to memory does not fail.
    let _ = write!(out, "{value}");
}

fn json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(out, value).expect("writing to memory does not fail");
}
