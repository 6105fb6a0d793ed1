//! Which keys stand in programs: in the examples of the page, and in the cases of ui-tests.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Ident, Item, MetaList, Token, Type};

use crate::attribute::{
    ACTION, ALERT, ALERT_FIELD, ARGUMENT, ASSET, ASSET_VALUE, BATCH, CHILD, DEVICE, FORMAT, FORMAT_FIELD,
    Given, Grammar, MEMBER, PUBLISH, key,
};
use crate::diagnostics::Diagnostics;

/// Of what a key says something: two attributes have the same name.
pub(super) fn place(grammar: &Grammar) -> String {
    format!("{grammar:?}")
}

/// The keys that are given somewhere.
#[derive(Default)]
pub(super) struct Shown {
    /// By the attribute.
    pub(super) keys: HashSet<(String, &'static str)>,
    /// In a wrong program, what is underlined there: other keys of it do not count. Nothing is wrong in an example.
    pub(super) wrong: Option<Vec<String>>,
}

impl Shown {
    pub(super) fn read(&mut self, item: &Item) {
        let item: DeriveInput = match item {
            Item::Struct(item) => item.clone().into(),
            Item::Enum(item) => item.clone().into(),
            _ => return,
        };
        for grammar in [&DEVICE, &ASSET_VALUE, &ALERT, &FORMAT] {
            self.attributes(grammar, &item.attrs);
        }
        for attributes in members(&item.data) {
            for grammar in [&ASSET, &CHILD, &MEMBER, &ALERT_FIELD, &FORMAT_FIELD] {
                self.attributes(grammar, attributes);
            }
        }
    }

    fn attributes(&mut self, grammar: &'static Grammar, attributes: &[Attribute]) {
        let mut diagnostics = Diagnostics::default();
        let given = Given::read(attributes, grammar, &mut diagnostics);
        self.right(diagnostics);
        self.keys(grammar, given);
    }

    /// That an example has no mistakes.
    fn right(&self, diagnostics: Diagnostics) {
        let texts = diagnostics.texts();
        assert!(self.wrong.is_some() || texts.is_empty(), "{texts:?}");
    }

    fn keys(&mut self, grammar: &'static Grammar, mut given: Given) {
        for key in grammar.words() {
            let lists = given.take_lists(key);
            let entry = given.take(key).map(|entry| {
                let (key, value) = (&entry.key, &entry.value);
                quote!(#key = #value)
            });
            let counts = |tokens: TokenStream| self.counts(&tokens);
            if lists.iter().map(|list| list.to_token_stream()).chain(entry).any(counts) {
                self.keys.insert((place(grammar), key));
            }
            lists.iter().for_each(|list| self.list(key, list));
        }
    }

    /// Whether it is what is wrong, if something is.
    fn counts(&self, tokens: &TokenStream) -> bool {
        let text = tokens.to_string();
        let is_there = |part: &String| {
            let part = part.parse().map_or_else(|_| part.clone(), |tokens: TokenStream| tokens.to_string());
            text.contains(&part)
        };
        self.wrong.as_ref().is_none_or(|wrong| wrong.iter().any(is_there))
    }

    /// What stands in the parentheses behind a key.
    fn list(&mut self, key: &str, list: &MetaList) {
        let read = |input: ParseStream<'_>| {
            let grammar = match key {
                key::BATCH => &BATCH,
                key::PUBLISH => &PUBLISH,
                key::ACTION => {
                    self.arguments(input)?;
                    &ACTION
                }
                _ => return Punctuated::<syn::Path, Token![,]>::parse_terminated(input).map(|_| None),
            };
            let mut diagnostics = Diagnostics::default();
            let given = Given::parse(input, grammar, &mut diagnostics);
            self.right(diagnostics);
            Ok(Some((grammar, given?)))
        };
        match list.parse_args_with(read) {
            Ok(Some((grammar, given))) => self.keys(grammar, given),
            Ok(None) => {}
            Err(error) => assert!(self.wrong.is_some(), "{error}"),
        }
    }

    /// `dim(#[arg(..)] to: u8),`
    fn arguments(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        input.parse::<Ident>()?;
        if input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            while !content.is_empty() {
                self.attributes(&ARGUMENT, &content.call(Attribute::parse_outer)?);
                content.parse::<Ident>()?;
                content.parse::<Token![:]>()?;
                content.parse::<Type>()?;
                content.parse::<Option<Token![,]>>()?;
            }
        }
        input.parse::<Option<Token![,]>>().map(drop)
    }
}

/// The attributes of the variants or fields.
fn members(data: &Data) -> Vec<&[Attribute]> {
    match data {
        Data::Struct(data) => data.fields.iter().map(|field| &*field.attrs).collect(),
        Data::Enum(data) => data.variants.iter().map(|variant| &*variant.attrs).collect(),
        Data::Union(_) => Vec::new(),
    }
}
