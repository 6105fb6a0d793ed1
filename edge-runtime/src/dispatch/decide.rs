//! What a command asks for, checked: before any handler runs, all of its values are known to be good.

use std::collections::{HashSet, VecDeque};

use edge_proto::document::{Misplaced, Slot, place};
use edge_proto::payload::{self, Command as Payload, PayloadError};
use jiff::Timestamp;
use serde_json::Value;
use serde_json::value::RawValue;
use smallvec::{SmallVec, smallvec};

use super::{Call, CommandError};
use crate::core::Core;
use crate::hub::Target;
use crate::model::{ActionModel, ArgumentModel, decode};
use crate::value::codec::AnyValue;

/// Values by the asset's index. Mostly it is one.
pub(super) type Values = SmallVec<[(usize, AnyValue); 1]>;

/// What is wanted.
pub(super) enum Wanted {
    Values(Values),
    Action(Call),
}

/// Reads what a command asks for. One refusal refuses all. The clock is asked only where a command may have expired.
pub(super) fn wanted(
    core: &Core,
    target: &Target,
    command: &Payload,
    now: impl FnOnce() -> Timestamp,
) -> Result<Wanted, CommandError> {
    if let Some(at) = command.expires.filter(|&expires| expires <= now()) {
        return Err(CommandError::Expired { at });
    }
    let values = match (target, &command.value) {
        (Target::Action(name), _) => return action(core, name, command).map(Wanted::Action),
        (Target::Asset(asset), Some(json)) => smallvec![value(core, asset, json)?],
        (Target::Asset(_), None) => return Err(PayloadError::Missing(payload::VALUE).into()),
        (Target::Several, _) if command.values.is_empty() => {
            return Err(PayloadError::Missing(payload::VALUES).into());
        }
        (Target::Several, _) => {
            let values = command.values.iter().map(|(asset, json)| value(core, asset, json));
            values.collect::<Result<_, _>>()?
        }
    };
    once(core, &values)?;
    Ok(Wanted::Values(values))
}

/// By its name and by its alias, an asset would be commanded twice.
fn once(core: &Core, values: &[(usize, AnyValue)]) -> Result<(), CommandError> {
    if values.len() < 2 {
        return Ok(());
    }
    let mut seen = HashSet::with_capacity(values.len());
    let Some((index, _)) = values.iter().find(|(index, _)| !seen.insert(*index)) else { return Ok(()) };
    let name = core.model.assets[*index].name;
    Err(PayloadError::Malformed(format!("`{name}` is commanded twice, by its name and its alias")).into())
}

fn value(core: &Core, name: &str, json: &RawValue) -> Result<(usize, AnyValue), CommandError> {
    let asset = || name.to_owned();
    let Some(index) = core.find(name) else {
        return Err(CommandError::UnknownAsset { asset: asset() });
    };
    let model = &core.model.assets[index];
    if !model.kind.is_commandable() {
        return Err(CommandError::NotCommandable { asset: asset(), kind: model.kind });
    }
    let decoded = model.decode(read(json)?).and_then(|value| {
        core.check(index, value.as_ref())?;
        Ok(value)
    });
    decoded.map(|value| (index, value)).map_err(|refusal| CommandError::Value { asset: asset(), refusal })
}

fn read(json: &RawValue) -> Result<Value, PayloadError> {
    serde_json::from_str(json.get()).map_err(|error| PayloadError::Malformed(error.to_string()))
}

/// Reads the arguments of an action, in the order of its model.
fn action(core: &Core, name: &str, command: &Payload) -> Result<Call, CommandError> {
    let Some(index) = core.model.find_action(name) else {
        return Err(CommandError::UnknownAction { action: name.to_owned() });
    };
    let model = &core.model.actions[index];
    if command.value.is_some() {
        return Err(PayloadError::Missing(payload::ARGUMENTS).into());
    }
    let given = command.arguments.iter().map(|(name, json)| (name, &**json));
    let placed = place(model.arguments.iter().map(slot), given).map_err(|misplaced| {
        let action = model.name.to_owned();
        match misplaced {
            Misplaced::Unknown(argument) => CommandError::UnknownArgument { action, argument },
            Misplaced::Missing(argument) => CommandError::MissingArgument { action, argument },
        }
    })?;
    let arguments = model.arguments.iter().zip(placed).map(|(it, given)| argument(model, it, given));
    Ok(Call { index, arguments: arguments.collect::<Result<VecDeque<_>, _>>()? })
}

fn slot(argument: &'static ArgumentModel) -> Slot<'static> {
    Slot { name: argument.name, optional: argument.profile().nullable }
}

fn argument(
    action: &ActionModel,
    model: &ArgumentModel,
    given: Option<&RawValue>,
) -> Result<AnyValue, CommandError> {
    let (action, argument) = (action.name.to_owned(), model.name);
    let profile = model.profile();
    let json = given.map_or(Ok(Value::Null), read)?;
    let value = decode(&model.codec, || profile.limits(), json).and_then(|value| {
        model.codec.fits(value.as_ref(), &profile.limits())?;
        Ok(value)
    });
    value.map_err(|refusal| CommandError::Argument { action, argument, refusal })
}
