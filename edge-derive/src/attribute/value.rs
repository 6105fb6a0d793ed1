//! The values of entries: each is an expression, of which only some forms are accepted.

use proc_macro2::{Ident, Span};
use quote::ToTokens as _;
use syn::token::Paren;
use syn::{Expr, ExprCall, ExprField, ExprLit, ExprPath, ExprReference, ExprUnary, Lit, Member, Path, UnOp};

use super::{Entry, Grammar};
use crate::diagnostics::Diagnostics;
use crate::suggest;

/// A string literal.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) span: Span,
}

/// `path(name, ..)`.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) function: ExprPath,
    /// Those that are names.
    pub(crate) arguments: Vec<Ident>,
    /// Whether all are.
    pub(crate) is_complete: bool,
    /// The user's, for the span of the whole call.
    pub(crate) parentheses: Paren,
}

impl Entry {
    /// A value that must be a string.
    pub(crate) fn text(self, grammar: &Grammar, diagnostics: &mut Diagnostics) -> Option<Text> {
        match self.value.as_ref().map(peel)? {
            Expr::Lit(literal) if let Lit::Str(text) = &literal.lit => {
                return Some(Text { value: text.value(), span: text.span() });
            }
            Expr::Path(ExprPath { path, .. })
                if let Some(word) = path.get_ident().filter(|it| !is_constant(it)) =>
            {
                let message = format_args!("expected a string literal; write `{} = \"{word}\"`", self.key);
                diagnostics.over(path, message);
            }
            // Most units are short, and many are written as constants are.
            Expr::Path(ExprPath { path, .. })
                if self.is(super::key::UNIT)
                    && let Some(word) = path.get_ident() =>
            {
                let message = format_args!(
                    "expected a string literal, found a constant; if `{word}` is the unit itself, write `unit = \"{word}\"`"
                );
                diagnostics.over(path, message);
            }
            // `m/s`, or `m^2`.
            Expr::Binary(unit) if self.is(super::key::UNIT) => {
                let text = unit.to_token_stream().to_string().replace(' ', "");
                let message = format_args!("expected a string literal; write `unit = \"{text}\"`");
                diagnostics.over(unit, message);
            }
            // A text in single quotes, say, of which rustc complains.
            Expr::Lit(ExprLit { lit: Lit::Verbatim(_), .. }) => {}
            other => {
                let (key, value) = (&self.key, grammar.value(&self));
                let found = found(other);
                diagnostics.over(
                    other,
                    format_args!("expected a string literal, found {found}; as in `{key} = {value}`"),
                );
            }
        }
        None
    }

    /// A value that must be a string and one of some words: of another without quotes it is said at once which there are.
    pub(crate) fn word(
        self,
        words: &[&str],
        grammar: &Grammar,
        diagnostics: &mut Diagnostics,
    ) -> Option<Text> {
        let value = self.value.as_ref().map(peel)?;
        let Expr::Path(ExprPath { path, .. }) = value else { return self.text(grammar, diagnostics) };
        // `Kind::Actuator`: the last word says which.
        let bare = &path.segments.last()?.ident;
        let meant = suggest::meant(&bare.to_string(), words.iter().copied());
        let is_other = is_constant(bare) && meant.is_none();
        if is_other || path.segments.len() == 1 && words.iter().any(|word| bare == word) {
            return self.text(grammar, diagnostics);
        }
        let remedy = match meant {
            Some(word) => format!("; write `{} = \"{word}\"`", self.key),
            None => format!(", one of {}", suggest::quoted(words.iter().copied())),
        };
        diagnostics.over(path, format_args!("expected a string literal{remedy}"));
        None
    }

    /// A value that must be a path.
    pub(crate) fn path(self, grammar: &Grammar, diagnostics: &mut Diagnostics) -> Option<Path> {
        match self.value.as_ref().map(peel)? {
            Expr::Path(ExprPath { path, qself: None, .. }) => Some(path.clone()),
            other => {
                let (key, value, found) = (&self.key, grammar.value(&self), found(other));
                diagnostics
                    .over(other, format_args!("expected a path, found {found}; as in `{key} = {value}`"));
                meant(other, *key == super::key::CRATE)
            }
        }
    }

    /// A value that must be a call with names as arguments.
    pub(crate) fn call(self, diagnostics: &mut Diagnostics) -> Option<Call> {
        let value = self.value.as_ref().map(peel)?;
        let Expr::Call(ExprCall { func, args, paren_token, .. }) = value else {
            let hint = "expected a function and the assets that it is given";
            let remedy = match quoted_call(value) {
                Some(call) => format!("; remove the quotes: `{call}`"),
                None => format!(", found {}; as in `compute = mean(a, b)`", found(value)),
            };
            diagnostics.over(value, format_args!("{hint}{remedy}"));
            return None;
        };
        let Expr::Path(function) = peel(func) else {
            diagnostics.over(func, "expected the path of a function");
            return None;
        };
        let (mut arguments, mut is_complete) = (Vec::new(), true);
        for argument in args {
            match peel(argument) {
                Expr::Path(ExprPath { path, qself: None, .. }) if let Some(name) = path.get_ident() => {
                    arguments.push(name.clone());
                }
                other => {
                    let remedy = match of_self(other).or_else(|| referred(other)) {
                        Some(field) => format!("write `{field}`"),
                        None => format!("found {}", found(other)),
                    };
                    diagnostics.over(other, format_args!("expected the name of an asset's field, {remedy}"));
                    is_complete = false;
                }
            }
        }
        Some(Call { function: function.clone(), arguments, is_complete, parentheses: *paren_token })
    }
}

/// The call in a string.
fn quoted_call(expr: &Expr) -> Option<String> {
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = expr else { return None };
    text.parse::<ExprCall>().ok().map(|_| text.value())
}

/// The field in `self.field`.
pub(crate) fn of_self(expr: &Expr) -> Option<&Ident> {
    let Expr::Field(ExprField { base, member: Member::Named(field), .. }) = expr else { return None };
    let is_self = matches!(peel(base), Expr::Path(ExprPath { path, .. }) if path.is_ident("self"));
    is_self.then_some(field)
}

/// The name behind `&`.
fn referred(expr: &Expr) -> Option<&Ident> {
    let Expr::Reference(ExprReference { expr, .. }) = expr else { return None };
    let Expr::Path(ExprPath { path, .. }) = peel(expr) else { return None };
    path.get_ident()
}

/// Whether it is written as constants are: its value is nothing that a macro knows.
fn is_constant(ident: &Ident) -> bool {
    let name = ident.to_string();
    name.len() > 1 && !name.contains(|c: char| c.is_lowercase())
}

/// The expression without the invisible groups that `macro_rules` puts around fragments.
pub(crate) fn peel(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => peel(&group.expr),
        other => other,
    }
}

/// What an expression is, in a word.
pub(crate) fn found(expr: &Expr) -> &'static str {
    match expr {
        Expr::Lit(literal) => match literal.lit {
            Lit::Str(_) => "a string",
            Lit::ByteStr(_) => "a byte string",
            Lit::CStr(_) => "a C string",
            Lit::Byte(_) => "a byte",
            Lit::Char(_) => "a character",
            Lit::Int(_) => "an integer",
            Lit::Float(_) => "a float",
            Lit::Bool(_) => "a bool",
            _ => "another literal",
        },
        Expr::Path(ExprPath { path, .. }) if path.get_ident().is_some_and(is_constant) => "a constant",
        Expr::Path(_) => "a path",
        Expr::Call(_) => "a call",
        Expr::MethodCall(_) => "a call of a method",
        Expr::Block(_) => "a block",
        Expr::Macro(_) => "a macro",
        Expr::Array(_) => "an array",
        Expr::Tuple(_) => "a tuple",
        Expr::Closure(_) => "a closure",
        Expr::Reference(_) => "a reference",
        Expr::Range(_) => "a range",
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), .. }) => "a number",
        _ => "an expression",
    }
}

/// The path that was probably meant, so that nothing more is said of it: in quotes, or with the hyphens of a package.
fn meant(value: &Expr, is_package: bool) -> Option<Path> {
    let text = match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => text.value(),
        other => other.to_token_stream().to_string(),
    };
    let text = text.replace(' ', "");
    syn::parse_str(&if is_package { text.replace('-', "_") } else { text }).ok()
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    /// `pipeline = a - b` was followed by an error about `a_b`, which nobody wrote.
    #[test]
    fn only_packages_have_hyphens() {
        let check = |value: Expr, is_package, expected: Option<Path>| {
            assert!(meant(&value, is_package) == expected, "{}", value.to_token_stream());
        };
        check(parse_quote!(a - b), false, None);
        check(parse_quote!("a-b"), false, None);
        check(parse_quote!("a::b"), false, Some(parse_quote!(a::b)));
        check(parse_quote!(a - b), true, Some(parse_quote!(a_b)));
        check(parse_quote!("a-b"), true, Some(parse_quote!(a_b)));
    }
}
