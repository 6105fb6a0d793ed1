//! The page on which users look keys up, the module `attributes` of edge-runtime, held against the grammar: each key has a row in
//! the table of its attribute, and an example that the macros read as they read any program.

use std::collections::HashSet;

use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Block, Data, DeriveInput, Ident, Item, MetaList, Stmt, Token, Type};

use crate::attribute::{
    ACTION, ALERT, ALERT_FIELD, ARGUMENT, ASSET, ASSET_VALUE, BATCH, CHILD, DEVICE, FORMAT, FORMAT_FIELD,
    Given, Grammar, MEMBER, PUBLISH, key,
};
use crate::diagnostics::Diagnostics;

/// The page with the tables.
const PAGE: &str = include_str!("../../../edge-runtime/src/attributes/mod.rs");

/// Those with the examples.
const EXAMPLES: [&str; 8] = [
    include_str!("../../../edge-runtime/src/attributes/action.rs"),
    include_str!("../../../edge-runtime/src/attributes/asset.rs"),
    include_str!("../../../edge-runtime/src/attributes/asset_value.rs"),
    include_str!("../../../edge-runtime/src/attributes/child.rs"),
    include_str!("../../../edge-runtime/src/attributes/delivery.rs"),
    include_str!("../../../edge-runtime/src/attributes/device.rs"),
    include_str!("../../../edge-runtime/src/attributes/publish.rs"),
    include_str!("../../../edge-runtime/src/attributes/report.rs"),
];

/// The headings of the tables, and the attributes whose keys are in each.
const TABLES: [(&str, &[&Grammar]); 11] = [
    ("## `#[device(..)]`, on the struct", &[&DEVICE]),
    ("### `batch(..)`, in `#[device(..)]`", &[&BATCH]),
    ("### `action(..)`, in `#[device(..)]`", &[&ACTION]),
    ("### `#[arg(..)]`, before an argument of an action", &[&ARGUMENT]),
    ("## `#[asset(..)]`, on a field", &[&ASSET]),
    ("### `publish(..)`, in `#[asset(..)]`", &[&PUBLISH]),
    ("## `#[device(child)]`, on a field", &[&CHILD]),
    ("## `#[asset_value(..)]`, on the type", &[&ASSET_VALUE]),
    ("## `#[asset_value(..)]`, on a variant or a field", &[&MEMBER]),
    ("## `#[alert(..)]` or `#[format(..)]`, on the struct", &[&ALERT, &FORMAT]),
    ("## `#[alert(..)]` or `#[format(..)]`, on a field", &[&ALERT_FIELD, &FORMAT_FIELD]),
];

/// How many columns each table has.
const COLUMNS: usize = 5;

#[test]
fn every_key_has_a_row() {
    for (heading, grammars) in TABLES {
        let rows = rows(heading);
        let keys: HashSet<&str> = grammars.iter().flat_map(|grammar| grammar.words()).collect();
        let missing: Vec<_> = keys.iter().filter(|key| !rows.contains(key)).collect();
        let unknown: Vec<_> = rows.iter().filter(|key| !keys.contains(*key)).collect();
        assert!(missing.is_empty(), "no row under {heading}: {missing:?}");
        assert!(unknown.is_empty(), "no keys, but rows under {heading}: {unknown:?}");
        assert_eq!(rows.len(), keys.len(), "a key has two rows under {heading}");
    }
}

#[test]
fn every_key_has_an_example() {
    let mut shown = Shown::default();
    EXAMPLES.into_iter().flat_map(examples).for_each(|example| shown.read(&example));
    let missing: Vec<_> = TABLES
        .into_iter()
        .flat_map(|(_, grammars)| grammars)
        .flat_map(|grammar| grammar.words().map(|key| (place(grammar), key)))
        .filter(|key| !shown.0.contains(key))
        .collect();
    assert!(missing.is_empty(), "without an example: {missing:#?}");
}

/// The keys in the first column of the tables under a heading.
fn rows(heading: &str) -> Vec<&'static str> {
    let lines = PAGE.lines().map(|line| line.trim_start_matches("//!").trim());
    let below = lines.skip_while(|line| *line != heading).skip(1).take_while(|line| !line.starts_with('#'));
    let rows: Vec<_> = below.filter(|line| line.starts_with("| `")).collect();
    assert!(!rows.is_empty(), "no table under {heading}");
    rows.into_iter().map(key_of_row).collect()
}

/// `` | `name` | .. ``; a list's parentheses belong to the example.
fn key_of_row(row: &'static str) -> &'static str {
    let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
    assert_eq!(cells.len(), COLUMNS, "{row}");
    assert!(cells.iter().all(|cell| !cell.is_empty()), "nothing is said in a cell of {row}");
    let word = cells[0].strip_prefix('`').and_then(|cell| cell.strip_suffix('`')).expect(row);
    assert!(!word.contains('`'), "two keys in one row: {row}");
    word.split('(').next().expect("splitting gives something")
}

/// The programs of a page that compile.
fn examples(page: &str) -> Vec<Block> {
    let lines = page.lines().map(|line| line.trim_start_matches("//!").strip_prefix(' ').unwrap_or_default());
    let mut examples = Vec::new();
    let mut code: Option<String> = None;
    for line in lines {
        match (&mut code, line) {
            (None, "```") => code = Some(String::new()),
            (None, _) => assert!(!line.starts_with("```"), "another sort of example: {line}"),
            (Some(text), "```") => {
                examples.push(syn::parse_str(&format!("{{{text}}}")).expect(text));
                code = None;
            }
            // Hidden lines are read like any other.
            (Some(text), _) => *text += &format!("{}\n", line.strip_prefix("# ").unwrap_or(line)),
        }
    }
    examples
}

/// Of what a key says something: two attributes have the same name.
fn place(grammar: &Grammar) -> String {
    format!("{grammar:?}")
}

/// The keys that are given somewhere.
#[derive(Default)]
struct Shown(HashSet<(String, &'static str)>);

impl Shown {
    fn read(&mut self, example: &Block) {
        for statement in &example.stmts {
            let item: DeriveInput = match statement {
                Stmt::Item(Item::Struct(item)) => item.clone().into(),
                Stmt::Item(Item::Enum(item)) => item.clone().into(),
                _ => continue,
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
    }

    fn attributes(&mut self, grammar: &'static Grammar, attributes: &[Attribute]) {
        let mut diagnostics = Diagnostics::default();
        let given = Given::read(attributes, grammar, &mut diagnostics);
        assert_eq!(diagnostics.texts(), [""; 0]);
        self.keys(grammar, given);
    }

    fn keys(&mut self, grammar: &'static Grammar, mut given: Given) {
        for key in grammar.words() {
            let lists = given.take_lists(key);
            if !lists.is_empty() || given.take(key).is_some() {
                self.0.insert((place(grammar), key));
            }
            lists.iter().for_each(|list| self.list(key, list));
        }
    }

    /// What stands in the parentheses behind a key.
    fn list(&mut self, key: &str, list: &MetaList) {
        let read = |input: ParseStream<'_>| {
            let mut diagnostics = Diagnostics::default();
            let given = match key {
                key::BATCH => Some((&BATCH, Given::parse(input, &BATCH, &mut diagnostics)?)),
                key::PUBLISH => Some((&PUBLISH, Given::parse(input, &PUBLISH, &mut diagnostics)?)),
                key::ACTION => {
                    self.arguments(input)?;
                    Some((&ACTION, Given::parse(input, &ACTION, &mut diagnostics)?))
                }
                _ => {
                    Punctuated::<syn::Path, Token![,]>::parse_terminated(input)?;
                    None
                }
            };
            assert_eq!(diagnostics.texts(), [""; 0]);
            Ok(given)
        };
        if let Some((grammar, given)) = list.parse_args_with(read).expect("an example") {
            self.keys(grammar, given);
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
