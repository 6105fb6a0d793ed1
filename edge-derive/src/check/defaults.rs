//! Default values, as far as they are literals; of what type they are, rustc says.

use crate::diagnostics::Diagnostics;
use crate::model::{Asset, Kind, Number, Type};

pub(super) fn check(asset: &mut Asset, diagnostics: &mut Diagnostics) {
    let before = diagnostics.count();
    of_computed(asset, diagnostics);
    of_numbers(asset, diagnostics);
    if diagnostics.count() > before {
        asset.default = None;
    }
}

fn of_computed(asset: &Asset, diagnostics: &mut Diagnostics) {
    let (Kind::Virtual, Some(default)) = (asset.kind, &asset.default) else { return };
    let name = &asset.name.text;
    diagnostics
        .at(default.key.span(), format_args!("virtual asset `{name}` is computed, it has no `default`"));
}

fn of_numbers(asset: &Asset, diagnostics: &mut Diagnostics) {
    let Some(default) = asset.default.as_ref().and_then(|default| default.bound.as_ref()) else { return };
    let (name, text) = (&asset.name.text, default.text());
    if let (Type::Integer { .. }, Number::Float(_)) = (asset.ty, default.number) {
        let ty = crate::expand::written(&asset.written_type);
        let message = format_args!("`default` of a `{ty}` is an integer, found a float");
        return diagnostics.over(&default.expr, message);
    }
    let limits = &asset.limits;
    for (limit, is_beyond, word) in [
        (&limits.min, limits.min.as_ref().is_some_and(|min| default.number < min.number), "less than"),
        (&limits.max, limits.max.as_ref().is_some_and(|max| default.number > max.number), "more than"),
    ] {
        if let (Some(limit), true) = (limit, is_beyond) {
            let (key, limit) = (&limit.key, limit.text());
            let message = format_args!("`default` ({text}) is {word} `{key}` ({limit}) of asset `{name}`");
            diagnostics.over(&default.expr, message);
        }
    }
}
