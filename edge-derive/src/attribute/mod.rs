//! Attributes as lists of `key = value`: which keys there are, and what was given for them. What the
//! values mean is the business of [`model`](crate::model).

mod declared;
mod entry;
mod grammar;
mod meant;
mod synonym;
mod unknown;
mod value;

use syn::parse::ParseStream;
use syn::{Attribute, MacroDelimiter, Meta, MetaList};

pub(crate) use entry::{Entries, Entry};
pub(crate) use grammar::{
    ACTION, ALERT, ALERT_FIELD, ARGUMENT, ASSET, ASSET_VALUE, BATCH, CHILD, DEVICE, FORMAT, FORMAT_FIELD,
    Grammar, MEMBER, PUBLISH, key,
};
pub(crate) use value::{Call, Text, found, of_self, peel};

use crate::diagnostics::Diagnostics;

/// What was given for the keys of one item, each once.
#[derive(Debug)]
pub(crate) struct Given {
    /// The first attribute, if there is one.
    pub(crate) attribute: Option<Attribute>,
    entries: Vec<Entry>,
    lists: Vec<MetaList>,
    /// Keys that somebody meant to give, of which another mistake was said.
    mistaken: Vec<String>,
    /// Whether something could not be read, so that a key may be missing for that reason.
    pub(crate) complete: bool,
    /// Whether a key belongs in another attribute.
    pub(crate) astray: bool,
    /// Whether one of them says that the field is a child device.
    pub(crate) means_child: bool,
    /// Whether one of them says that it is an asset.
    pub(crate) means_asset: bool,
}

impl Given {
    /// Reads all attributes of the grammar.
    pub(crate) fn read(attributes: &[Attribute], grammar: &Grammar, diagnostics: &mut Diagnostics) -> Self {
        let before = diagnostics.count();
        let mut given = Self::nothing();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(grammar.attribute)) {
            given.add_all(entries(attribute, grammar, diagnostics), grammar, diagnostics);
            given.attribute.get_or_insert_with(|| attribute.clone());
        }
        given.complete = diagnostics.count() == before;
        given
    }

    /// Reads what is left of a list.
    pub(crate) fn parse(
        input: ParseStream<'_>,
        grammar: &Grammar,
        diagnostics: &mut Diagnostics,
    ) -> syn::Result<Self> {
        let mut found = Entries::default();
        entry::read(input, grammar, &mut found, diagnostics)?;
        entry::valued(&mut found, grammar, diagnostics);
        let mut given = Self::nothing();
        given.add_all(found, grammar, diagnostics);
        Ok(given)
    }

    /// Of an item without an attribute.
    pub(crate) fn nothing() -> Self {
        Self {
            attribute: None,
            entries: Vec::new(),
            lists: Vec::new(),
            mistaken: Vec::new(),
            complete: true,
            astray: false,
            means_child: false,
            means_asset: false,
        }
    }

    /// What was given in parentheses behind a key, each time.
    pub(crate) fn take_lists(&mut self, key: &str) -> Vec<MetaList> {
        self.lists.extract_if(.., |list| list.path.is_ident(key)).collect()
    }

    /// What was given for a key.
    pub(crate) fn take(&mut self, key: &str) -> Option<Entry> {
        let index = self.entries.iter().position(|entry| entry.is(key))?;
        Some(self.entries.swap_remove(index))
    }

    /// Whether somebody meant to give this key, which has been said to be written in another way.
    pub(crate) fn means(&self, key: &str) -> bool {
        self.mistaken.iter().any(|mistaken| mistaken == key)
    }

    fn add_all(&mut self, found: Entries, grammar: &Grammar, diagnostics: &mut Diagnostics) {
        for entry in found.entries {
            self.add(entry, grammar, diagnostics);
        }
        self.lists.extend(found.lists);
        self.mistaken.extend(found.unread.iter().map(ToString::to_string));
    }

    fn add(&mut self, entry: Entry, grammar: &Grammar, diagnostics: &mut Diagnostics) {
        if !grammar.knows(&entry) {
            self.astray |= grammar.homes(&entry).next().is_some();
            self.means_child |= entry.is(key::CHILD);
            self.means_asset |=
                grammar.homes(&entry).all(|home| home.attribute == ASSET.attribute) && self.astray;
            self.mistaken.extend(grammar.own(&entry).map(str::to_owned));
            return diagnostics.at(entry.key.span(), grammar.unknown(&entry));
        }
        if let Some(first) = self.entries.iter().find(|first| first.key == entry.key) {
            diagnostics.at(first.key.span(), format_args!("`{}` is first given here", entry.key));
            return diagnostics.at(entry.key.span(), format_args!("`{}` is given twice", entry.key));
        }
        self.entries.push(entry);
    }
}

/// The entries of one attribute, those that can be read.
fn entries(attribute: &Attribute, grammar: &Grammar, diagnostics: &mut Diagnostics) -> Entries {
    let name = grammar.attribute;
    match &attribute.meta {
        Meta::Path(_) => Entries::default(),
        Meta::List(list) => {
            if !matches!(list.delimiter, MacroDelimiter::Paren(_)) {
                let message = format_args!("wrong delimiters, expected parentheses: `#[{name}(..)]`");
                diagnostics.at(list.delimiter.span().open(), message);
            }
            entry::parse(list, grammar, diagnostics)
        }
        Meta::NameValue(pair) => {
            let message =
                format_args!("unexpected `=`, expected a list of keys: `#[{name}({})]`", grammar.example());
            diagnostics.over(pair.eq_token, message);
            Entries::default()
        }
    }
}
