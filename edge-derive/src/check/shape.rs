//! Which items can be derived for.

use syn::{Data, DeriveInput, Fields, GenericParam};

use super::Form;
use crate::diagnostics::Diagnostics;
use crate::expand::written;
use crate::model::{Sort, unsized_type};

/// A device is a struct with named fields and without parameters.
pub(super) fn device(input: &DeriveInput, diagnostics: &mut Diagnostics) -> Form {
    let before = diagnostics.count();
    let expected = "`Device` can only be derived for a struct with named fields";
    let form = format!("`struct {} {{ .. }}`", input.ident);
    match &input.data {
        Data::Enum(data) => {
            let hint = "for the value of an asset, derive `AssetValue`";
            diagnostics.over(data.enum_token, format_args!("{expected}, found an enum; {hint}"));
        }
        Data::Union(data) => {
            diagnostics.over(data.union_token, format_args!("{expected}, found a union; write {form}"))
        }
        Data::Struct(data) => match &data.fields {
            Fields::Named(_) => {}
            Fields::Unnamed(fields) => {
                diagnostics.over(fields, format_args!("{expected}, found a tuple struct; write {form}"));
            }
            Fields::Unit => diagnostics.over(
                data.semi_token,
                format_args!("{expected}, found a struct without fields; write {form}"),
            ),
        },
    }
    parameters(input, "device", diagnostics);
    sizes(input, diagnostics);
    form_since(before, diagnostics)
}

/// Whether all fields have a size, as far as a macro can know it.
pub(crate) fn is_sized(input: &DeriveInput) -> bool {
    let Data::Struct(data) = &input.data else { return true };
    data.fields.iter().all(|field| unsized_type(&field.ty).is_none())
}

/// A struct whose last field has no size cannot be moved, of which rustc would complain everywhere.
fn sizes(input: &DeriveInput, diagnostics: &mut Diagnostics) {
    let Data::Struct(data) = &input.data else { return };
    for field in &data.fields {
        if let Some(remedy) = unsized_type(&field.ty) {
            let message = format_args!("`{}` has no size that is known; {remedy}", written(&field.ty));
            diagnostics.over(&field.ty, message);
        }
    }
}

/// A value is a unit enum, or a struct with named fields, without parameters.
pub(super) fn asset_value(input: &DeriveInput, diagnostics: &mut Diagnostics) -> Form {
    let before = diagnostics.count();
    let expected = "`AssetValue` can only be derived for a unit enum or a struct with named fields";
    let form = format!("`struct {} {{ .. }}`", input.ident);
    match &input.data {
        Data::Enum(data) if data.variants.is_empty() => {
            let message = format_args!("`{}` has no variants, so it has no values", input.ident);
            diagnostics.at(input.ident.span(), message);
        }
        Data::Enum(data) => {
            for variant in data.variants.iter().filter(|variant| !matches!(variant.fields, Fields::Unit)) {
                let (name, units) = (&variant.ident, "asset values are enums of unit variants");
                match variant.fields.is_empty() {
                    true => diagnostics.over(&variant.fields, format_args!("{units}; write `{name}` alone")),
                    false => diagnostics
                        .over(&variant.fields, format_args!("variant `{name}` carries data, {units}")),
                }
            }
        }
        Data::Union(data) => {
            diagnostics.over(data.union_token, format_args!("{expected}, found a union; write {form}"))
        }
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if !fields.named.is_empty() => {}
            Fields::Unnamed(fields) => {
                diagnostics.over(fields, format_args!("{expected}, found a tuple struct; write {form}"));
            }
            _ => diagnostics.at(
                input.ident.span(),
                format_args!("{expected}, found a struct without fields; write {form}"),
            ),
        },
    }
    parameters(input, "value type", diagnostics);
    form_since(before, diagnostics)
}

/// An alert or a data format is a struct with named fields, or without any, and without parameters.
pub(super) fn report(input: &DeriveInput, sort: Sort, diagnostics: &mut Diagnostics) -> Form {
    let before = diagnostics.count();
    let derive = sort.derive();
    let expected = format!("`{derive}` can only be derived for a struct with named fields, or without any");
    let form = format!("`struct {} {{ .. }}`", input.ident);
    match &input.data {
        Data::Enum(data) => {
            diagnostics.over(data.enum_token, format_args!("{expected}, found an enum; write {form}"))
        }
        Data::Union(data) => {
            diagnostics.over(data.union_token, format_args!("{expected}, found a union; write {form}"))
        }
        Data::Struct(data) => {
            if let Fields::Unnamed(fields) = &data.fields {
                diagnostics.over(fields, format_args!("{expected}, found a tuple struct; write {form}"));
            }
        }
    }
    parameters(input, sort.noun(), diagnostics);
    sizes(input, diagnostics);
    form_since(before, diagnostics)
}

fn form_since(before: usize, diagnostics: &Diagnostics) -> Form {
    if diagnostics.count() == before { Form::Sound } else { Form::Unfit }
}

/// A model is one constant, so it cannot depend on parameters.
fn parameters(input: &DeriveInput, what: &str, diagnostics: &mut Diagnostics) {
    let article = if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    let why = format!("{article} {what} declares one constant model; write out the type instead");
    for parameter in &input.generics.params {
        let (sort, span) = match parameter {
            GenericParam::Lifetime(parameter) => ("lifetime", parameter.lifetime.span()),
            GenericParam::Type(parameter) => ("type", parameter.ident.span()),
            GenericParam::Const(parameter) => ("const", parameter.ident.span()),
        };
        diagnostics.at(span, format_args!("`{}` cannot have {sort} parameters: {why}", input.ident));
    }
}
