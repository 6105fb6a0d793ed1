//! How an action is called: `calibrate(offset: f64)`, which is read as far as it can be. Whatever is wrong with it, the handler
//! has a method of its name, so that what the user has written there stays quiet.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::format_ident;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned as _;
use syn::token::Paren;
use syn::{Field, Lit, Token, parse_quote};

use super::ty::Type;
use crate::diagnostics::Diagnostics;
use crate::expand::written;

/// The method of an action.
pub(super) struct Signature {
    pub(super) method: Ident,
    has_arguments: bool,
    pub(super) arguments: Vec<Argument>,
}

/// What is sent with an action.
pub(super) struct Argument {
    pub(super) field: Field,
    /// Whether it is all there. Otherwise, the method has it, and nothing else.
    pub(super) is_sound: bool,
}

impl Signature {
    /// Reads it and the comma behind it; fails without a name.
    pub(super) fn read(input: ParseStream<'_>, diagnostics: &mut Diagnostics) -> syn::Result<Self> {
        let mut signature = match input.peek(Lit) {
            true => Self::quoted(&input.parse()?, diagnostics)?,
            false => Self::written(input, diagnostics)?,
        };
        if !input.is_empty() && !input.peek(Token![,]) {
            signature.behind(input, diagnostics)?;
        }
        input.parse::<Option<Token![,]>>()?;
        Ok(signature)
    }

    fn written(input: ParseStream<'_>, diagnostics: &mut Diagnostics) -> syn::Result<Self> {
        let method = method(input, diagnostics)?;
        let has_arguments = input.peek(Paren);
        let arguments = if has_arguments { arguments(input, diagnostics)? } else { Vec::new() };
        Ok(Self { method, has_arguments, arguments })
    }

    /// What stands in the quotes, if it is a method.
    fn quoted(literal: &Lit, diagnostics: &mut Diagnostics) -> syn::Result<Self> {
        let message = "an action is written as a method is, without quotes, as in `action(reboot)`; \
                       `action(reboot, name = \"..\")` gives it another name on the wire";
        let error = syn::Error::new_spanned(literal, message);
        let Lit::Str(text) = literal else { return Err(error) };
        // What is wrong inside is said when the quotes have gone.
        let mut inside = Diagnostics::default();
        let signature = text.parse_with(|input: ParseStream<'_>| Self::written(input, &mut inside));
        inside.finish();
        let Ok(signature) = signature else { return Err(error) };
        diagnostics.push(error);
        Ok(signature)
    }

    /// What stands where there is a comma.
    fn behind(&mut self, input: ParseStream<'_>, diagnostics: &mut Diagnostics) -> syn::Result<()> {
        let is_result = input.peek(Token![->]);
        let is_hyphen = input.peek(Token![-]) && !is_result;
        let tokens = TokenStream::from_iter(to_comma(input)?);
        let method = &self.method;
        let message = if is_result {
            "an action has no result besides that it was done; remove this".to_owned()
        } else if is_hyphen {
            let wire = format!("{method}{}", tokens.to_string().replace(' ', ""));
            let word = wire.replace('-', "_");
            if syn::parse_str::<Ident>(&word).is_ok() {
                self.method = Ident::new(&word, method.span());
            }
            format!(
                "a method has no hyphen in its name; write `_`, and give the name on the wire with `name = \"{wire}\"`"
            )
        } else if self.has_arguments {
            "expected `,`".to_owned()
        } else {
            format!("expected `,` or the arguments of `{method}`")
        };
        diagnostics.over(tokens, message);
        Ok(())
    }
}

/// Keywords that are no names with `r#` either.
const NEVER_RAW: [&str; 5] = ["self", "Self", "super", "crate", "_"];

/// What to write instead of a keyword, if there is one.
fn keyword(what: &str, word: &Ident) -> String {
    match is_never_raw(word) {
        true => format!("`{word}` is a keyword of Rust, and no {what} can have its name"),
        false => format!("`{word}` is a keyword of Rust; write `r#{word}`, which is `{word}` on the wire"),
    }
}

fn is_never_raw(word: &Ident) -> bool {
    NEVER_RAW.iter().any(|never| word == never)
}

fn raw(word: &Ident) -> Ident {
    Ident::new_raw(&word.to_string(), word.span())
}

fn method(input: ParseStream<'_>, diagnostics: &mut Diagnostics) -> syn::Result<Ident> {
    input.parse().or_else(|error: syn::Error| {
        let expected =
            "expected the name of an action, as in `action(reboot)` or `action(calibrate(offset: f64))`";
        let refused = |hint: &str| match input.is_empty() {
            true => syn::Error::new(error.span(), hint),
            false => input.error(hint),
        };
        let Ok(word) = Ident::parse_any(&input.fork()) else { return Err(refused(expected)) };
        let is_function = word == "fn" || word == "async";
        let refused = if is_function { refused(expected) } else { refused(&keyword("method", &word)) };
        if is_never_raw(&word) {
            return Err(refused);
        }
        Ident::parse_any(input)?;
        if !is_function {
            diagnostics.push(refused);
            return Ok(raw(&word));
        }
        // `async fn dim(to: u8)`, as it stands in the handler.
        input.parse::<Option<Token![fn]>>()?;
        let Ok(method) = input.parse() else { return Err(refused) };
        diagnostics.push(refused);
        Ok(method)
    })
}

fn arguments(input: ParseStream<'_>, diagnostics: &mut Diagnostics) -> syn::Result<Vec<Argument>> {
    let content;
    syn::parenthesized!(content in input);
    let mut arguments = Vec::new();
    while !content.is_empty() {
        arguments.extend(argument(&content, arguments.len(), diagnostics)?);
        if content.is_empty() || content.parse::<Option<Token![,]>>()?.is_some() {
            continue;
        }
        diagnostics.push(content.error("expected `,`"));
        // `a: u8 b: u8`: only the comma is missing.
        if !(content.peek(syn::Ident) && content.peek2(Token![:])) {
            to_comma(&content)?;
            content.parse::<Option<Token![,]>>()?;
        }
    }
    Ok(arguments)
}

/// Reads one up to its comma; none if it is what the method is given anyway. `place`: among the others.
fn argument(
    input: ParseStream<'_>,
    place: usize,
    diagnostics: &mut Diagnostics,
) -> syn::Result<Option<Argument>> {
    let attributes = input.call(syn::Attribute::parse_outer)?;
    if input.peek(Token![self]) || input.peek(Token![&]) {
        let message = "the method is given `&mut self` and the device anyway; \
                       only what is sent with the action is an argument, as in `offset: f64`";
        diagnostics.push(input.error(message));
        to_comma(input)?;
        return Ok(None);
    }
    let before = diagnostics.count();
    let (name, ty) = match nameless(input) {
        Some(ty) => {
            let name = format_ident!("argument_{place}", span = ty.span());
            let message =
                format_args!("an argument has a name before its type, as in `value: {}`", written(&ty));
            diagnostics.over(&ty, message);
            to_comma(input)?;
            (name, ty)
        }
        None => named(input, place, diagnostics)?,
    };
    let is_sound = diagnostics.count() == before;
    if input.peek(Token![=]) {
        let message = "an argument has no default; one that is an `Option` may be left out";
        diagnostics.push(input.error(message));
        to_comma(input)?;
    }
    let field = Field {
        attrs: attributes,
        vis: syn::Visibility::Inherited,
        modifiers: syn::FieldModifiers::default(),
        ident: Some(name),
        colon_token: None,
        ty,
        default: None,
    };
    Ok(Some(Argument { field, is_sound }))
}

/// `dim(u8)`: a type that is plainly one, where there should be a name before it.
fn nameless(input: ParseStream<'_>) -> Option<syn::Type> {
    let ahead = input.fork();
    if ahead.peek(syn::Ident) && ahead.peek2(Token![:]) && !ahead.peek2(Token![::]) {
        return None;
    }
    let ty: syn::Type = ahead.parse().ok()?;
    let syn::Type::Path(path) = &ty else { return None };
    let last = path.path.segments.last()?;
    let is_type = Type::of(&ty) != Type::Other || last.ident.to_string().starts_with(char::is_uppercase);
    let ends = ahead.is_empty() || ahead.peek(Token![,]);
    (is_type && ends).then_some(ty)
}

/// The name and the type; where one is refused, another.
fn named(
    input: ParseStream<'_>,
    place: usize,
    diagnostics: &mut Diagnostics,
) -> syn::Result<(Ident, syn::Type)> {
    let before = diagnostics.count();
    let name = match input.parse() {
        Ok(name) => name,
        Err(_) => refused(input, place, diagnostics)?,
    };
    let ty = match ty(input, &name) {
        Ok(ty) => ty,
        Err(error) => {
            to_comma(input)?;
            // Of one without a name, only that is said.
            diagnostics.extend((diagnostics.count() == before).then_some(error));
            guess()
        }
    };
    Ok((name, ty))
}

/// What is no name; read up to the colon.
fn refused(input: ParseStream<'_>, place: usize, diagnostics: &mut Diagnostics) -> syn::Result<Ident> {
    // Not `mut to: u8`, say.
    let word = input.peek2(Token![:]).then(|| Ident::parse_any(&input.fork()).ok()).flatten();
    let expected = "expected the name of an argument and its type, as in `offset: f64`";
    let error =
        input.error(word.as_ref().map_or_else(|| expected.to_owned(), |word| keyword("argument", word)));
    let other = || format_ident!("argument_{place}", span = error.span());
    let name = word.filter(|word| !is_never_raw(word)).map_or_else(other, |word| raw(&word));
    diagnostics.push(error);
    while !input.is_empty() && !input.peek(Token![,]) && !input.peek(Token![:]) {
        TokenTree::parse(input)?;
    }
    Ok(name)
}

fn ty(input: ParseStream<'_>, name: &Ident) -> syn::Result<syn::Type> {
    if !input.peek(Token![:]) {
        let message = format_args!("the argument `{name}` needs a type, as in `{name}: f64`");
        return Err(syn::Error::new(name.span(), message));
    }
    input.parse::<Token![:]>()?;
    input.parse()
}

/// The type of an argument that says none: the one that it is told to have.
pub(super) fn guess() -> syn::Type {
    parse_quote!(::core::primitive::f64)
}

/// What is left of the entry.
pub(super) fn to_comma(input: ParseStream<'_>) -> syn::Result<Vec<TokenTree>> {
    let mut tokens = Vec::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.push(TokenTree::parse(input)?);
    }
    Ok(tokens)
}
