//! The members of states and commands, read leniently.

use std::fmt;

use jiff::Timestamp;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::state::{Stamp, State};
use super::time::Moment;
use super::{PayloadError, malformed};

/// The member by which a command is answered.
const ID: &str = "id";
/// The member with a value.
pub const VALUE: &str = "value";
/// The member with values by asset.
pub const VALUES: &str = "values";
/// The member with an action's arguments by name.
pub const ARGUMENTS: &str = "arguments";
const AT: &str = "at";
const EXPIRES: &str = "expires";
const SESSION: &str = "session";
const SEQ: &str = "seq";
const HISTORICAL: &str = "historical";
const DROPPED: &str = "dropped";
const UNSYNCED: &str = "unsynced";
const ANNOUNCE: &str = "announce";

/// All that are known.
const MEMBERS: [&str; 12] =
    [ID, VALUE, AT, SESSION, SEQ, EXPIRES, VALUES, ARGUMENTS, HISTORICAL, DROPPED, UNSYNCED, ANNOUNCE];

/// The members of states and commands, whatever their case.
#[derive(Default)]
pub(super) struct Members {
    pub(super) id: Option<String>,
    pub(super) at: Option<Timestamp>,
    pub(super) expires: Option<Timestamp>,
    pub(super) value: Option<Box<RawValue>>,
    pub(super) values: Vec<(String, Box<RawValue>)>,
    pub(super) arguments: Vec<(String, Box<RawValue>)>,
    pub(super) session: Option<u64>,
    pub(super) seq: Option<u64>,
    pub(super) historical: bool,
    pub(super) dropped: u64,
    pub(super) unsynced: bool,
    pub(super) announce: bool,
}

impl Members {
    /// The state that they are of.
    pub(super) fn into_state(self) -> Result<State, PayloadError> {
        let value = self.value.ok_or(PayloadError::Missing(VALUE))?;
        let stamp = match (self.session, self.seq) {
            (Some(session), Some(seq)) => Some(Stamp { session, seq }),
            _ => None,
        };
        let Self { at, historical, dropped, unsynced, .. } = self;
        Ok(State { at, value: Some(value), location: None, stamp, historical, dropped, unsynced })
    }
}

pub(super) fn parse_members(payload: &[u8], members: &mut Members) -> Result<(), PayloadError> {
    if payload.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        members.value = Some(serde_json::from_slice(payload).map_err(malformed)?);
        return Ok(());
    }
    let mut reader = serde_json::Deserializer::from_slice(payload);
    MembersSeed(members).deserialize(&mut reader).map_err(malformed)?;
    reader.end().map_err(malformed)
}

/// The member `id` of what is the beginning of an object, perhaps. Nothing else is kept.
pub(super) fn parse_id(start: &[u8]) -> Option<String> {
    let mut id = None;
    // It breaks off, and what stands before that is kept.
    let _ = serde_json::Deserializer::from_slice(start).deserialize_map(IdVisitor(&mut id));
    id
}

struct IdVisitor<'a>(&'a mut Option<String>);

impl<'de> Visitor<'de> for IdVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a member `id`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while self.0.is_none()
            && let Some(key) = map.next_key::<String>()?
        {
            match key.eq_ignore_ascii_case(ID) {
                true => *self.0 = Some(map.next_value()?),
                false => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// Fills members in place, so that those before an error are kept.
struct MembersSeed<'a>(&'a mut Members);

impl<'de> DeserializeSeed<'de> for MembersSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for MembersSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a member `value`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let members = self.0;
        while let Some(member) = map.next_key_seed(MemberSeed)? {
            match member {
                Some(ID) => members.id = Some(map.next_value()?),
                Some(AT) => members.at = Some(map.next_value::<Moment>()?.0),
                Some(EXPIRES) => members.expires = map.next_value::<Option<Moment>>()?.map(|moment| moment.0),
                Some(VALUE) => members.value = Some(map.next_value()?),
                Some(VALUES) => map.next_value_seed(Entries(&mut members.values))?,
                Some(ARGUMENTS) => map.next_value_seed(Entries(&mut members.arguments))?,
                Some(SESSION) => members.session = Some(map.next_value()?),
                Some(SEQ) => members.seq = Some(map.next_value()?),
                Some(HISTORICAL) => members.historical = map.next_value()?,
                Some(DROPPED) => members.dropped = map.next_value()?,
                Some(UNSYNCED) => members.unsynced = map.next_value()?,
                Some(ANNOUNCE) => members.announce = map.next_value()?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// The name of a member, in whatever case; `None` for one that nobody knows.
struct MemberSeed;

impl<'de> DeserializeSeed<'de> for MemberSeed {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for MemberSeed {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(MEMBERS.iter().copied().find(|member| member.eq_ignore_ascii_case(name)))
    }
}

/// The entries of an object in their order; a name that comes twice is an error.
pub(super) struct Entries<'a>(pub(super) &'a mut Vec<(String, Box<RawValue>)>);

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of values by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = std::collections::HashSet::new();
        while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
            if !seen.insert(name.clone()) {
                return Err(serde::de::Error::custom(format_args!("`{name}` comes twice")));
            }
            self.0.push((name, value));
        }
        Ok(())
    }
}
