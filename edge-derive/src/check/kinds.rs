//! Keys that do not go with the asset's kind or type.

use crate::diagnostics::Diagnostics;
use crate::expand::written;
use crate::model::{Asset, Kind, Type, inside, is_option};

pub(super) fn check(asset: &mut Asset, diagnostics: &mut Diagnostics) {
    let name = &asset.name.text;
    match (asset.kind, &asset.compute) {
        (Kind::Virtual, None) => {
            let span = asset.kind_span.unwrap_or_else(|| asset.field.span());
            let example = "`compute = function(asset, ..)`";
            diagnostics.at(span, format_args!("virtual asset `{name}` needs {example}"));
        }
        (Kind::Sensor | Kind::Actuator | Kind::Config, Some(compute)) => {
            if let Some(key) = &compute.key {
                let message =
                    format_args!("only assets with `kind = \"virtual\"` are computed, {}", found(asset));
                diagnostics.at(key.span(), message);
            }
            asset.compute = None;
        }
        _ => {}
    }
    optional(&asset.written_type, diagnostics);
    if let (Type::Bool, Some(span)) = (asset.ty, asset.unit_span) {
        diagnostics.at(span, format_args!("`unit` has no meaning for a `bool` such as `{name}`"));
    }
}

/// `null` is `None`: what is twice optional cannot be told apart.
pub(super) fn optional(ty: &syn::Type, diagnostics: &mut Diagnostics) {
    let Some(inner) = inside(ty) else { return };
    if is_option(ty) && is_option(inner) {
        let message =
            format_args!("of an `Option` in an `Option`, `null` could be either; write `{}`", written(inner));
        diagnostics.over(ty, message);
    } else {
        optional(inner, diagnostics);
    }
}

/// Of which kind an asset is.
pub(super) fn found(asset: &Asset) -> String {
    let (name, kind) = (&asset.name.text, asset.kind.word());
    match asset.kind_span {
        Some(_) => format!("`{name}` is of kind `{kind}`"),
        None => format!("and `{name}` is a sensor unless it says so"),
    }
}
