//! `default`: an expression of the asset's type; of a text, its literal.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, ExprCall, ExprPath, ExprUnary, Lit, UnOp, parse_quote_spanned};

use super::limits::{Bound, Number};
use super::ty::{Type, inside, is_list, is_option};
use crate::attribute::{Entry, found, peel};
use crate::diagnostics::Diagnostics;

/// The value of an asset before there is another.
#[derive(Clone, Debug)]
pub(crate) struct Default {
    pub(crate) key: Ident,
    /// What is compiled.
    pub(crate) value: TokenStream,
    /// As it is written.
    pub(crate) expr: Expr,
    /// As a number that can be compared with the limits, if it is one.
    pub(crate) bound: Option<Bound>,
}

impl Default {
    pub(super) fn read(
        entry: Entry,
        ty: Type,
        written: &syn::Type,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let key = entry.key.clone();
        let Some(expr) = entry.value.as_ref().map(peel) else {
            diagnostics.at(key.span(), missing(ty, written));
            return None;
        };
        if let Some((place, problem)) = misfit(expr, ty, written) {
            diagnostics.over(place, problem);
            return None;
        }
        // In an `Option`, the value is `Some(..)`.
        let is_plain = inside(written).is_none();
        match ty {
            Type::Integer { .. } | Type::Float { .. } if !is_plain => {
                let expr = peel(entry.value.as_ref()?).clone();
                let number = some(&expr).unwrap_or(&expr).clone();
                let is_none = matches!(&number, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "None"));
                let entry = Entry { key: key.clone(), value: Some(number) };
                let is_number = !is_none && (some(&expr).is_some() || matches!(expr, Expr::Path(_)));
                let bound = if is_number { Bound::read(entry, diagnostics) } else { None };
                Some(Self { key, value: quote!(#expr), expr, bound })
            }
            Type::Integer { .. } | Type::Float { .. } => {
                let bound = Bound::read(entry, diagnostics)?;
                let value = number(ty, &bound).into_token_stream();
                Some(Self { key, value, expr: bound.expr.clone(), bound: Some(bound) })
            }
            Type::Text if is_plain => {
                let expr = peel(entry.value.as_ref()?);
                // What rustc says of what is no text, it says there.
                let span = Span::call_site().located_at(expr.span());
                Some(Self {
                    key,
                    value: quote_spanned!(span=> __rt::AssetModel::text_of_default(#expr)),
                    expr: expr.clone(),
                    bound: None,
                })
            }
            _ => {
                let expr = peel(entry.value.as_ref()?);
                Some(Self { key, value: quote!(#expr), expr: expr.clone(), bound: None })
            }
        }
    }
}

/// That there is no value, and what one looks like.
fn missing(ty: Type, written: &syn::Type) -> String {
    let example = match ty {
        Type::Integer { .. } => "20",
        Type::Float { .. } => "20.0",
        Type::Bool => "false",
        Type::Text if is_option(written) => r#"String::from("off")"#,
        Type::Text => r#""off""#,
        Type::Other => {
            return format!("`default` needs a value, which is a `{}`", crate::expand::written(written));
        }
    };
    let example = if is_option(written) { format!("Some({example})") } else { example.to_owned() };
    format!("`default` needs a value: `default = {example}`")
}

/// What is in a `Some(..)`.
fn some(expr: &Expr) -> Option<&Expr> {
    let Expr::Call(ExprCall { func, args, .. }) = expr else { return None };
    let Expr::Path(ExprPath { path, .. }) = &**func else { return None };
    let is_some = path.segments.last().is_some_and(|last| last.ident == "Some");
    args.first().filter(|_| is_some && args.len() == 1).map(peel)
}

/// A literal that is no value of the type, as far as the macro knows that, and what is wrong with it. Of numbers it is said where
/// they are read.
fn misfit<'a>(expr: &'a Expr, ty: Type, written: &syn::Type) -> Option<(&'a Expr, String)> {
    if let Some(inner) = some(expr).filter(|_| is_option(written)) {
        return match (ty, literal(inner)?) {
            (Type::Bool, _) => misfit_of_plain(inner, ty),
            (Type::Text, Lit::Str(_)) => {
                let text = inner.to_token_stream();
                let problem = format!("expected a `String`, found a literal; write `String::from({text})`");
                Some((inner, problem))
            }
            (Type::Text, _) => misfit_of_plain(inner, ty),
            _ => None,
        };
    }
    if inside(written).is_none() {
        return misfit_of_plain(expr, ty);
    }
    literal(expr).filter(|_| is_list(written) || is_option(written) && ty != Type::Other)?;
    let meant = value_of(expr, ty).map(|value| format!("; write `Some({value})`")).unwrap_or_default();
    Some((expr, format!("expected `{}`, found {}{meant}", crate::expand::written(written), found(expr))))
}

/// The same of what is no `Option`.
fn misfit_of_plain(expr: &Expr, ty: Type) -> Option<(&Expr, String)> {
    let found = found(expr);
    let problem = match (ty, literal(expr)?) {
        (Type::Bool, Lit::Str(text)) if matches!(text.value().as_str(), "true" | "false") => {
            format!("expected `bool`, found a string; remove the quotes: `{}`", text.value())
        }
        (Type::Bool, lit) if !matches!(lit, Lit::Bool(_)) => {
            format!("expected `bool`, which is `true` or `false`, found {found}")
        }
        (Type::Text, lit) if !matches!(lit, Lit::Str(_)) => {
            format!("`default` of a `String` is a text, found {found}")
        }
        _ => return None,
    };
    Some((expr, problem))
}

/// A literal, which may have a sign; none if rustc complains of it.
fn literal(expr: &Expr) -> Option<&Lit> {
    match expr {
        Expr::Lit(literal) => Some(&literal.lit).filter(|lit| !matches!(lit, Lit::Verbatim(_))),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => literal(peel(expr)),
        _ => None,
    }
}

/// The literal as a value of the type, to be written in `Some(..)`.
fn value_of(expr: &Expr, ty: Type) -> Option<String> {
    let text = expr.to_token_stream().to_string().replace("- ", "-");
    match (ty, literal(expr)?) {
        (Type::Integer { .. }, Lit::Int(_))
        | (Type::Float { .. }, Lit::Float(_))
        | (Type::Bool, Lit::Bool(_)) => Some(text),
        (Type::Float { .. }, Lit::Int(number)) if number.suffix().is_empty() => Some(format!("{text}.0")),
        (Type::Text, Lit::Str(_)) => Some(format!("String::from({text})")),
        _ => None,
    }
}

/// A whole number is a float as well, as it is for limits.
fn number(ty: Type, bound: &Bound) -> Expr {
    match (ty, bound.number, peel(&bound.expr)) {
        (Type::Float { .. }, Number::Integer(value), Expr::Lit(literal)) if let Lit::Int(_) = literal.lit => {
            let float = Literal::f64_unsuffixed(value as f64);
            parse_quote_spanned!(literal.lit.span()=> #float)
        }
        (Type::Float { .. }, Number::Integer(value), expr) => {
            let float = Literal::f64_unsuffixed(-(value as f64));
            parse_quote_spanned!(expr.span()=> -#float)
        }
        (_, _, expr) => expr.clone(),
    }
}
