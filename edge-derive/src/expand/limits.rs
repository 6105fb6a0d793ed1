//! The limits of assets, and what only rustc can evaluate: bounds that are expressions, and whether types are
//! numbers.

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use super::docs::written;
use super::handle::ends;
use crate::attribute;
use crate::model::{Asset, Bound, CAPACITY, Device, Number, Type};

/// The limits in the asset's row.
pub(super) fn limits(asset: &Asset, index: usize) -> TokenStream {
    let limits = &asset.limits;
    if limits.bounds().next().is_none() {
        return quote!(__rt::Limits::NONE);
    }
    let bound = |bound: &Option<Bound>| match bound {
        Some(bound) => {
            let number = number(bound, index);
            quote!(__rt::Some(#number))
        }
        None => quote!(__rt::None),
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

/// The constant that holds the value of an expression. Its name is seen where the value cannot be computed.
pub(super) fn constant(bound: &Bound, index: usize) -> Ident {
    format_ident!("EDGE_{}_OF_ROW_{index}", bound.key.to_string().to_uppercase())
}

/// The constants and checks, of all assets and then of all arguments of actions.
pub(super) fn of_device(device: &Device) -> TokenStream {
    let arguments = device.actions.iter().flat_map(|action| &action.arguments);
    bounds(device.assets.iter().chain(arguments))
}

/// The constants and checks of what has limits.
pub(super) fn bounds<'a>(limited: impl Iterator<Item = &'a Asset>) -> TokenStream {
    let of_asset = |(index, asset): (usize, &Asset)| {
        let is_unknown = |bound: &&Bound| bound.number == Number::Unknown;
        let unknown = || asset.limits.bounds().filter(is_unknown);
        let constants = unknown().map(|bound| {
            let (constant, value) = (constant(bound, index), evaluated(bound));
            quote!(const #constant: __rt::Number = #value;)
        });
        let fits = unknown().map(|bound| fits(asset, bound, index));
        let capacities = asset.rules.capacities().filter(is_unknown).map(|bound| capacity(bound, index));
        let numeric = asset.limits.bounds().next().and_then(|bound| numeric(asset, bound));
        let checks = [numeric, ordered(asset, index), positive(asset, index)];
        let deadband = asset.rules.publish.deadband.as_ref().map(|bound| deadband(asset, bound, index));
        quote!(#(#constants)* #(#fits)* #(#capacities)* #(#checks)* #deadband)
    };
    limited.enumerate().map(of_asset).collect()
}

/// An expression of whatever numeric type, without a loss: as an integer and as a float. Of a type that is
/// no number rustc would complain for each.
fn evaluated(bound: &Bound) -> TokenStream {
    let expr = &bound.expr;
    let (integer, float) = (quote!(::core::primitive::i128), quote!(::core::primitive::f64));
    if !has_type(expr) {
        return quote_spanned!(at(expr.span())=> __rt::limit((#expr) as #integer, (#expr) as #float));
    }
    // What rustc says of the call it says of the argument as well: at one place, so that it is said once.
    let (first, last) = ends(expr);
    let function = quote_spanned!(first=> __rt::AssetModel::number_of_limit);
    let mut argument = Group::new(Delimiter::Parenthesis, quote!(#expr));
    argument.set_span(last);
    quote_spanned! {at(first)=> {
        let value = #function #argument;
        __rt::limit(value as #integer, value as #float)
    }}
}

/// Whether the expression is of a type by itself: literals are of the type that they are converted to.
fn has_type(expr: &Expr) -> bool {
    match expr {
        Expr::Group(group) => has_type(&group.expr),
        Expr::Paren(paren) => has_type(&paren.expr),
        Expr::Unary(unary) => has_type(&unary.expr),
        Expr::Binary(binary) => has_type(&binary.left) || has_type(&binary.right),
        Expr::Path(_) | Expr::Call(_) | Expr::MethodCall(_) | Expr::Field(_) | Expr::Index(_) => true,
        _ => false,
    }
}

/// Whether the value can be one of the type.
fn fits(asset: &Asset, bound: &Bound, index: usize) -> TokenStream {
    let (key, ty, constant) = (&bound.key, written(&asset.written_type), constant(bound, index));
    let Type::Integer { least, greatest } = asset.ty else {
        let message = format!("`{key}` is not a finite number");
        return require(bound, &quote!(__rt::is_finite(#constant)), &message);
    };
    let fraction = format!("`{key}` has a fraction, and `{ty}` is an integer");
    let whole = require(bound, &quote!(__rt::is_whole(#constant)), &fraction);
    if key == attribute::key::STEP {
        return whole;
    }
    let beyond = format!("`{key}` is beyond what a `{ty}` can be: {least}..{greatest}");
    let within = require(bound, &within(&quote!(#constant), (least, greatest)), &beyond);
    quote!(#whole #within)
}

/// The constant of a deadband that is no literal, whether it can be one, and whether the type is a number.
fn deadband(asset: &Asset, bound: &Bound, index: usize) -> TokenStream {
    let numeric = numeric(asset, bound);
    if bound.number != Number::Unknown {
        return numeric.into_token_stream();
    }
    let (constant, value) = (constant(bound, index), evaluated(bound));
    let finite = require(bound, &quote!(__rt::is_finite(#constant)), "`deadband` is not a finite number");
    let least = quote!(__rt::is_ordered(__rt::Number::Integer(0), #constant));
    let positive = require(bound, &least, "`deadband` is less than 0");
    quote!(const #constant: __rt::Number = #value; #finite #positive #numeric)
}

/// The constant of a capacity, which is a `usize`, and whether it can be one.
fn capacity(bound: &Bound, index: usize) -> TokenStream {
    let (constant, expr, (least, most)) = (constant(bound, index), &bound.expr, CAPACITY);
    let within = within(&quote!(__rt::Number::Integer(#constant as ::core::primitive::i128)), CAPACITY);
    let check = require(bound, &within, &format!("`{}` is an integer from {least} to {most}", bound.key));
    quote!(const #constant: ::core::primitive::usize = #expr; #check)
}

fn within(number: &TokenStream, (least, greatest): (i128, i128)) -> TokenStream {
    let (least, greatest) = (integer(least), integer(greatest));
    quote!(__rt::is_within(#number, #least, #greatest))
}

/// What must hold of a bound, or rustc says it there.
fn require(bound: &Bound, condition: &TokenStream, message: &str) -> TokenStream {
    let (first, last) = ends(&bound.expr);
    let mut arguments = Group::new(Delimiter::Parenthesis, quote!(#condition, #message));
    arguments.set_span(at(last));
    quote_spanned!(at(first)=> const _: () = __rt::require #arguments;)
}

/// Where an error stands: at the user's tokens, in code that is ours.
fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// Limits need a number: for types that the macro cannot judge.
fn numeric(asset: &Asset, bound: &Bound) -> Option<TokenStream> {
    if asset.ty != Type::Other {
        return None;
    }
    let ty = &asset.written_type;
    let message = format!("`{}` applies to numbers, and `{}` is none", bound.key, written(ty));
    Some(quote_spanned! {at(bound.key.span())=>
        const _: () = __rt::require(<#ty as __rt::AssetValue>::NUMERIC, #message);
    })
}

fn ordered(asset: &Asset, index: usize) -> Option<TokenStream> {
    let (min, max) = (asset.limits.min.as_ref()?, asset.limits.max.as_ref()?);
    let unknown = [min, max].into_iter().find(|bound| bound.number == Number::Unknown)?;
    let message = format!("{} `{}`: `min` is greater than `max`", asset.kind.noun(), asset.name.text);
    let (low, high) = (number(min, index), number(max, index));
    Some(require(unknown, &quote!(__rt::is_ordered(#low, #high)), &message))
}

fn positive(asset: &Asset, index: usize) -> Option<TokenStream> {
    let step = asset.limits.step.as_ref().filter(|step| step.number == Number::Unknown)?;
    let message = format!("{} `{}`: `step` is not greater than 0", asset.kind.noun(), asset.name.text);
    let value = number(step, index);
    Some(require(step, &quote!(__rt::is_positive(#value)), &message))
}

pub(super) fn float(value: f64) -> TokenStream {
    let sign = value.is_sign_negative().then(|| quote!(-));
    let digits = Literal::f64_unsuffixed(value.abs());
    quote!(#sign #digits)
}

pub(super) fn integer(value: i128) -> TokenStream {
    let sign = (value < 0).then(|| quote!(-));
    let digits = Literal::u128_unsuffixed(value.unsigned_abs());
    quote!(#sign #digits)
}
