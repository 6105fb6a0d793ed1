//! One `key = value`, and how a list of them is read: after a mistake, on from the next comma.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{Parse, ParseStream};
use syn::token::Paren;
use syn::{Expr, Lit, MacroDelimiter, MetaList, Token};

use super::{Grammar, key};
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
}

/// Reads `key = value, key(..), ..`.
pub(super) fn parse(list: &MetaList, grammar: &Grammar, diagnostics: &mut Diagnostics) -> Entries {
    let mut found = Entries::default();
    let read = |input: ParseStream<'_>| read(input, grammar, &mut found, diagnostics);
    if let Err(error) = list.parse_args_with(read) {
        diagnostics.push(error);
    }
    Entries { entries: valued(found.entries, grammar, diagnostics), ..found }
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
    match grammar.list(&key) {
        Some(example) => found.lists.push(list(key, example, input)?),
        None => found.entries.push(entry(key, input, grammar)?),
    }
    Ok(())
}

/// What stands in parentheses behind a key.
fn list(key: Ident, example: &str, input: ParseStream<'_>) -> syn::Result<MetaList> {
    if !input.peek(Paren) {
        let message = format_args!("`{key}` is followed by parentheses: `{key}({example})`");
        let error = syn::Error::new(key.span(), message);
        skip(input)?;
        return Err(error);
    }
    let content;
    let delimiter = MacroDelimiter::Paren(syn::parenthesized!(content in input));
    Ok(MetaList { path: key.into(), delimiter, tokens: content.parse()? })
}

/// The entries that have a value, if their key has one.
pub(super) fn valued(entries: Vec<Entry>, grammar: &Grammar, diagnostics: &mut Diagnostics) -> Vec<Entry> {
    // What a default looks like depends on the type, and is said where that is known.
    let has_none = |entry: &Entry| grammar.is_flag(entry) || !grammar.knows(entry) || entry.is(key::DEFAULT);
    let valued = |entry: &Entry| entry.value.is_some() || has_none(entry);
    let (valued, bare): (Vec<_>, Vec<_>) = entries.into_iter().partition(valued);
    for Entry { key, .. } in bare {
        let value = grammar.value(&Entry { key: key.clone(), value: None });
        diagnostics.at(key.span(), format_args!("`{key}` needs a value: `{key} = {value}`"));
    }
    valued
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
    let (key, value) = (&entry.key, grammar.value(&entry));
    if grammar.knows(&entry) {
        let message = format!("expected `=` after `{key}`: `{key} = {value}`");
        return Err(match operator(input)? {
            Some(operator) => syn::Error::new_spanned(operator, message),
            None => input.error(message),
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
    let error = match ahead.parse() {
        // `urn:example:lamp` without quotes is a path, and what follows it is of the same mistake.
        Ok(_) if ahead.peek(Token![:]) => ahead.error("expected `,`"),
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
    let message = format_args!("this is no value of `{key}`, which is written as in `{key} = {example}`");
    Err(syn::Error::new_spanned(TokenStream::from_iter(tokens), message))
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
        let example = kind.map_or_else(|| grammar.example(), |(word, _)| format!("kind = \"{word}\""));
        let message = format!("unexpected literal, expected `key = value`; write `{example}`");
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
