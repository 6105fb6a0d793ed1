//! When values of an asset are told, and through which pipeline they go before: rules in the asset's row.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::limits::{constant, float};
use super::rules::duration;
use crate::model::{Asset, Bound, Number, Publish};

/// Those that are given.
pub(super) fn rules(asset: &Asset, index: usize) -> [Option<TokenStream>; 3] {
    let publish = &asset.rules.publish;
    let policy = publish.is_policy().then(|| policy(asset, index));
    let stale = publish.stale_after.as_ref().map(|rule| duration("stale_after", rule.value));
    let pipeline = publish.pipeline.as_ref().map(|rule| {
        let (ty, path) = (&asset.written_type, &rule.value);
        // As an argument: whatever is wrong with the function, rustc says once, where it is named.
        quote! {
            pipeline: __rt::Some(
                __rt::DeclaredPipeline::new(|| __rt::BoxedPipeline::of::<#ty>(#path))
            )
        }
    });
    [policy, stale, pipeline]
}

fn policy(asset: &Asset, index: usize) -> TokenStream {
    let Publish { on_change, deadband, min_interval, max_interval, .. } = &asset.rules.publish;
    let given = [
        on_change.map(|_| quote!(on_change: true)),
        deadband.as_ref().map(|deadband| {
            let value = width(asset, deadband, index);
            quote!(deadband: __rt::Some(#value))
        }),
        min_interval.as_ref().map(|rule| duration("min_interval", rule.value)),
        max_interval.as_ref().map(|rule| duration("max_interval", rule.value)),
    ];
    // Clippy minds the rest where nothing is left of it.
    let rest = given.iter().any(Option::is_none).then(|| quote!(..__rt::PublishPolicy::NONE));
    let given = given.into_iter().flatten();
    quote!(publish: __rt::PublishPolicy { #(#given,)* #rest })
}

fn width(asset: &Asset, deadband: &Bound, index: usize) -> TokenStream {
    match deadband.number {
        Number::Integer(value) => float(value as f64),
        Number::Float(value) => float(value),
        Number::Unknown => {
            let constant = constant(asset, deadband, index).into_token_stream();
            quote!(__rt::float(#constant))
        }
    }
}
