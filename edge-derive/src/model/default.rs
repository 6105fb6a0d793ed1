//! `default`: an expression of the asset's type; of a text, its literal.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;
use syn::{Expr, Lit, parse_quote_spanned};

use super::limits::{Bound, Number};
use super::ty::{Type, inside};
use crate::attribute::{Entry, found, peel};
use crate::diagnostics::Diagnostics;

/// The value of an asset before there is another.
#[derive(Clone, Debug)]
pub(crate) struct Default {
    pub(crate) key: Ident,
    /// What is compiled.
    pub(crate) value: TokenStream,
    /// As a number that can be compared with the limits, if it is written as one.
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
        // In an `Option`, the value is `Some(..)`.
        let is_plain = inside(written).is_none();
        match ty {
            Type::Integer { .. } | Type::Float if is_plain => {
                let bound = Bound::read(entry, diagnostics)?;
                let expr = number(ty, &bound);
                Some(Self { key, value: quote!(#expr), bound: Some(bound) })
            }
            Type::Text if is_plain => {
                let expr = peel(entry.value.as_ref()?);
                if let Some(found) = no_text(expr) {
                    diagnostics.over(expr, format_args!("`default` of a `String` is a text, found {found}"));
                    return None;
                }
                let value = quote!(<::std::string::String as ::core::convert::From<_>>::from(#expr));
                Some(Self { key, value, bound: None })
            }
            _ => {
                let expr = peel(entry.value.as_ref()?);
                Some(Self { key, value: quote!(#expr), bound: None })
            }
        }
    }
}

/// What a literal is that is no text.
fn no_text(expr: &Expr) -> Option<&'static str> {
    let is_other = matches!(expr, Expr::Lit(literal) if !matches!(literal.lit, Lit::Str(_)));
    is_other.then(|| found(expr))
}

/// A whole number is a float as well, as it is for limits.
fn number(ty: Type, bound: &Bound) -> Expr {
    match (ty, bound.number, peel(&bound.expr)) {
        (Type::Float, Number::Integer(value), Expr::Lit(literal)) if let Lit::Int(_) = literal.lit => {
            let float = Literal::f64_unsuffixed(value as f64);
            parse_quote_spanned!(literal.lit.span()=> #float)
        }
        (Type::Float, Number::Integer(value), expr) => {
            let float = Literal::f64_unsuffixed(-(value as f64));
            let span = syn::spanned::Spanned::span(expr);
            parse_quote_spanned!(span=> -#float)
        }
        (_, _, expr) => expr.clone(),
    }
}
