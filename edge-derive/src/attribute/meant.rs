//! What was meant by a value that is no expression: `100 %`, `m/s`, `living room`.

use proc_macro2::{Ident, TokenTree};
use syn::parse::ParseStream;
use syn::{Expr, ExprLit, ExprParen, Lit, Token};

use super::key;
use crate::expand::written;

/// Whose value may be any text.
const TEXTS: [&str; 6] = [key::TITLE, key::DESCRIPTION, key::UNIT, key::VENDOR, key::MODEL, key::URN];

/// The value to write, if it is clear; `example` is one of the key's.
pub(super) fn value(key: &Ident, example: &str, tokens: &[TokenTree]) -> Option<String> {
    if TEXTS.iter().any(|text| key == text) {
        return text(tokens).map(|text| format!("\"{text}\""));
    }
    let is_number = !example.starts_with('"');
    number(tokens).filter(|_| is_number)
}

/// What stands behind a key without a `=`, if it is of the sort of the example: in parentheses, behind a colon, or just so.
pub(super) fn behind(input: ParseStream<'_>, example: &str) -> Option<String> {
    if input.peek(Token![:]) {
        input.parse::<Token![:]>().ok()?;
    }
    let value = match input.parse().ok()? {
        Expr::Paren(ExprParen { expr, .. }) => *expr,
        other => other,
    };
    // Of the policies, one is written as a text.
    if example == "true" && written(&value).trim_matches('"') == "prune" {
        return Some("\"prune\"".to_owned());
    }
    let is_text = example.starts_with('"');
    let is_meant = match &value {
        Expr::Lit(ExprLit { lit: Lit::Str(_), .. }) => is_text,
        Expr::Lit(ExprLit { lit: Lit::Int(_) | Lit::Float(_), .. }) => {
            example.starts_with(|c: char| c.is_ascii_digit())
        }
        Expr::Lit(ExprLit { lit: Lit::Bool(_), .. }) => matches!(example, "true" | "false"),
        Expr::Call(_) => example.ends_with(')'),
        _ => false,
    };
    (is_meant && (input.is_empty() || input.peek(Token![,]))).then(|| written(&value))
}

/// The number at the start.
fn number(tokens: &[TokenTree]) -> Option<String> {
    let (sign, digits) = match tokens {
        [TokenTree::Punct(sign), digits, ..] if sign.as_char() == '-' => ("-", digits),
        [digits, ..] => ("", digits),
        [] => return None,
    };
    let TokenTree::Literal(digits) = digits else { return None };
    let is_number = matches!(Lit::new(digits.clone()), Lit::Int(_) | Lit::Float(_));
    is_number.then(|| format!("{sign}{digits}"))
}

/// The text, with a space where two words would be one.
fn text(tokens: &[TokenTree]) -> Option<String> {
    let (mut text, mut was_word) = (String::new(), false);
    for token in tokens {
        let is_word = match token {
            TokenTree::Ident(_) => true,
            TokenTree::Literal(literal) => {
                let is_number = matches!(Lit::new(literal.clone()), Lit::Int(_) | Lit::Float(_));
                is_number.then_some(true)?
            }
            TokenTree::Punct(_) => false,
            TokenTree::Group(_) => return None,
        };
        if was_word && is_word {
            text.push(' ');
        }
        text.push_str(&token.to_string());
        was_word = is_word;
    }
    Some(text)
}
