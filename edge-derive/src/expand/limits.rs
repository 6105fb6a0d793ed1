//! The limits of assets, and what only rustc can evaluate: bounds that are expressions, and whether types are
//! numbers.

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned;
use syn::{Expr, UnOp};

use super::docs::written;
use super::handle::ends;
use crate::attribute;
use crate::model::{Action, Asset, Bound, CAPACITY, Default, Device, Limits, Number, Type, inside};

/// The limits in the asset's row.
pub(super) fn limits(asset: &Asset, index: usize) -> TokenStream {
    let limits = &asset.limits;
    if limits.bounds().next().is_none() {
        return quote!(__rt::Limits::NONE);
    }
    let bound = |bound: &Option<Bound>| match bound {
        Some(bound) => {
            let number = number(asset, bound, index);
            quote!(__rt::Some(#number))
        }
        None => quote!(__rt::None),
    };
    let (min, max, step) = (bound(&limits.min), bound(&limits.max), bound(&limits.step));
    quote!(__rt::Limits { minimum: #min, maximum: #max, step: #step })
}

fn number(asset: &Asset, bound: &Bound, index: usize) -> TokenStream {
    match bound.number {
        Number::Integer(value) => {
            let value = integer(value);
            quote!(__rt::Number::Integer(#value))
        }
        Number::Float(value) => {
            let value = float(value);
            quote!(__rt::Number::Float(#value))
        }
        Number::Unknown => constant(asset, bound, index).into_token_stream(),
    }
}

/// The constant that holds the value of an expression. Its name is seen where the value cannot be computed.
pub(super) fn constant(asset: &Asset, bound: &Bound, index: usize) -> Ident {
    named(&bound.key.to_string(), asset, index)
}

/// A constant, named for whoever reads it. The fields of a struct and the arguments of its actions may have the same names.
fn named(what: &str, asset: &Asset, index: usize) -> Ident {
    format_ident!("{}", format!("{what}_of_{}_{index}", asset.field.unraw()).to_uppercase())
}

/// The constants and checks, of all assets and then of all arguments of actions.
pub(super) fn of_device(device: &Device) -> TokenStream {
    let arguments = device.actions.iter().flat_map(Action::sound_arguments);
    bounds(device.assets.iter().chain(arguments))
}

/// The constants and checks of what has limits.
pub(super) fn bounds<'a>(limited: impl Iterator<Item = &'a Asset>) -> TokenStream {
    let of_asset = |(index, asset): (usize, &Asset)| {
        let is_unknown = |bound: &&Bound| bound.number == Number::Unknown;
        let unknown = || asset.limits.bounds().filter(is_unknown);
        let constants = unknown().map(|bound| {
            let (constant, value) = (constant(asset, bound, index), evaluated(bound));
            quote!(const #constant: __rt::Number = #value;)
        });
        let fits = unknown().map(|bound| fits(asset, bound, index));
        let capacities =
            asset.rules.capacities().filter(is_unknown).map(|bound| capacity(asset, bound, index));
        let numeric = asset.limits.bounds().next().and_then(|bound| numeric(asset, bound));
        let checks = [
            numeric,
            ordered(asset, index),
            positive(asset, index),
            reachable(asset, index),
            default(asset, index),
        ];
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
    let function = quote_spanned!(first=> __rt::AssetModel::limit_is_a_number);
    let mut argument = Group::new(Delimiter::Parenthesis, quote!(#expr));
    argument.set_span(last);
    quote_spanned! {at(first)=> {
        let value = #function #argument;
        __rt::typed_limit(value as #integer, value as #float, __rt::is_of_single(&value))
    }}
}

/// Whether the expression is of a type by itself: literals are of the type that they are converted to.
fn has_type(expr: &Expr) -> bool {
    match expr {
        Expr::Group(group) => has_type(&group.expr),
        Expr::Paren(paren) => has_type(&paren.expr),
        Expr::Unary(unary) => has_type(&unary.expr),
        Expr::Binary(binary) => has_type(&binary.left) || has_type(&binary.right),
        Expr::Path(_)
        | Expr::Cast(_)
        | Expr::Call(_)
        | Expr::MethodCall(_)
        | Expr::Field(_)
        | Expr::Index(_) => true,
        _ => false,
    }
}

/// Whether the value can be one of the type.
fn fits(asset: &Asset, bound: &Bound, index: usize) -> TokenStream {
    let (key, ty, constant) = (&bound.key, written(&asset.written_type), constant(asset, bound, index));
    let Type::Integer { least, greatest } = asset.ty else {
        let message = format!("`{key}` is not a finite number");
        let finite = require(&bound.expr, &quote!(__rt::is_finite(#constant)), &message);
        let is_single = asset.ty == Type::Float { is_single: true };
        let message = format!("`{key}` is beyond what a `{ty}` can be");
        let single = is_single.then(|| require(&bound.expr, &quote!(__rt::is_single(#constant)), &message));
        return quote!(#finite #single);
    };
    // What is not greater than 0 has an error of its own.
    let least = if key == attribute::key::STEP { i128::MIN } else { least };
    let fraction = format!("`{key}` has a fraction, and `{ty}` is an integer");
    let whole = require(&bound.expr, &quote!(__rt::is_whole(#constant)), &fraction);
    let beyond = match asset.ty {
        _ if key == attribute::key::STEP => format!("`{key}` is beyond what a `{ty}` can be: ..{greatest}"),
        _ => format!("`{key}` is beyond what a `{ty}` can be: {least}..{greatest}"),
    };
    let within = require(&bound.expr, &within(&quote!(#constant), (least, greatest)), &beyond);
    quote!(#whole #within)
}

/// The constant of a deadband that is no literal, whether it can be one, and whether the type is a number.
fn deadband(asset: &Asset, bound: &Bound, index: usize) -> TokenStream {
    let numeric = numeric(asset, bound);
    if bound.number != Number::Unknown {
        return numeric.into_token_stream();
    }
    let (constant, value) = (constant(asset, bound, index), evaluated(bound));
    let finite =
        require(&bound.expr, &quote!(__rt::is_finite(#constant)), "`deadband` is not a finite number");
    let least = quote!(__rt::is_ordered(__rt::Number::Integer(0), #constant));
    let positive = require(&bound.expr, &least, "`deadband` is less than 0");
    quote!(const #constant: __rt::Number = #value; #finite #positive #numeric)
}

/// The constant of a capacity, which is a `usize`, and whether it can be one.
fn capacity(asset: &Asset, bound: &Bound, index: usize) -> TokenStream {
    let (constant, expr, (least, most)) = (constant(asset, bound, index), &bound.expr, CAPACITY);
    let within = within(&quote!(__rt::Number::Integer(#constant as ::core::primitive::i128)), CAPACITY);
    let check =
        require(&bound.expr, &within, &format!("`{}` is an integer from {least} to {most}", bound.key));
    quote!(const #constant: ::core::primitive::usize = #expr; #check)
}

fn within(number: &TokenStream, (least, greatest): (i128, i128)) -> TokenStream {
    let (least, greatest) = (integer(least), integer(greatest));
    quote!(__rt::is_within(#number, #least, #greatest))
}

/// What must hold of an expression, or rustc says it there.
fn require(expr: &Expr, condition: &TokenStream, message: &str) -> TokenStream {
    let (first, last) = ends(expr);
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
    let (low, high) = (number(asset, min, index), number(asset, max, index));
    Some(require(&unknown.expr, &quote!(__rt::is_ordered(#low, #high)), &message))
}

fn positive(asset: &Asset, index: usize) -> Option<TokenStream> {
    let step = asset.limits.step.as_ref().filter(|step| step.number == Number::Unknown)?;
    let message = format!("{} `{}`: `step` is not greater than 0", asset.kind.noun(), asset.name.text);
    let value = number(asset, step, index);
    Some(require(&step.expr, &quote!(__rt::is_positive(#value)), &message))
}

/// That there is a value at all.
fn reachable(asset: &Asset, index: usize) -> Option<TokenStream> {
    let Limits { min: Some(min), max: Some(max), step: Some(step) } = &asset.limits else { return None };
    let (low, high, width) =
        (number(asset, min, index), number(asset, max, index), number(asset, step, index));
    let message = format!(
        "{} `{}`: no multiple of `step` is between `min` and `max`, so there is no value",
        asset.kind.noun(),
        asset.name.text
    );
    Some(require(&step.expr, &quote!(__rt::has_multiple(#low, #high, #width)), &message))
}

/// That a default is a value of the asset, where that can be computed and is not known to the macro.
fn default(asset: &Asset, index: usize) -> Option<TokenStream> {
    let default = asset.default.as_ref()?;
    let bound = default.bound.as_ref()?;
    let is_unknown = bound.number == Number::Unknown;
    if is_unknown && !is_computed(default) {
        return None;
    }
    let Limits { min, max, step } = &asset.limits;
    let (name, value) = (&asset.name.text, number(asset, bound, index));
    let must = |condition: TokenStream, message: &str| {
        require(&bound.expr, &condition, &format!("`default` {message} of asset `{name}`"))
    };
    // A literal is compared as it is written.
    let may_be_single = is_unknown && matches!(asset.ty, Type::Float { is_single: true } | Type::Other);
    let limit = |bound: &Bound| {
        let limit = number(asset, bound, index);
        if may_be_single { quote!(__rt::beside(#limit, #value)) } else { limit }
    };
    let computed = is_unknown.then(|| computed(asset, default, bound, index));
    // Of two literals the macro has said it.
    let needed = |limit: &&Bound| is_unknown || limit.number == Number::Unknown;
    let above = min.as_ref().filter(needed).map(|min| {
        let low = limit(min);
        must(quote!(__rt::is_ordered(#low, #value)), "is less than `min`")
    });
    let below = max.as_ref().filter(needed).map(|max| {
        let high = limit(max);
        must(quote!(__rt::is_ordered(#value, #high)), "is more than `max`")
    });
    let multiple = step.as_ref().map(|step| {
        let width = number(asset, step, index);
        let is_multiple = match may_be_single {
            true => quote!(__rt::is_near_multiple),
            false => quote!(__rt::is_multiple),
        };
        must(quote!(#is_multiple(#value, #width)), "is no multiple of `step`")
    });
    Some(quote!(#computed #above #below #multiple))
}

/// The constants of a default that is computed, of its own type and as a number, and that this is one. `None` is not, and
/// breaks no limit.
fn computed(asset: &Asset, default: &Default, bound: &Bound, index: usize) -> TokenStream {
    let (whole, constant, ty, value) =
        (default_constant(asset, index), constant(asset, bound, index), &asset.written_type, &default.value);
    let number = |value: TokenStream| match asset.ty {
        // As the float that it is, also without a fraction.
        Type::Float { is_single: true } => quote!(__rt::Number::Float(#value as ::core::primitive::f64)),
        _ => quote!(__rt::limit(#value as ::core::primitive::i128, #value as ::core::primitive::f64)),
    };
    let plain = number(quote!(value));
    let (number, is_number) = match inside(ty) {
        Some(_) => (
            quote!(match #whole { __rt::Some(value) => #plain, __rt::None => __rt::Number::Float(::core::primitive::f64::NAN) }),
            quote!(__rt::is_finite(#constant) || ::core::option::Option::is_none(&#whole)),
        ),
        None => (number(quote!(#whole)), quote!(__rt::is_finite(#constant))),
    };
    let finite = require(&bound.expr, &is_number, "`default` is not a finite number");
    quote! {
        const #whole: #ty = #value;
        const #constant: __rt::Number = #number;
        #finite
    }
}

/// The constant of a default that is computed while the program is compiled.
pub(super) fn default_constant(asset: &Asset, index: usize) -> Ident {
    named("value", asset, index)
}

/// Whether a default is a number that is computed while the program is compiled.
pub(super) fn is_computed(default: &Default) -> bool {
    default.bound.as_ref().is_some_and(|bound| bound.number == Number::Unknown && is_constant(&bound.expr))
}

/// Whether it is computed while the program is compiled: of a function only rustc knows.
fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Group(group) => is_constant(&group.expr),
        Expr::Paren(paren) => is_constant(&paren.expr),
        Expr::Cast(cast) => is_constant(&cast.expr),
        Expr::Unary(unary) => matches!(unary.op, UnOp::Neg(_) | UnOp::Not(_)) && is_constant(&unary.expr),
        Expr::Binary(binary) => is_constant(&binary.left) && is_constant(&binary.right),
        Expr::Path(_) | Expr::Lit(_) => true,
        _ => false,
    }
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
