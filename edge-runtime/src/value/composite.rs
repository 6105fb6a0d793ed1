//! Values made of values: options and lists, and what `#[derive(AssetValue)]` calls.

use edge_proto::{Limits, Profile, Refusal, ValueType};
use serde_json::{Map, Value};

use super::{AssetValue, wrong_type};

#[diagnostic::do_not_recommend]
impl<T: AssetValue> AssetValue for Option<T> {
    const NUMERIC: bool = T::NUMERIC;

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
}

#[diagnostic::do_not_recommend]
impl<T: AssetValue> AssetValue for Vec<T> {
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
}

/// The profile of a unit enum.
pub fn enum_profile(names: &[&str]) -> Profile {
    let allowed = names.iter().map(|&name| name.to_owned()).collect();
    Profile { allowed, ..Profile::new(ValueType::String) }
}

/// Reads the index of a unit enum's variant.
///
/// # Errors
/// When the JSON is none of the names.
pub fn decode_enum(names: &[&str], json: Value) -> Result<usize, Refusal> {
    let profile = enum_profile(names);
    profile.check(&json)?;
    let index = json.as_str().and_then(|text| names.iter().position(|&name| name == text));
    index.ok_or_else(|| wrong_type(&profile, &json))
}

/// Writes the name of a unit enum's variant: names are checked by the macro to need no escapes.
pub fn encode_enum(name: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.push(b'"');
}

/// The profile of a struct.
pub fn struct_profile<const N: usize>(members: [(&str, Profile); N]) -> Profile {
    let properties = members.into_iter().map(|(name, profile)| (name.to_owned(), profile)).collect();
    Profile { properties, ..Profile::new(ValueType::Object) }
}

/// The members of an object, to be taken one by one.
#[derive(Debug)]
pub struct Members(Map<String, Value>);

impl Members {
    /// Opens an object.
    ///
    /// # Errors
    /// When the JSON is none.
    pub fn open(json: Value) -> Result<Self, Refusal> {
        match json {
            Value::Object(members) => Ok(Self(members)),
            other => Err(wrong_type(&Profile::new(ValueType::Object), &other)),
        }
    }

    /// Reads a member. One that is not there is `null`: only an `Option` takes that.
    ///
    /// # Errors
    /// When it is missing or does not fit.
    pub fn take<T: AssetValue>(&mut self, name: &str) -> Result<T, Refusal> {
        match self.0.remove(name) {
            Some(json) => T::decode(json).map_err(|refusal| refusal.within(name)),
            None => T::decode(Value::Null).map_err(|_| Refusal::MissingMember { name: name.to_owned() }),
        }
    }
}

/// Writes a struct's members; the caller names them in order.
#[derive(Debug)]
pub struct MemberWriter<'a> {
    out: &'a mut Vec<u8>,
    separator: u8,
}

impl<'a> MemberWriter<'a> {
    /// Opens the object.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, separator: b'{' }
    }

    /// Appends a member.
    pub fn member(&mut self, name: &str, value: &impl AssetValue) {
        self.out.push(std::mem::replace(&mut self.separator, b','));
        encode_enum(name, self.out);
        self.out.push(b':');
        value.encode(self.out);
    }

    /// Closes the object.
    pub fn end(self) {
        if self.separator == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }
}

/// Checks a struct's member: finite numbers, whatever their depth.
///
/// # Errors
/// What is wrong with it, and where.
pub fn check_member(name: &str, value: &impl AssetValue) -> Result<(), Refusal> {
    value.check(&Limits::NONE).map_err(|refusal| refusal.within(name))
}
