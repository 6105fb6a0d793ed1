//! One `key = value`, and how a list of them is read: after a mistake, on from the next comma.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{Parse, ParseStream};
use syn::token::Paren;
use syn::{Expr, Lit, LitFloat, LitInt, MacroDelimiter, MetaList, Token};

use super::{Grammar, declared, key, meant};
use crate::diagnostics::Diagnostics;
use crate::model::KINDS;

/// A key and what was given for it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The key, which may be a keyword.
    pub(crate) key: Ident,
    /// The value; none if it is missing, or if the key has none.
    pub(crate) value: Option<Expr>,
}

impl Entry {
    /// Whether this is the key.
    pub(crate) fn is(&self, key: &str) -> bool {
        self.key == key
    }
}

/// What an attribute says: keys with values, and keys with lists of their own.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    pub(super) entries: Vec<Entry>,
    pub(super) lists: Vec<MetaList>,
    /// Keys of which it has been said that their value is none, or that there is none.
    pub(super) unread: Vec<Ident>,
}

/// Reads `key = value, key(..), ..`.
pub(super) fn parse(list: &MetaList, grammar: &Grammar, diagnostics: &mut Diagnostics) -> Entries {
    let mut found = Entries::default();
    let read = |input: ParseStream<'_>| read(input, grammar, &mut found, diagnostics);
    if let Err(error) = list.parse_args_with(read) {
        diagnostics.push(error);
    }
    valued(&mut found, grammar, diagnostics);
    found
}

/// Reads what is left of an attribute.
pub(super) fn read(
    input: ParseStream<'_>,
    grammar: &Grammar,
    found: &mut Entries,
    diagnostics: &mut Diagnostics,
) -> syn::Result<()> {
    while !input.is_empty() {
        if let Err(error) = one(input, grammar, found).and_then(|()| comma(input)) {
            recover(input, error, diagnostics)?;
        }
    }
    Ok(())
}

fn one(input: ParseStream<'_>, grammar: &Grammar, found: &mut Entries) -> syn::Result<()> {
    let key = key(input, grammar)?;
    if let Some(example) = grammar.list(&key) {
        return list(key, example, input, found);
    }
    // `alerts(Hot)`: what it declares, programs use.
    if let Some(word) = grammar.nearest_list(&key).filter(|_| input.peek(Paren)) {
        found.lists.extend(declared::meant(&Ident::new(word, key.span()), &input.fork()));
    }
    match entry(key.clone(), input, grammar) {
        Ok(entry) => found.entries.push(entry),
        Err(error) => {
            found.unread.push(key);
            return Err(error);
        }
    }
    Ok(())
}

/// What stands in parentheses behind a key.
fn list(key: Ident, example: &str, input: ParseStream<'_>, found: &mut Entries) -> syn::Result<()> {
    if !input.peek(Paren) {
        let meant = declared::meant(&key, input);
        let example = match meant.is_empty() {
            true => format!("{key}({example})"),
            false => declared::shown(&meant),
        };
        found.lists.extend(meant);
        let message = format_args!("`{key}` is followed by parentheses: `{example}`");
        let error = syn::Error::new(key.span(), message);
        skip(input)?;
        return Err(error);
    }
    let content;
    let delimiter = MacroDelimiter::Paren(syn::parenthesized!(content in input));
    found.lists.push(MetaList { path: key.into(), delimiter, tokens: content.parse()? });
    Ok(())
}

/// Takes out the entries that have no value, though their key has one.
pub(super) fn valued(found: &mut Entries, grammar: &Grammar, diagnostics: &mut Diagnostics) {
    // What a default looks like depends on the type, and is said where that is known.
    let has_none = |entry: &Entry| grammar.is_flag(entry) || !grammar.knows(entry) || entry.is(key::DEFAULT);
    let valued = |entry: &Entry| entry.value.is_some() || has_none(entry);
    for bare in found.entries.extract_if(.., |entry| !valued(entry)) {
        let (key, value) = (&bare.key, grammar.value(&bare));
        diagnostics.at(key.span(), format_args!("`{key}` needs a value: `{key} = {value}`"));
        found.unread.push(bare.key);
    }
}

fn entry(key: Ident, input: ParseStream<'_>, grammar: &Grammar) -> syn::Result<Entry> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(Entry { key, value: None });
    }
    let entry = Entry { key, value: None };
    if grammar.is_flag(&entry) {
        return Ok(Entry { value: stray(input)?, ..entry });
    }
    if input.peek(Token![=]) && !input.peek(Token![==]) && !input.peek(Token![=>]) {
        input.parse::<Token![=]>()?;
        return match input.is_empty() || input.peek(Token![,]) {
            true => Ok(entry),
            false => Ok(Entry { value: Some(value(&entry, input, grammar)?), ..entry }),
        };
    }
    if let Some(error) = hyphen(&entry, input, grammar) {
        return Err(error);
    }
    if grammar.knows(&entry) {
        let (key, place, example) = (&entry.key, input.fork(), grammar.value(&entry));
        let operator = operator(input)?;
        let value = meant::behind(&input.fork(), example).unwrap_or_else(|| example.to_owned());
        let message = format!("expected `=` after `{key}`: `{key} = {value}`");
        return Err(match operator {
            Some(operator) => syn::Error::new_spanned(operator, message),
            None => place.error(message),
        });
    }
    // The key is the first mistake; what follows it is not looked at.
    skip(input)?;
    Ok(entry)
}

/// What is written for `=`, if it is of two characters.
fn operator(input: ParseStream<'_>) -> syn::Result<Option<TokenStream>> {
    if input.peek(Token![==]) {
        return input.parse::<Token![==]>().map(|it| Some(it.into_token_stream()));
    }
    if input.peek(Token![=>]) {
        return input.parse::<Token![=>]>().map(|it| Some(it.into_token_stream()));
    }
    Ok(None)
}

/// The value, or what to write instead of what is there: `100 %` is no expression.
fn value(entry: &Entry, input: ParseStream<'_>, grammar: &Grammar) -> syn::Result<Expr> {
    let ahead = input.fork();
    let error = match ahead.parse::<Expr>() {
        // `urn:example:lamp` without quotes is a path, and what follows it is of the same mistake; and so it is in `living room`.
        Ok(value) if ahead.peek(Token![:]) || is_unfinished(&value, &ahead, grammar) => {
            ahead.error("expected `,`")
        }
        Ok(value) => {
            input.advance_to(&ahead);
            return Ok(value);
        }
        Err(error) => error,
    };
    let mut tokens = Vec::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.push(TokenTree::parse(input)?);
    }
    // What is wrong inside of brackets, syn shows there.
    if tokens.iter().any(|token| matches!(token, TokenTree::Group(_))) {
        return Err(error);
    }
    let (key, example) = (&entry.key, grammar.value(entry));
    let remedy = match meant::value(key, example, &tokens) {
        Some(meant) => format!("; write `{key} = {meant}`"),
        None if entry.is(key::DEFAULT) => ", which is an expression of the asset's type".to_owned(),
        None => format!(", which is written as in `{key} = {example}`"),
    };
    let message = format_args!("this is no value of `{key}`{remedy}");
    Err(syn::Error::new_spanned(TokenStream::from_iter(tokens), message))
}

/// Whether a word or a number is followed by more of it: by a number, or by a word that is no key, before which only a comma would
/// be missing.
fn is_unfinished(value: &Expr, ahead: ParseStream<'_>, grammar: &Grammar) -> bool {
    let is_word = match value {
        Expr::Path(_) => true,
        Expr::Lit(literal) => matches!(literal.lit, Lit::Int(_) | Lit::Float(_)),
        _ => false,
    };
    let behind = ahead.fork();
    let is_more = match Ident::parse_any(&behind) {
        Ok(word) => !grammar.words().any(|key| word == key) && !behind.peek(Token![=]),
        Err(_) => ahead.peek(LitInt) || ahead.peek(LitFloat),
    };
    is_word && is_more
}

/// `min-interval`: keys are written as names of Rust are.
fn hyphen(entry: &Entry, input: ParseStream<'_>, grammar: &Grammar) -> Option<syn::Error> {
    let ahead = input.fork();
    let mut word = entry.key.to_string();
    let mut tokens = entry.key.to_token_stream();
    while ahead.peek(Token![-]) {
        tokens.extend([TokenTree::parse(&ahead).ok()?]);
        let next = Ident::parse_any(&ahead).ok()?;
        word = format!("{word}_{next}");
        next.to_tokens(&mut tokens);
    }
    if entry.key == word {
        return None;
    }
    let meant = Entry { key: Ident::new(&word, entry.key.span()), value: None };
    let remedy = match grammar.knows(&meant) {
        true => format!("write `{word}`"),
        false => grammar.unknown(&meant),
    };
    Some(syn::Error::new_spanned(tokens, format_args!("keys have no hyphens, {remedy}")))
}

/// A value or arguments of a key that has none.
fn stray(input: ParseStream<'_>) -> syn::Result<Option<Expr>> {
    let mut tokens = TokenStream::new();
    if input.peek(Token![=]) || input.cursor().any_group().is_some() {
        while !input.is_empty() && !input.peek(Token![,]) {
            tokens.extend([TokenTree::parse(input)?]);
        }
    }
    Ok((!tokens.is_empty()).then(|| Expr::Verbatim(tokens)))
}

/// The key, or what to write instead of what is there.
fn key(input: ParseStream<'_>, grammar: &Grammar) -> syn::Result<Ident> {
    if input.peek(Lit) {
        let literal: Lit = input.parse()?;
        let kind = match &literal {
            Lit::Str(text) => KINDS.into_iter().find(|(word, _)| *word == text.value()),
            _ => None,
        };
        let message = match kind {
            Some((word, _)) => {
                format!("unexpected literal, expected `key = value`; write `kind = \"{word}\"`")
            }
            None if grammar.flag.is_some() => {
                format!("unexpected literal, expected `key = value`; write `{}`", grammar.example())
            }
            None => format!("unexpected literal, expected `key = value`, as in `{}`", grammar.example()),
        };
        return Err(syn::Error::new_spanned(literal, message));
    }
    let key = Ident::parse_any(input);
    key.map(|key| key.unraw())
        .map_err(|_| input.error(format_args!("expected `key = value`, as in `{}`", grammar.example())))
}

fn comma(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() {
        return Ok(());
    }
    if input.peek(Token![;]) {
        let stray: Token![;] = input.parse()?;
        return Err(syn::Error::new_spanned(stray, "expected `,`, found `;`"));
    }
    if !input.peek(Token![,]) {
        return Err(input.error("expected `,`"));
    }
    input.parse::<Token![,]>().map(drop)
}

/// Notes the mistake, and goes to where the next entry may start.
fn recover(input: ParseStream<'_>, error: syn::Error, diagnostics: &mut Diagnostics) -> syn::Result<()> {
    diagnostics.push(error);
    // `kind = "sensor" unit = "s"`: only the comma is missing.
    if input.peek(syn::Ident::peek_any) && input.peek2(Token![=]) {
        return Ok(());
    }
    skip(input)?;
    input.parse::<Option<Token![,]>>().map(drop)
}

/// Goes to the next comma.
fn skip(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        TokenTree::parse(input)?;
    }
    Ok(())
}
