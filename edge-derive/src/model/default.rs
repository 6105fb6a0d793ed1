//! `default`: an expression of the asset's type; of a text, its literal.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, ExprCall, ExprPath, Lit, parse_quote_spanned};

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
                Some(Self { key, value: quote!(#expr), bound })
            }
            Type::Integer { .. } | Type::Float { .. } => {
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
                // What rustc says of what is no text, it says there.
                let span = Span::call_site().located_at(expr.span());
                let value =
                    quote_spanned!(span=> <::std::string::String as ::core::convert::From<_>>::from(#expr));
                Some(Self { key, value, bound: None })
            }
            _ => {
                let expr = peel(entry.value.as_ref()?);
                Some(Self { key, value: quote!(#expr), bound: None })
            }
        }
    }
}

/// What is in a `Some(..)`.
fn some(expr: &Expr) -> Option<&Expr> {
    let Expr::Call(ExprCall { func, args, .. }) = expr else { return None };
    let Expr::Path(ExprPath { path, .. }) = &**func else { return None };
    let is_some = path.segments.last().is_some_and(|last| last.ident == "Some");
    args.first().filter(|_| is_some && args.len() == 1).map(peel)
}

/// What a literal is that is no text.
fn no_text(expr: &Expr) -> Option<&'static str> {
    let is_other = matches!(expr, Expr::Lit(literal) if !matches!(literal.lit, Lit::Str(_)));
    is_other.then(|| found(expr))
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
