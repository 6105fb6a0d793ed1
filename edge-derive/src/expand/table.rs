//! The constant model: a table with a row for each asset.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::docs::written;
use crate::model::{Asset, Bound, Child, Device, Kind, Number, Policy};

/// The table.
pub(super) fn model(device: &Device) -> TokenStream {
    let Device { urn, title, description, vendor, .. } = device;
    let asset_type = format_ident!("{}", device.asset_type);
    let policy = match device.policy {
        Policy::Never => quote!(Never),
        Policy::Always => quote!(Always),
        Policy::Prune => quote!(Prune),
    };
    let children = device.children.iter().map(|Child { name, ty, .. }| {
        let name = &name.text;
        // First that the type is a device, in the words in which the handle's method says it: what is not
        // so, rustc then says once.
        quote!({
            let _ = <#ty as __rt::Device>::MODEL;
            __rt::ChildModel::of::<#ty>(#name)
        })
    });
    let rows = device.assets.iter().enumerate().map(|(index, asset)| row(asset, index));
    quote! {
        static __MODEL: __rt::DeviceModel = __rt::DeviceModel {
            urn: #urn,
            title: #title,
            description: #description,
            asset_type: __rt::AssetType::#asset_type,
            vendor: #vendor,
            overwrite_assets: __rt::OverwritePolicy::#policy,
            children: &[#(#children),*],
            assets: &[#(#rows),*],
        };
    }
}

fn row(asset: &Asset, index: usize) -> TokenStream {
    let Asset { title, description, unit, written_type, .. } = asset;
    let name = &asset.name.text;
    let kind = match asset.kind {
        Kind::Sensor | Kind::Unknown => quote!(Sensor),
        Kind::Actuator => quote!(Actuator),
        Kind::Config => quote!(Config),
        Kind::Virtual => quote!(Virtual),
    };
    let limits = limits(asset, index);
    quote! {
        __rt::AssetModel {
            name: #name,
            kind: __rt::Kind::#kind,
            title: #title,
            description: #description,
            unit: #unit,
            limits: #limits,
            codec: <#written_type as __rt::Erased>::CODEC,
        }
    }
}

fn limits(asset: &Asset, index: usize) -> TokenStream {
    let limits = &asset.limits;
    if limits.bounds().next().is_none() {
        return quote!(__rt::Limits::NONE);
    }
    let bound = |bound: &Option<Bound>| match bound {
        Some(bound) => {
            let number = number(bound, index);
            quote!(::core::option::Option::Some(#number))
        }
        None => quote!(::core::option::Option::None),
    };
    let (min, max, step) = (bound(&limits.min), bound(&limits.max), bound(&limits.step));
    quote!(__rt::Limits { minimum: #min, maximum: #max, step: #step })
}

fn number(bound: &Bound, index: usize) -> TokenStream {
    match bound.number {
        Number::Integer(value) => {
            let value = integer(value);
            quote!(__rt::Number::Integer(#value))
        }
        Number::Float(value) => {
            let value = float(value);
            quote!(__rt::Number::Float(#value))
        }
        Number::Unknown => {
            let constant = constant(bound, index);
            quote!(__rt::Number::Float(#constant))
        }
    }
}

/// The constant that holds the value of an expression.
fn constant(bound: &Bound, index: usize) -> Ident {
    format_ident!("__{}_{index}", bound.key.to_string().to_uppercase())
}

/// What only rustc can evaluate: limits that are expressions, and whether types are numbers.
pub(super) fn bounds(device: &Device) -> TokenStream {
    let of_asset = |(index, asset): (usize, &Asset)| {
        let constants = asset.limits.bounds().filter(|bound| bound.number == Number::Unknown).map(|bound| {
            let (constant, expr) = (constant(bound, index), &bound.expr);
            quote!(const #constant: ::core::primitive::f64 = (#expr) as ::core::primitive::f64;)
        });
        let checks = [numeric(asset), ordered(asset, index), positive(asset, index)];
        quote!(#(#constants)* #(#checks)*)
    };
    device.assets.iter().enumerate().map(of_asset).collect()
}

/// Where an error stands: at the user's tokens, in code that is ours.
fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// Limits need a number: for types that the macro cannot judge.
fn numeric(asset: &Asset) -> Option<TokenStream> {
    let bound = asset.limits.bounds().next().filter(|_| asset.ty == crate::model::Type::Other)?;
    let ty = &asset.written_type;
    let message = format!("`{}` applies to numbers, and `{}` is none", bound.key, written(ty));
    Some(quote_spanned! {at(bound.key.span())=>
        const _: () = ::core::assert!(<#ty as __rt::AssetValue>::NUMERIC, #message);
    })
}

fn ordered(asset: &Asset, index: usize) -> Option<TokenStream> {
    let (min, max) = (asset.limits.min.as_ref()?, asset.limits.max.as_ref()?);
    let unknown = [min, max].into_iter().find(|bound| bound.number == Number::Unknown)?;
    let message = format!("asset `{}`: `min` is greater than `max`", asset.name.text);
    let (low, high) = (value(min, index), value(max, index));
    Some(quote_spanned! {at(unknown.expr.span())=>
        const _: () = ::core::assert!(#low <= #high, #message);
    })
}

fn positive(asset: &Asset, index: usize) -> Option<TokenStream> {
    let step = asset.limits.step.as_ref().filter(|step| step.number == Number::Unknown)?;
    let message = format!("asset `{}`: `step` is not greater than 0", asset.name.text);
    let value = value(step, index);
    Some(quote_spanned! {at(step.expr.span())=>
        const _: () = ::core::assert!(#value > 0.0, #message);
    })
}

/// The bound as a float, for comparing.
fn value(bound: &Bound, index: usize) -> TokenStream {
    match bound.number {
        Number::Integer(value) => float(value as f64),
        Number::Float(value) => float(value),
        Number::Unknown => {
            let constant = constant(bound, index);
            quote!(#constant)
        }
    }
}

fn float(value: f64) -> TokenStream {
    let sign = value.is_sign_negative().then(|| quote!(-));
    let digits = Literal::f64_unsuffixed(value.abs());
    quote!(#sign #digits)
}

fn integer(value: i128) -> TokenStream {
    let sign = (value < 0).then(|| quote!(-));
    let digits = Literal::u128_unsuffixed(value.unsigned_abs());
    quote!(#sign #digits)
}
