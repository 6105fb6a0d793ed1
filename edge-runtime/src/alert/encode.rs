//! From a struct's fields, or from JSON, to what is sent: checked as a whole, before anything is accepted.

use std::any::Any;

use edge_proto::DeviceId;
use edge_proto::payload::{FormatKind, MAX_BYTES, MAX_DESCRIPTION_BYTES};
use serde_json::{Map, Value};

use super::{FieldModel, FormatModel, ReportError};
use crate::outbox::Said;
use crate::storage::StorageObject;
use crate::value::codec::AnyValue;

/// Room for time, session, number, names and the description, whose characters may need escapes.
const OVERHEAD: usize = 1024 + 2 * MAX_DESCRIPTION_BYTES;

/// What is said, and the objects that must be at the platform before.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) said: Said,
    pub(crate) objects: Vec<(&'static str, StorageObject)>,
}

/// The report that a struct is, whose fields come in the model's order.
pub(crate) fn of_fields(
    device: &DeviceId,
    model: &'static FormatModel,
    fields: &[&dyn Any],
) -> Result<Encoded, ReportError> {
    let mut writer = Writer { device, model, value: Vec::with_capacity(128), objects: Vec::new() };
    for (field, value) in model.fields.iter().zip(fields) {
        writer.field(field, *value)?;
    }
    writer.end()
}

/// The report that a JSON object is. Values are taken as they are: `"1"` is no number.
pub(crate) fn of_value(
    device: &DeviceId,
    model: &'static FormatModel,
    value: Value,
) -> Result<Encoded, ReportError> {
    let Value::Object(mut given) = value else {
        let (device, name) = (device.to_string(), model.name.to_owned());
        return Err(ReportError::NoObject { device, kind: model.kind, name });
    };
    let read = |field| read(device, model, field, &mut given);
    let values: Vec<AnyValue> = model.fields.iter().map(read).collect::<Result<_, _>>()?;
    if let Some(field) = given.into_iter().next().map(|(field, _)| field) {
        return Err(ReportError::UnknownField {
            device: device.to_string(),
            kind: model.kind,
            name: model.name.to_owned(),
            field,
            known: model.fields.iter().map(|field| field.name).collect(),
        });
    }
    let fields: Vec<&dyn Any> = values.iter().map(|value| value.as_ref() as &dyn Any).collect();
    of_fields(device, model, &fields)
}

fn read(
    device: &DeviceId,
    model: &'static FormatModel,
    field: &FieldModel,
    given: &mut Map<String, Value>,
) -> Result<AnyValue, ReportError> {
    let json = match given.remove(field.name) {
        Some(json) => json,
        None if field.is_optional() => Value::Null,
        None => return Err(ReportError::missing(device, model, field.name)),
    };
    (field.codec.decode)(json).map_err(|refusal| ReportError::refused(device, model, field.name, refusal))
}

struct Writer<'a> {
    device: &'a DeviceId,
    model: &'static FormatModel,
    value: Vec<u8>,
    objects: Vec<(&'static str, StorageObject)>,
}

impl Writer<'_> {
    /// One that is not set is left out.
    fn field(&mut self, field: &FieldModel, value: &dyn Any) -> Result<(), ReportError> {
        let refused = |refusal| ReportError::refused(self.device, self.model, field.name, refusal);
        let profile = field.profile();
        field.codec.fits(value, &profile.limits()).map_err(refused)?;
        let before = self.value.len();
        self.value.push(if before == 0 { b'{' } else { b',' });
        // A name needs no escapes: letters, digits, `_` and `-`.
        self.value.push(b'"');
        self.value.extend_from_slice(field.name.as_bytes());
        self.value.extend_from_slice(b"\":");
        let start = self.value.len();
        (field.codec.encode)(value, &mut self.value);
        if &self.value[start..] == b"null" {
            self.value.truncate(before);
        }
        let mut objects = Vec::new();
        (field.codec.objects)(value, &mut objects);
        self.objects.extend(objects.into_iter().map(|object| (field.name, object)));
        Ok(())
    }

    fn end(self) -> Result<Encoded, ReportError> {
        let Self { device, model, mut value, objects } = self;
        if value.is_empty() {
            value.push(b'{');
        }
        value.push(b'}');
        let (bytes, limit) = (value.len(), MAX_BYTES - OVERHEAD);
        if bytes > limit {
            let (device, name) = (device.to_string(), model.name.to_owned());
            return Err(ReportError::TooLarge { device, kind: model.kind, name, bytes, limit });
        }
        let is_alert = model.kind == FormatKind::Alert;
        let said = Said {
            name: model.name.into(),
            severity: is_alert.then_some(model.severity),
            description: if is_alert { model.description.into() } else { "".into() },
            value,
            is_to_be_stored: model.may_be_stored(),
        };
        Ok(Encoded { said, objects })
    }
}
