//! Default values, as far as they are literals; of what type they are, rustc says.

use super::limits;
use crate::diagnostics::Diagnostics;
use crate::model::{Asset, Kind, Limits, Type};

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
    let before = diagnostics.count();
    match asset.ty {
        Type::Integer { least, greatest } => {
            limits::integer(asset, default, (least, greatest), diagnostics);
        }
        Type::Float { is_single: true } => limits::single(default, diagnostics),
        Type::Float { is_single: false } | Type::Bool | Type::Text | Type::Other => {}
    }
    if diagnostics.count() > before {
        return;
    }
    let Limits { min, max, .. } = &asset.limits;
    let below = min.as_ref().filter(|min| default.number < min.number).map(|min| ("less", min));
    let above = max.as_ref().filter(|max| default.number > max.number).map(|max| ("more", max));
    for (word, limit) in below.into_iter().chain(above) {
        let (name, text, key, end) = (&asset.name.text, default.text(), &limit.key, limit.text());
        let message = format_args!("`default` ({text}) is {word} than `{key}` ({end}) of asset `{name}`");
        diagnostics.over(&default.expr, message);
    }
}
