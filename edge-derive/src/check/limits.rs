//! Limits, as far as they are literals.

use syn::{Expr, ExprPath};

use crate::diagnostics::Diagnostics;
use crate::expand::written;
use crate::model::{Asset, Bound, Limits, Number, Type};

pub(super) fn check(asset: &mut Asset, diagnostics: &mut Diagnostics) {
    let before = diagnostics.count();
    if matches!(asset.ty, Type::Bool | Type::Text) {
        numeric(asset, diagnostics);
    } else {
        // Of those that the type cannot have, nothing else is said; of the others, everything.
        let Limits { min, max, step } = &asset.limits;
        let [min, max, step] = [min, max, step].map(|bound| {
            let bound = bound.as_ref()?;
            let before = diagnostics.count();
            typed(asset, bound, diagnostics);
            (diagnostics.count() == before).then_some(bound)
        });
        order(asset, min, max, diagnostics);
        positive(step, diagnostics);
    }
    if diagnostics.count() > before {
        asset.limits = Limits::default();
    }
}

/// That the type can have it, as far as a macro knows the type.
fn typed(asset: &Asset, bound: &Bound, diagnostics: &mut Diagnostics) {
    match asset.ty {
        Type::Integer { least, greatest } => integer(asset, bound, (least, greatest), diagnostics),
        Type::Float { is_single: true } => single(bound, diagnostics),
        Type::Float { is_single: false } | Type::Bool | Type::Text | Type::Other => {}
    }
}

/// That no limit is a field of the device, of which rustc would say that there is nothing of the name.
pub(super) fn of_fields(assets: &mut [Asset], diagnostics: &mut Diagnostics) {
    let fields: Vec<_> = assets.iter().map(|asset| asset.field.clone()).collect();
    for asset in assets {
        let before = diagnostics.count();
        for bound in asset.limits.bounds() {
            if let Expr::Path(ExprPath { path, .. }) = &bound.expr
                && fields.iter().any(|field| path.is_ident(field))
            {
                let (key, field) = (&bound.key, written(path));
                let message = format_args!(
                    "`{key}` is a number or a constant, and `{field}` is a field, which changes while the device runs"
                );
                diagnostics.over(path, message);
            }
        }
        if diagnostics.count() > before {
            asset.limits = Limits::default();
        }
    }
}

fn numeric(asset: &Asset, diagnostics: &mut Diagnostics) {
    let (name, ty) = (&asset.name.text, written(&asset.written_type));
    for bound in asset.limits.bounds() {
        let key = &bound.key;
        diagnostics.at(key.span(), format_args!("`{key}` applies to numbers, and `{name}` is a `{ty}`"));
    }
}

/// That an integer type can have it.
pub(super) fn integer(
    asset: &Asset,
    bound: &Bound,
    (least, greatest): (i128, i128),
    diagnostics: &mut Diagnostics,
) {
    let (key, ty, text) = (&bound.key, written(&asset.written_type), bound.text());
    match bound.number {
        Number::Float(_) => {
            diagnostics.over(&bound.expr, format_args!("`{key}` of a `{ty}` is an integer, found a float"));
        }
        Number::Integer(value) if !(least..=greatest).contains(&value) => {
            let message =
                format_args!("`{key}` is {text}, which no `{ty}` can be: it is {least}..{greatest}");
            diagnostics.over(&bound.expr, message);
        }
        _ => {}
    }
}

/// That a float of 32 bits can have it.
pub(super) fn single(bound: &Bound, diagnostics: &mut Diagnostics) {
    if bound.number.is_beyond_single() {
        let (key, text, most) = (&bound.key, bound.found(), f32::MAX);
        let message = format_args!("`{key}` is {text}, which no `f32` can be: it is -{most:e}..{most:e}");
        diagnostics.over(&bound.expr, message);
    }
}

fn order(asset: &Asset, min: Option<&Bound>, max: Option<&Bound>, diagnostics: &mut Diagnostics) {
    let (Some(min), Some(max)) = (min, max) else { return };
    if min.number > max.number {
        let (name, noun, low, high) = (&asset.name.text, asset.kind.noun(), min.text(), max.text());
        let message = format_args!("`max` ({high}) is less than `min` ({low}) for {noun} `{name}`");
        diagnostics.over(&max.expr, message);
    }
}

fn positive(step: Option<&Bound>, diagnostics: &mut Diagnostics) {
    let Some(step) = step else { return };
    if step.number <= Number::Integer(0) {
        diagnostics.over(&step.expr, format_args!("`step` is {}, it must be greater than 0", step.text()));
    }
}
