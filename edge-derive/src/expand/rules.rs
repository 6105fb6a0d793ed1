//! How the states of an asset are delivered: the rules that are given, and the defaults.

use std::fmt::Debug;

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::limits::{constant, integer};
use super::publish;
use crate::model::{Asset, Batch, Bound, Duration, Number, Rules};

/// The rules in the asset's row, if any are given.
pub(super) fn rules(asset: &Asset, index: usize) -> Option<TokenStream> {
    let Rules { qos, retention, overflow, capacity, capacity_bytes, expiry, timeout, .. } = &asset.rules;
    let [publish, stale_after, pipeline] = publish::rules(asset, index);
    let given = [
        qos.as_ref().map(|rule| variant("qos", "QoS", rule.value)),
        retention.as_ref().map(|rule| variant("retention", "Retention", rule.value)),
        overflow.as_ref().map(|rule| variant("overflow", "Overflow", rule.value)),
        capacity.as_ref().map(|bound| count(asset, bound, index)),
        capacity_bytes.as_ref().map(|bound| count(asset, bound, index)),
        expiry.as_ref().map(|rule| duration("expiry", rule.value)),
        timeout.as_ref().map(|rule| duration("timeout", rule.value)),
        publish,
        stale_after,
        pipeline,
    ];
    // Clippy minds the rest where nothing is left of it.
    let rest = given.iter().any(Option::is_none).then(|| quote!(..__rt::AssetRules::DEFAULT));
    let given: Vec<_> = given.into_iter().flatten().collect();
    (!given.is_empty()).then(|| quote!(__rt::AssetRules { #(#given,)* #rest }))
}

/// Which states wait for others.
pub(super) fn batch(Batch { size, every, severity }: &Batch) -> TokenStream {
    let size = size.map(|states| quote!(.size(#states)));
    let every = every.map(|Duration { milliseconds }| {
        let interval = Literal::u64_unsuffixed(milliseconds);
        quote!(.every(__rt::Duration::from_millis(#interval)))
    });
    let severity = severity.map(|least| {
        let least = format_ident!("{least}");
        quote!(.severity(__rt::Severity::#least))
    });
    quote!(__rt::Some(__rt::Batch::new() #size #every #severity))
}

/// The runtime's variants have the names of ours.
fn variant(field: &str, of: &str, value: impl Debug) -> TokenStream {
    let (field, of, value) = (format_ident!("{field}"), format_ident!("{of}"), format_ident!("{value:?}"));
    quote!(#field: __rt::#of::#value)
}

fn count(asset: &Asset, bound: &Bound, index: usize) -> TokenStream {
    let field = format_ident!("{}", bound.key.to_string());
    let value = match bound.number {
        Number::Integer(value) => integer(value),
        _ => constant(asset, bound, index).into_token_stream(),
    };
    quote!(#field: __rt::Some(#value))
}

pub(super) fn duration(field: &str, value: Duration) -> TokenStream {
    let (field, value) = (format_ident!("{field}"), milliseconds(value));
    quote!(#field: __rt::Some(#value))
}

/// A duration.
pub(super) fn milliseconds(Duration { milliseconds }: Duration) -> TokenStream {
    let value = Literal::u64_unsuffixed(milliseconds);
    quote!(__rt::Duration::from_millis(#value))
}
