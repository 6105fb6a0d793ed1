//! The constant model: a table with a row for each asset.

use std::fmt::Debug;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::docs::written;
use crate::attribute;
use crate::model::{Asset, Bound, Child, Device, Kind, Number, Policy, Rules, Type};

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
    let rules = rules(asset);
    quote! {
        __rt::AssetModel {
            name: #name,
            kind: __rt::Kind::#kind,
            title: #title,
            description: #description,
            unit: #unit,
            limits: #limits,
            rules: #rules,
            codec: <#written_type as __rt::Erased>::CODEC,
        }
    }
}

/// Those that are given, and the defaults.
fn rules(asset: &Asset) -> TokenStream {
    let Rules { qos, retention, overflow, capacity, capacity_bytes, expiry, timeout } = &asset.rules;
    let mut given = Vec::new();
    given.extend(qos.as_ref().map(|rule| variant("qos", "QoS", rule.value)));
    given.extend(retention.as_ref().map(|rule| variant("retention", "Retention", rule.value)));
    given.extend(overflow.as_ref().map(|rule| variant("overflow", "Overflow", rule.value)));
    given.extend(capacity.as_ref().map(|rule| count("capacity", rule.value)));
    given.extend(capacity_bytes.as_ref().map(|rule| count("capacity_bytes", rule.value)));
    given.extend(expiry.as_ref().map(|rule| duration("expiry", rule.value)));
    given.extend(timeout.as_ref().map(|rule| duration("timeout", rule.value)));
    match given.is_empty() {
        true => quote!(__rt::AssetRules::DEFAULT),
        false => quote!(__rt::AssetRules { #(#given,)* ..__rt::AssetRules::DEFAULT }),
    }
}

/// The runtime's variants have the names of ours.
fn variant(field: &str, of: &str, value: impl Debug) -> TokenStream {
    let (field, of, value) = (format_ident!("{field}"), format_ident!("{of}"), format_ident!("{value:?}"));
    quote!(#field: __rt::#of::#value)
}

fn count(field: &str, value: u64) -> TokenStream {
    let (field, value) = (format_ident!("{field}"), Literal::u64_unsuffixed(value));
    quote!(#field: ::core::option::Option::Some(#value))
}

fn duration(field: &str, milliseconds: u64) -> TokenStream {
    let (field, value) = (format_ident!("{field}"), Literal::u64_unsuffixed(milliseconds));
    quote!(#field: ::core::option::Option::Some(__rt::Duration::from_millis(#value)))
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
        Number::Unknown => constant(bound, index).into_token_stream(),
    }
}

/// The constant that holds the value of an expression.
fn constant(bound: &Bound, index: usize) -> Ident {
    format_ident!("__{}_{index}", bound.key.to_string().to_uppercase())
}

/// What only rustc can evaluate: limits that are expressions, and whether types are numbers.
pub(super) fn bounds(device: &Device) -> TokenStream {
    let of_asset = |(index, asset): (usize, &Asset)| {
        let unknown = || asset.limits.bounds().filter(|bound| bound.number == Number::Unknown);
        let constants = unknown().map(|bound| {
            let (constant, value) = (constant(bound, index), evaluated(bound));
            quote!(const #constant: __rt::Number = #value;)
        });
        let fits = unknown().map(|bound| fits(asset, bound, index));
        let checks = [numeric(asset), ordered(asset, index), positive(asset, index)];
        quote!(#(#constants)* #(#fits)* #(#checks)*)
    };
    device.assets.iter().enumerate().map(of_asset).collect()
}

/// An expression of whatever numeric type, without a loss: as an integer and as a float.
fn evaluated(bound: &Bound) -> TokenStream {
    let expr = &bound.expr;
    quote_spanned! {at(expr.span())=>
        __rt::limit((#expr) as ::core::primitive::i128, (#expr) as ::core::primitive::f64)
    }
}

/// Whether the value can be one of the type.
fn fits(asset: &Asset, bound: &Bound, index: usize) -> TokenStream {
    let (key, ty, constant) = (&bound.key, written(&asset.written_type), constant(bound, index));
    let assert = |condition: TokenStream, message: String| {
        quote_spanned! {at(bound.expr.span())=>
            const _: () = __rt::require(#condition, #message);
        }
    };
    let Type::Integer { least, greatest } = asset.ty else {
        return assert(quote!(__rt::is_finite(#constant)), format!("`{key}` is not a finite number"));
    };
    let fraction = format!("`{key}` has a fraction, and `{ty}` is an integer");
    let beyond = format!("`{key}` is beyond what a `{ty}` can be: {least}..{greatest}");
    let whole = assert(quote!(__rt::is_whole(#constant)), fraction);
    if key == attribute::key::STEP {
        return whole;
    }
    let (least, greatest) = (integer(least), integer(greatest));
    let within = assert(quote!(__rt::is_within(#constant, #least, #greatest)), beyond);
    quote!(#whole #within)
}

/// Where an error stands: at the user's tokens, in code that is ours.
fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// Limits need a number: for types that the macro cannot judge.
fn numeric(asset: &Asset) -> Option<TokenStream> {
    let bound = asset.limits.bounds().next().filter(|_| asset.ty == Type::Other)?;
    let ty = &asset.written_type;
    let message = format!("`{}` applies to numbers, and `{}` is none", bound.key, written(ty));
    Some(quote_spanned! {at(bound.key.span())=>
        const _: () = __rt::require(<#ty as __rt::AssetValue>::NUMERIC, #message);
    })
}

fn ordered(asset: &Asset, index: usize) -> Option<TokenStream> {
    let (min, max) = (asset.limits.min.as_ref()?, asset.limits.max.as_ref()?);
    let unknown = [min, max].into_iter().find(|bound| bound.number == Number::Unknown)?;
    let message = format!("asset `{}`: `min` is greater than `max`", asset.name.text);
    let (low, high) = (number(min, index), number(max, index));
    Some(quote_spanned! {at(unknown.expr.span())=>
        const _: () = __rt::require(__rt::is_ordered(#low, #high), #message);
    })
}

fn positive(asset: &Asset, index: usize) -> Option<TokenStream> {
    let step = asset.limits.step.as_ref().filter(|step| step.number == Number::Unknown)?;
    let message = format!("asset `{}`: `step` is not greater than 0", asset.name.text);
    let value = number(step, index);
    Some(quote_spanned! {at(step.expr.span())=>
        const _: () = __rt::require(__rt::is_positive(#value), #message);
    })
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
