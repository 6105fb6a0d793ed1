//! What is written: tables and calls. Whatever decides anything is a function of edge-runtime.
//!
//! Expansions name everything from the root, since the user may have a type called `Result`.
//! Identifiers are [`ours`](crate::model::ours) where the user's lints have no business.

mod asset_value;
mod device;
mod dispatch;
mod docs;
mod handle;
mod handler;
mod limits;
mod method;
mod publish;
mod report;
mod rules;
mod stub;
mod table;
mod transaction;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::check;
use crate::diagnostics::Diagnostics;
use crate::model::{AssetValue, Device, Report, Sort};

pub(crate) use docs::written;
pub(crate) use handle::{ends, observer_name, offer_name, setter_name};
pub(crate) use handler::{DEVICE_ARGUMENT, HEARD, command_name};

/// `#[derive(Device)]`.
pub(crate) fn device(input: &DeriveInput) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let mut device = Device::read(input, &mut diagnostics);
    let code = match check::device(input, &mut device, &mut diagnostics) {
        check::Form::Sound => device::expand(&device),
        check::Form::Unfit => stub::device(&device, check::is_sized(input)),
    };
    with(code, diagnostics)
}

/// `#[derive(AssetValue)]`.
pub(crate) fn asset_value(input: &DeriveInput) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let value = AssetValue::read(input, &mut diagnostics);
    let code = match check::asset_value(input, &value, &mut diagnostics) {
        _ if !check::has_size(&value) => TokenStream::new(),
        check::Form::Sound => asset_value::expand(&value),
        check::Form::Unfit => stub::asset_value(&value.item),
    };
    with(code, diagnostics)
}

/// `#[derive(Alert)]`.
pub(crate) fn alert(input: &DeriveInput) -> TokenStream {
    report(input, Sort::Alert)
}

/// `#[derive(Format)]`.
pub(crate) fn format(input: &DeriveInput) -> TokenStream {
    report(input, Sort::Format)
}

// What is written for an item where the macro itself fails: what of it can be read, and no errors besides that one.

/// A device that is refused.
pub(crate) fn device_stub(input: &DeriveInput) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let device = Device::read(input, &mut diagnostics);
    diagnostics.finish();
    stub::device(&device, check::is_sized(input))
}

/// A value that is refused.
pub(crate) fn asset_value_stub(input: &DeriveInput) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let value = AssetValue::read(input, &mut diagnostics);
    diagnostics.finish();
    stub::asset_value(&value.item)
}

/// An alert that is refused.
pub(crate) fn alert_stub(input: &DeriveInput) -> TokenStream {
    report_stub(input, Sort::Alert)
}

/// A data format that is refused.
pub(crate) fn format_stub(input: &DeriveInput) -> TokenStream {
    report_stub(input, Sort::Format)
}

fn report_stub(input: &DeriveInput, sort: Sort) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let mut report = Report::read(input, sort, &mut diagnostics);
    diagnostics.finish();
    report.fields.clear();
    report::expand(&report)
}

fn report(input: &DeriveInput, sort: Sort) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let mut report = Report::read(input, sort, &mut diagnostics);
    if check::report(input, &mut report, &mut diagnostics) == check::Form::Unfit {
        report.fields.clear();
    }
    with(report::expand(&report), diagnostics)
}

fn with(code: TokenStream, diagnostics: Diagnostics) -> TokenStream {
    let errors = diagnostics.finish();
    quote!(#code #errors)
}
