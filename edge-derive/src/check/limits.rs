//! Limits, as far as they are literals.

use proc_macro2::Ident;
use syn::{Expr, ExprPath};

use crate::attribute::{key, of_self};
use crate::diagnostics::Diagnostics;
use crate::expand::written;
use crate::model::{Asset, Bound, Kind, Limits, Number, Type};

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

/// That nothing that is constant is a field, of which rustc would say that there is nothing of the name. `others`: the fields besides.
pub(super) fn of_fields(assets: &mut [Asset], others: &[Ident], diagnostics: &mut Diagnostics) {
    let fields: Vec<_> =
        assets.iter().map(|asset| asset.field.clone()).chain(others.iter().cloned()).collect();
    for asset in assets {
        let kind = asset.kind;
        let mut is_field = |key: &Ident, expr: &Expr| {
            let Some(field) = field(expr, &fields) else { return false };
            let noun = if key == key::DEFAULT { "a value" } else { "a number" };
            let why = if kind == Kind::Field { "" } else { ", which changes while the device runs" };
            let message = format_args!("`{key}` is {noun} or a constant, and `{field}` is a field{why}");
            diagnostics.over(expr, message);
            true
        };
        let mut of_bound =
            |bound: &Option<Bound>| bound.as_ref().is_some_and(|it| is_field(&it.key, &it.expr));
        let Limits { min, max, step } = &asset.limits;
        if [min, max, step].map(&mut of_bound).contains(&true) {
            asset.limits = Limits::default();
        }
        let rules = &mut asset.rules;
        for bound in [&mut rules.capacity, &mut rules.capacity_bytes, &mut rules.publish.deadband] {
            if of_bound(bound) {
                *bound = None;
            }
        }
        if asset.default.as_ref().is_some_and(|default| is_field(&default.key, &default.expr)) {
            asset.default = None;
        }
    }
}

/// The field that is named, also as one of `self`.
fn field<'a>(expr: &'a Expr, fields: &[Ident]) -> Option<&'a Ident> {
    match expr {
        Expr::Path(ExprPath { path, .. }) => path.get_ident().filter(|name| fields.contains(name)),
        other => of_self(other),
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
