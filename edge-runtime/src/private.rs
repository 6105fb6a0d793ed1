//! For the expansions of the derives, and for nothing else: no promise is made about anything here.

use std::any::Any;
use std::ops::DerefMut;

use crate::value::codec::AnyValue;

pub use crate::alert::{Alert, AlertOf, DeclaredBy, FieldModel, Format, FormatModel, FormatOf, Report};
pub use crate::catalog::Registered;
pub use crate::device::Observer;
pub use crate::device::{
    ChildHandler, Device, DeviceHandle, Dispatch, HandlerOf, Handlers, NoHandler, Offer, Raise, Set, Submit,
    Transaction, Update,
};
pub use crate::dispatch::{
    Acted, Call, Change, Changes, Command, Dispatched, HandlerResult, Told, accept, act, agree, handle,
    ignore, told,
};
pub use crate::failures::ErrorEvent;
pub use crate::model::{
    ActionModel, ArgumentModel, AssetModel, AssetRules, BoxedPipeline, ChildModel, DeclaredPipeline,
    DefaultValue, DeviceModel, NO_ASSETS, Overflow, OverwritePolicy, QoS, Retention,
};
pub use crate::outbox::Batch;
pub use crate::policy::PublishPolicy;
pub use crate::storage::StorageObject;
pub use crate::value::composite::{
    Decoded, Member, check_members, decode_members, decode_variant, encode_enum, encode_members,
    enum_profile, finite, members_profile, objects_of_members,
};
pub use crate::value::limit::{
    beside, float, has_multiple, is_finite, is_multiple, is_near_multiple, is_of_single, is_ordered,
    is_positive, is_single, is_whole, is_within, limit, require, typed_limit,
};
pub use crate::value::{AssetValue, Codec};
pub use edge_proto::payload::{FormatKind, Severity};
pub use edge_proto::{AssetType, Kind, Limits, Number, Profile, Refusal};
pub use inventory;
pub use serde_json::Value;
pub use std::option::Option::{None, Some};
pub use std::time::Duration;
pub use std::vec::Vec;

// The bounds here are less than `AssetValue`: of a type that is none, only the model's table complains.

/// What is whole in the bytes of a store, by row: the device and the number of the transaction. For tests.
pub fn salvage(bytes: &[u8]) -> Vec<(u64, String, u64)> {
    crate::outbox::salvage(bytes)
}

/// A row of a model's table with what every asset has; the derive writes the rest where it is said.
pub const fn row(
    kind: Kind,
    name: &'static str,
    title: &'static str,
    description: &'static str,
    unit: &'static str,
    codec: Codec,
) -> AssetModel {
    let (limits, rules) = (Limits::NONE, AssetRules::DEFAULT);
    AssetModel { name, alias: "", kind, title, description, unit, limits, rules, default: None, codec }
}

/// A setter.
pub fn set<T: 'static>(device: &DeviceHandle, index: usize, value: T) -> Set<'_> {
    Set::new(device, index, erased(device, index, value))
}

/// The value without its type; its asset knows that it can go to other threads.
fn erased<T: 'static>(device: &DeviceHandle, index: usize, value: T) -> AnyValue {
    (device.core().model.assets[index].codec.take)(&mut Some(value))
}

/// What is set if the asset's pipeline lets it through.
pub fn offer<T: 'static>(device: &DeviceHandle, index: usize, value: T) -> Offer<'_> {
    Offer::new(device, index, erased(device, index, value))
}

/// A getter.
pub fn get<T: 'static>(device: &DeviceHandle, index: usize) -> T {
    device.core().get(index)
}

/// An observer.
pub fn observe<T: 'static>(device: &DeviceHandle, index: usize) -> Observer<T> {
    Observer::new(device, index)
}

/// A transaction.
pub fn update<D: Device, F: FnOnce(&mut D)>(device: &DeviceHandle, edit: F) -> Update<'_, D, F> {
    Update::new(device, edit)
}

/// An alert. It consumes the struct: what was raised is not raised again by chance.
pub fn raise<A: Alert>(device: &DeviceHandle, alert: A) -> Raise<'_> {
    Raise::new(device, &alert)
}

/// A record of a format.
pub fn submit<F: Format>(device: &DeviceHandle, data: F) -> Submit<'_> {
    Submit::new(device, &data)
}

/// The fields of an alert or of data, for its trait.
pub fn fields<'a>(fields: &[&'a dyn Any]) -> Vec<&'a dyn Any> {
    fields.to_vec()
}

/// Of two alerts, or two formats, of one name, it could not be told which is meant.
#[track_caller]
pub const fn distinct(formats: &[&FormatModel]) {
    let mut one = 0;
    while one < formats.len() {
        let mut other = one + 1;
        while other < formats.len() {
            let (first, second) = (formats[one], formats[other]);
            if first.kind as u8 == second.kind as u8 && is_same(first.name.as_bytes(), second.name.as_bytes())
            {
                panic!(
                    "two alerts, or two formats, of the device have the same name; give one another with `name`"
                );
            }
            other += 1;
        }
        one += 1;
    }
}

/// Whether two names are the same; case is no difference.
const fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() {
        if !one[index].eq_ignore_ascii_case(&other[index]) {
            return false;
        }
        index += 1;
    }
    true
}

/// A transaction over time.
pub fn begin(device: &DeviceHandle) -> Transaction {
    device.begin()
}

/// What its setters return.
pub type Put<'a, T> = Result<&'a mut T, crate::SetError>;

/// A setter of it.
pub fn put<T: DerefMut<Target = Transaction>, V: 'static>(
    transaction: &mut T,
    index: usize,
    value: V,
) -> Put<'_, T> {
    let value = transaction.erased(index, &mut Some(value));
    transaction.put(index, value)?;
    Ok(transaction)
}

/// A default value.
pub fn default<T: Send + 'static>(value: T) -> Box<dyn Any + Send> {
    Box::new(value)
}

/// A copy of the whole struct, the children included.
pub fn snapshot<D: Device>(device: &DeviceHandle) -> D {
    crate::value::whole::owned(device.core().whole(crate::device::copy::<D>))
}

/// The handle of a child device.
pub fn child<D: Device>(device: &DeviceHandle, index: usize) -> D::Handle {
    D::handle(device.declared_child(index).clone())
}

/// Answers for an index that is no child: a bug of the macro.
pub fn no_such_child(index: usize) -> &'static mut dyn Any {
    unreachable!("the model has no child {index}")
}

/// Answers for an index that is no asset: a bug of the macro.
pub fn no_such_asset(index: usize) -> &'static mut dyn Any {
    unreachable!("the model has no asset {index}")
}

/// Stands in for a value type that the macro refused: the program does not compile.
pub fn no_such_value() -> ! {
    unreachable!("the derive reported an error")
}
