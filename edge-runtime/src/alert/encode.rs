//! From a struct's fields, or from JSON, to what is sent: checked as a whole, before anything is accepted.

use std::any::Any;

use edge_proto::DeviceId;
use edge_proto::document::{Misplaced, Slot, place};
use edge_proto::payload::{FormatKind, MAX_BYTES, MAX_DESCRIPTION_BYTES};
use serde_json::Value;

use super::{FieldModel, FormatModel, ReportError};
use crate::outbox::Said;
use crate::storage::Missing;
use crate::value::codec::AnyValue;

/// Room for time, session, number, names and the description, whose characters may need escapes.
const OVERHEAD: usize = 1024 + 2 * MAX_DESCRIPTION_BYTES;

/// The report that a struct is, whose fields come in the model's order. Its objects must be at the platform.
pub(crate) fn of_fields(
    device: &DeviceId,
    model: &'static FormatModel,
    fields: &[&dyn Any],
) -> Result<Said, ReportError> {
    check(device, model, fields, |_| true)?;
    let said = told(model, fields);
    let (bytes, limit) = (said.value.len(), MAX_BYTES - OVERHEAD);
    if bytes > limit {
        let (device, name) = (device.to_string(), model.name.to_owned());
        return Err(ReportError::TooLarge { device, kind: model.kind, name, bytes, limit });
    }
    Ok(said)
}

/// Checks those fields for which it is to be done.
pub(crate) fn check(
    device: &DeviceId,
    model: &'static FormatModel,
    fields: &[&dyn Any],
    is_to_be_done: impl Fn(&FieldModel) -> bool,
) -> Result<(), ReportError> {
    let mut fields = model.fields.iter().zip(fields).filter(|(field, _)| is_to_be_done(field));
    fields.try_for_each(|(field, value)| {
        let fits = field.codec.fits(*value, &field.profile().limits());
        fits.map_err(|refusal| ReportError::refused(device, model, field.name, refusal))
    })
}

/// The objects in the fields whose contents are not at the platform yet.
pub(crate) fn missing(device: &DeviceId, model: &'static FormatModel, fields: &[&dyn Any]) -> Vec<Missing> {
    let fields = model.fields.iter().zip(fields);
    let missing =
        fields.flat_map(|(field, value)| Missing::of(device, model.name, field.name, &field.codec, *value));
    missing.collect()
}

/// The fields' values, to be kept.
pub(crate) fn copies(model: &'static FormatModel, fields: &[&dyn Any]) -> Vec<AnyValue> {
    model.fields.iter().zip(fields).map(|(field, value)| (field.codec.copy)(*value)).collect()
}

/// Copies as fields.
pub(crate) fn fields_of(copies: &[AnyValue]) -> Vec<&dyn Any> {
    copies.iter().map(|value| value.as_ref() as &dyn Any).collect()
}

/// What fields say, valid or not. One that is not set is left out.
pub(crate) fn told(model: &'static FormatModel, fields: &[&dyn Any]) -> Said {
    let mut value = Vec::with_capacity(128);
    for (field, it) in model.fields.iter().zip(fields) {
        let before = value.len();
        value.push(if before == 0 { b'{' } else { b',' });
        // A name needs no escapes: letters, digits, `_` and `-`.
        value.push(b'"');
        value.extend_from_slice(field.name.as_bytes());
        value.extend_from_slice(b"\":");
        let start = value.len();
        (field.codec.encode)(*it, &mut value);
        if &value[start..] == b"null" {
            value.truncate(before);
        }
    }
    if value.is_empty() {
        value.push(b'{');
    }
    value.push(b'}');
    let is_alert = model.kind == FormatKind::Alert;
    Said {
        name: model.name.into(),
        severity: is_alert.then_some(model.severity),
        description: if is_alert { model.description.into() } else { "".into() },
        value,
        is_to_be_stored: model.may_be_stored(),
    }
}

/// The report that a JSON object is. Values are taken as they are: `"1"` is no number.
pub(crate) fn of_value(
    device: &DeviceId,
    model: &'static FormatModel,
    value: Value,
) -> Result<Said, ReportError> {
    let Value::Object(given) = value else {
        let (device, name) = (device.to_string(), model.name.to_owned());
        return Err(ReportError::NoObject { device, kind: model.kind, name });
    };
    let slot = |field: &'static FieldModel| Slot { name: field.name, optional: field.is_optional() };
    let placed = place(model.fields.iter().map(slot), given).map_err(|misplaced| match misplaced {
        Misplaced::Missing(field) => ReportError::missing(device, model, field),
        Misplaced::Unknown(field) => ReportError::UnknownField {
            device: device.to_string(),
            kind: model.kind,
            name: model.name.to_owned(),
            field,
            known: model.fields.iter().map(|field| field.name).collect(),
        },
    })?;
    let read = |(field, json): (&FieldModel, Option<Value>)| {
        let decoded = (field.codec.decode)(json.unwrap_or_default());
        decoded.map_err(|refusal| ReportError::refused(device, model, field.name, refusal))
    };
    let values: Vec<AnyValue> = model.fields.iter().zip(placed).map(read).collect::<Result<_, _>>()?;
    of_fields(device, model, &fields_of(&values))
}
