//! What is wrong with a device or a value type. [`device`] and [`asset_value`] are the tables of
//! contents; what cannot be expanded as it is, they also take out of the model.

mod actions;
mod children;
mod compute;
mod defaults;
mod kinds;
mod limits;
mod methods;
mod names;
mod places;
mod publish;
mod reports;
mod rules;
mod shape;
mod values;

#[cfg(test)]
pub(crate) use actions::MAX_ARGUMENTS;
pub(crate) use compute::order;
#[cfg(test)]
pub(crate) use names::MAX_BYTES;
#[cfg(test)]
pub(crate) use reports::MAX_FIELDS;
pub(crate) use shape::is_sized;
use syn::{Data, DeriveInput};
pub(crate) use values::has_size;

use crate::attribute::{ASSET, CHILD, key};
use crate::diagnostics::Diagnostics;
use crate::model::{AssetValue, Device, KINDS, Report, is_no_field};
use crate::suggest::nearest;

/// The most assets that a device may have, as in edge-proto.
pub(crate) const MAX_ASSETS: usize = 1024;

/// Whether the item can be expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Sound,
    /// The item itself is of the wrong sort: only a stub can be written.
    Unfit,
}

impl Form {
    /// Sound where both are.
    fn and(self, other: Self) -> Self {
        if self == Self::Sound { other } else { self }
    }
}

/// Checks a device.
pub(crate) fn device(input: &DeriveInput, device: &mut Device, diagnostics: &mut Diagnostics) -> Form {
    places::device(input, diagnostics);
    let form = shape::device(input, diagnostics);
    if form == Form::Sound {
        count(input, device, diagnostics);
    }
    names::device(device, diagnostics);
    limits::of_fields(&mut device.assets, &device.private, diagnostics);
    for asset in &mut device.assets {
        kinds::check(asset, diagnostics);
        limits::check(asset, diagnostics);
        rules::check(asset, diagnostics);
        publish::check(asset, diagnostics);
        defaults::check(asset, diagnostics);
    }
    actions::check(device, diagnostics);
    reports::declared(device, diagnostics);
    compute::check(device, diagnostics);
    methods::check(device, diagnostics);
    form.and(children::check(device, diagnostics))
}

/// Checks a value type.
pub(crate) fn asset_value(input: &DeriveInput, value: &AssetValue, diagnostics: &mut Diagnostics) -> Form {
    let form = shape::asset_value(input, diagnostics);
    names::members(value, diagnostics);
    form.and(values::check(value, diagnostics))
}

/// Checks an alert or a data format.
pub(crate) fn report(input: &DeriveInput, report: &mut Report, diagnostics: &mut Diagnostics) -> Form {
    let form = shape::report(input, report.sort, diagnostics);
    reports::check(report, diagnostics);
    names::report(report, diagnostics);
    limits::of_fields(&mut report.fields, &[], diagnostics);
    for field in &mut report.fields {
        kinds::optional(&field.written_type, diagnostics);
        limits::check(field, diagnostics);
    }
    form
}

fn count(input: &DeriveInput, device: &Device, diagnostics: &mut Diagnostics) {
    let ident = &device.item.ident;
    let assets = device.assets.len();
    if assets == 0 && device.children.is_empty() && !is_meant(input) {
        let message =
            format_args!("`{ident}` has no assets; mark a field with `#[asset(kind = \"sensor\")]`");
        diagnostics.at(ident.span(), message);
    }
    if let Some(first) = device.assets.get(MAX_ASSETS) {
        let message =
            format_args!("`{ident}` has {assets} assets, the limit is {MAX_ASSETS}: this is one too many");
        diagnostics.at(first.field.span(), message);
    }
}

/// Whether a field says that it is an asset or a child, though that is refused: by an attribute in a wrong form, or of a wrong
/// name, as that of a kind.
fn is_meant(input: &DeriveInput) -> bool {
    let Data::Struct(data) = &input.data else { return false };
    let words = || KINDS.into_iter().map(|(word, _)| word).chain([ASSET.attribute, key::CHILD]);
    data.fields.iter().any(|field| {
        let names = field.attrs.iter().filter_map(|attribute| attribute.path().get_ident());
        let mut names = names.map(ToString::to_string);
        // A child's type may be none that a field can have.
        names.any(|name| {
            nearest(&name, words()).is_some() || name == CHILD.attribute && is_no_field(&field.ty)
        })
    })
}
