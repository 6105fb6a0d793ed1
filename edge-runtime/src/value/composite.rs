//! Values made of values: options and lists, and what `#[derive(AssetValue)]` calls.

use std::any::Any;
use std::fmt;

use edge_proto::{Limits, Number, Profile, Refusal, ValueType};
use serde_json::{Map, Value};

use super::codec::{AnyValue, Codec};
use super::{AssetValue, wrong_type};
use crate::storage::StorageObject;

impl<T: AssetValue> AssetValue for Option<T> {
    const NUMERIC: bool = T::NUMERIC;
    const A_VALUE_CANNOT_CONTAIN_ITSELF: () = T::A_VALUE_CANNOT_CONTAIN_ITSELF;

    fn profile() -> Profile {
        Profile { nullable: true, ..T::profile() }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.encode(out),
            None => out.extend_from_slice(b"null"),
        }
    }

    fn decode(json: Value) -> Result<Self, Refusal> {
        if json.is_null() { Ok(None) } else { T::decode(json).map(Some) }
    }

    fn check(&self, limits: &Limits) -> Result<(), Refusal> {
        self.as_ref().map_or(Ok(()), |value| value.check(limits))
    }

    fn number(&self) -> Option<Number> {
        self.as_ref().and_then(T::number)
    }

    fn objects(&self, found: &mut Vec<StorageObject>) {
        self.iter().for_each(|value| value.objects(found));
    }
}

impl<T: AssetValue> AssetValue for Vec<T> {
    const A_VALUE_CANNOT_CONTAIN_ITSELF: () = T::A_VALUE_CANNOT_CONTAIN_ITSELF;

    fn profile() -> Profile {
        Profile { items: Some(Box::new(T::profile())), ..Profile::new(ValueType::Array) }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (index, item) in self.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            item.encode(out);
        }
        out.push(b']');
    }

    fn decode(json: Value) -> Result<Self, Refusal> {
        match json {
            Value::Array(items) => items
                .into_iter()
                .enumerate()
                .map(|(index, item)| T::decode(item).map_err(|refusal| refusal.within(index)))
                .collect(),
            other => Err(wrong_type(&Self::profile(), &other)),
        }
    }

    fn check(&self, limits: &Limits) -> Result<(), Refusal> {
        self.iter()
            .enumerate()
            .try_for_each(|(index, item)| item.check(limits).map_err(|refusal| refusal.within(index)))
    }

    fn objects(&self, found: &mut Vec<StorageObject>) {
        self.iter().for_each(|item| item.objects(found));
    }
}

/// The profile of a unit enum.
pub fn enum_profile(names: &[&str]) -> Profile {
    let allowed = names.iter().map(|&name| name.to_owned()).collect();
    Profile { allowed, ..Profile::new(ValueType::String) }
}

/// Reads a unit enum's variant: the one at the place of its name.
///
/// # Errors
/// When the JSON is none of the names.
pub fn decode_variant<T: AssetValue>(names: &[&str], variants: &[T], json: Value) -> Result<T, Refusal> {
    let profile = enum_profile(names);
    profile.check(&json)?;
    let index = json.as_str().and_then(|text| names.iter().position(|&name| name == text));
    let variant = index.and_then(|index| variants.get(index).cloned());
    variant.ok_or_else(|| wrong_type(&profile, &json))
}

/// Writes the name of a unit enum's variant: names are checked by the macro to need no escapes.
pub fn encode_enum(name: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.push(b'"');
}

/// The profile of a struct.
pub(crate) fn struct_profile<const N: usize>(members: [(&str, Profile); N]) -> Profile {
    let properties = members.into_iter().map(|(name, profile)| (name.to_owned(), profile)).collect();
    Profile { properties, ..Profile::new(ValueType::Object) }
}

/// The members of an object, to be taken one by one.
#[derive(Debug)]
pub(crate) struct Members(Map<String, Value>);

impl Members {
    /// Opens an object.
    ///
    /// # Errors
    /// When the JSON is none.
    pub(crate) fn open(json: Value) -> Result<Self, Refusal> {
        match json {
            Value::Object(members) => Ok(Self(members)),
            other => Err(wrong_type(&Profile::new(ValueType::Object), &other)),
        }
    }

    /// Reads a member. One that is not there is `null`: only an `Option` takes that.
    ///
    /// # Errors
    /// When it is missing or does not fit.
    pub(crate) fn take<T: AssetValue>(&mut self, name: &str) -> Result<T, Refusal> {
        self.take_with(name, T::decode)
    }

    fn take_with<T>(&mut self, name: &str, decode: fn(Value) -> Result<T, Refusal>) -> Result<T, Refusal> {
        match self.0.remove(name) {
            Some(json) => decode(json).map_err(|refusal| refusal.within(name)),
            None => decode(Value::Null).map_err(|_| Refusal::MissingMember { name: name.to_owned() }),
        }
    }
}

/// Writes a struct's members; the caller names them in order.
#[derive(Debug)]
pub(crate) struct MemberWriter<'a> {
    out: &'a mut Vec<u8>,
    separator: u8,
}

impl<'a> MemberWriter<'a> {
    /// Opens the object.
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, separator: b'{' }
    }

    /// Appends a member.
    pub(crate) fn member(&mut self, name: &str, value: &impl AssetValue) {
        self.out.push(std::mem::replace(&mut self.separator, b','));
        encode_enum(name, self.out);
        self.out.push(b':');
        value.encode(self.out);
    }

    /// Appends a member that may not be there.
    pub(crate) fn optional(&mut self, name: &str, value: Option<&impl AssetValue>) {
        if let Some(value) = value {
            self.member(name, value);
        }
    }

    /// Closes the object.
    pub(crate) fn end(self) {
        if self.separator == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }
}

/// A member of a derived struct: its name and the functions of its type.
pub type Member = (&'static str, Codec);

/// That the types of a derived struct's members can be told; of one that leads back to the struct they cannot.
pub const fn finite(members: &[Member]) {
    let _ = members.len();
}

/// The profile of a derived struct.
pub fn members_profile(members: &[Member]) -> Profile {
    let properties = members.iter().map(|(name, codec)| ((*name).to_owned(), (codec.profile)())).collect();
    Profile { properties, ..Profile::new(ValueType::Object) }
}

/// Writes the members of a derived struct, whose values come in the order of the table.
pub fn encode_members(members: &[Member], values: &[&dyn Any], out: &mut Vec<u8>) {
    let mut separator = b'{';
    for ((name, codec), value) in members.iter().zip(values) {
        out.push(std::mem::replace(&mut separator, b','));
        encode_enum(name, out);
        out.push(b':');
        (codec.encode)(*value, out);
    }
    out.push(b'}');
}

/// Reads the members of a derived struct. One that is not there is `null`: only an `Option` takes that.
///
/// # Errors
/// The first member that is missing or does not fit.
pub fn decode_members(members: &[Member], json: Value) -> Result<Decoded, Refusal> {
    let mut object = Members::open(json)?;
    let values: Result<Vec<_>, _> =
        members.iter().map(|(name, codec)| object.take_with(name, codec.decode)).collect();
    Ok(Decoded(values?.into_iter()))
}

/// Checks the members of a derived struct: finite numbers, whatever their depth.
///
/// # Errors
/// What is wrong, and where.
pub fn check_members(members: &[Member], values: &[&dyn Any]) -> Result<(), Refusal> {
    members.iter().zip(values).try_for_each(|((name, codec), value)| {
        (codec.check)(*value, &Limits::NONE).map_err(|refusal| refusal.within(name))
    })
}

/// The objects in the members of a derived struct.
pub fn objects_of_members(members: &[Member], values: &[&dyn Any], found: &mut Vec<StorageObject>) {
    members.iter().zip(values).for_each(|((_, codec), value)| (codec.objects)(*value, found));
}

/// The values of a struct's members, in the order of its table.
pub struct Decoded(std::vec::IntoIter<AnyValue>);

impl Decoded {
    /// The value of the next member.
    pub fn take<T: 'static>(&mut self) -> T {
        self.0.next().expect("a struct asks for each member once").owned()
    }
}

impl fmt::Debug for Decoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoded").finish_non_exhaustive()
    }
}
