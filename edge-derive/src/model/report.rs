//! An alert or a data format: a struct whose fields are what is said.

use std::collections::HashSet;
use std::mem;

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Data, DeriveInput, Fields, Lit, MetaList, Path, Token};

use super::asset::{Asset, Name};
use super::item::Item;
use super::rules::{RETENTIONS, Retention, word};
use super::signature::to_comma;
use super::text;
use crate::attribute::{ALERT, ALERT_FIELD, Entry, FORMAT, FORMAT_FIELD, Given, Grammar, key};
use crate::case::Case;
use crate::diagnostics::Diagnostics;
use crate::expand::written;

/// What a struct is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Alert,
    Format,
}

impl Sort {
    /// The derive's name.
    pub(crate) fn derive(self) -> &'static str {
        match self {
            Self::Alert => "Alert",
            Self::Format => "Format",
        }
    }

    /// In a sentence.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Format => "data format",
        }
    }

    fn grammars(self) -> (&'static Grammar, &'static Grammar) {
        match self {
            Self::Alert => (&ALERT, &ALERT_FIELD),
            Self::Format => (&FORMAT, &FORMAT_FIELD),
        }
    }
}

/// The words of `severity`, and what they are called in edge-runtime.
pub(crate) const SEVERITIES: [(&str, &str); 4] =
    [("low", "Low"), ("normal", "Normal"), ("significant", "Significant"), ("critical", "Critical")];

/// The variant of edge-runtime's `Severity` that is named.
pub(super) fn severity(
    entry: Entry,
    grammar: &Grammar,
    diagnostics: &mut Diagnostics,
) -> Option<&'static str> {
    word(entry, ("severity", "severities"), SEVERITIES, grammar, diagnostics)
}

/// An alert or a data format.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) item: Item,
    pub(crate) sort: Sort,
    pub(crate) name: Name,
    /// Empty if it is not given.
    pub(crate) urn: String,
    pub(crate) description: String,
    /// The variant of edge-runtime's `Severity`.
    pub(crate) severity: &'static str,
    pub(crate) retention: Option<Retention>,
    /// Each has a name, a type and limits, as an asset has.
    pub(crate) fields: Vec<Asset>,
}

impl Report {
    pub(crate) fn read(input: &DeriveInput, sort: Sort, diagnostics: &mut Diagnostics) -> Self {
        let (grammar, of_fields) = sort.grammars();
        let mut given = Given::read(&input.attrs, grammar, diagnostics);
        let description = text::description(given.take(key::DESCRIPTION), &input.attrs, grammar, diagnostics);
        let severity = given.take(key::SEVERITY).and_then(|entry| severity(entry, grammar, diagnostics));
        // What is to be kept nowhere is a state: whoever says something wants it heard.
        let retentions = [RETENTIONS[1], RETENTIONS[2]];
        let retention = given
            .take(key::RETENTION)
            .and_then(|entry| word(entry, ("retention", "retentions"), retentions, grammar, diagnostics));
        Self {
            item: Item::read(input, &mut given, grammar, diagnostics),
            sort,
            name: Name::read(
                &input.ident.unraw(),
                given.take(key::NAME),
                Some(Case::Kebab),
                grammar,
                diagnostics,
            ),
            urn: urn(given.take(key::URN), grammar, diagnostics).unwrap_or_default(),
            description,
            severity: severity.unwrap_or("Significant"),
            retention,
            fields: fields(input, of_fields, diagnostics),
        }
    }
}

/// A URN in an attribute.
fn urn(entry: Option<Entry>, grammar: &Grammar, diagnostics: &mut Diagnostics) -> Option<String> {
    let literal = entry.clone()?.value;
    let urn = text::given(entry, "use the default", grammar, diagnostics)?;
    if urn.contains(char::is_whitespace) {
        let message = "`urn` is a URN, which has no white space, as in `urn:example:over-temperature`";
        diagnostics.over(literal, message);
    }
    Some(urn)
}

fn fields(input: &DeriveInput, grammar: &'static Grammar, diagnostics: &mut Diagnostics) -> Vec<Asset> {
    let Data::Struct(data) = &input.data else { return Vec::new() };
    let Fields::Named(fields) = &data.fields else { return Vec::new() };
    let mut seen = HashSet::new();
    // Of a second field of one name rustc says so by itself.
    let fields = fields.named.iter().filter(|field| seen.insert(field.ident.as_ref().map(Ident::unraw)));
    fields.filter_map(|field| Asset::field(field, grammar, diagnostics)).collect()
}

/// The types that a device declares by `alert(..)` or `format(..)`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reports {
    pub(crate) alerts: Vec<Path>,
    pub(crate) formats: Vec<Path>,
}

impl Reports {
    pub(super) fn read(given: &mut Given, diagnostics: &mut Diagnostics) -> Self {
        let mut types = |key| types(&given.take_lists(key), key, diagnostics);
        Self { alerts: types(key::ALERT), formats: types(key::FORMAT) }
    }

    /// All of them, and what each should be.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Sort, &Path)> {
        let alerts = self.alerts.iter().map(|path| (Sort::Alert, path));
        alerts.chain(self.formats.iter().map(|path| (Sort::Format, path)))
    }

    /// Leaves out those for which it does not hold.
    pub(crate) fn retain(&mut self, mut holds: impl FnMut(&Path) -> bool) {
        for paths in [&mut self.alerts, &mut self.formats] {
            *paths = mem::take(paths).into_iter().filter(|path| holds(path)).collect();
        }
    }
}

fn types(lists: &[MetaList], key: &str, diagnostics: &mut Diagnostics) -> Vec<Path> {
    let mut all = Vec::new();
    for list in lists {
        if list.tokens.is_empty() {
            diagnostics.over(&list.path, format_args!("`{key}` names no type, as in `{}`", example(key)));
        }
        let read = |input: ParseStream<'_>| paths(input, key, &mut all, diagnostics);
        if let Err(error) = list.parse_args_with(read) {
            diagnostics.push(error);
        }
    }
    all
}

/// Reads what of a list can be read: what is declared, programs use.
fn paths(
    input: ParseStream<'_>,
    key: &str,
    all: &mut Vec<Path>,
    diagnostics: &mut Diagnostics,
) -> syn::Result<()> {
    while !input.is_empty() {
        match path(input, key, diagnostics) {
            Ok(Some(own)) if input.peek(Token![=]) => {
                let noun = if key == key::ALERT { "an alert" } else { "a data format" };
                let text = written(&own);
                let message = format_args!("keys of {noun} stand at its struct: `#[{key}({text} = ..)]`");
                diagnostics.over(&own, message);
                to_comma(input)?;
            }
            Ok(path) => all.extend(path),
            Err(error) => {
                diagnostics.push(error);
                to_comma(input)?;
            }
        }
        if !input.is_empty() && !input.peek(Token![,]) {
            diagnostics.push(input.error("expected `,`"));
            // `alert(A B)`: only the comma is missing.
            if !input.peek(syn::Ident) {
                to_comma(input)?;
            }
        }
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(())
}

/// The path; of one in quotes, what is in them, unless that is a name on the wire.
fn path(input: ParseStream<'_>, key: &str, diagnostics: &mut Diagnostics) -> syn::Result<Option<Path>> {
    if input.peek(Lit) {
        let literal: Lit = input.parse()?;
        let path = quoted(&literal);
        let remedy = match &path {
            Some(path) => format!("; write `{}`", written(path)),
            None => format!(", as in `{}`", example(key)),
        };
        diagnostics.over(literal, format_args!("expected a type, without quotes{remedy}"));
        return Ok(path);
    }
    let path = input.parse().map_err(|error| {
        syn::Error::new(error.span(), format_args!("expected a type, as in `{}`", example(key)))
    });
    path.map(Some)
}

/// The type in the quotes.
fn quoted(literal: &Lit) -> Option<Path> {
    let Lit::Str(text) = literal else { return None };
    let path: Path = text.parse().ok()?;
    let is_type = path.segments.last()?.ident.unraw().to_string().starts_with(char::is_uppercase);
    is_type.then_some(path)
}

fn example(key: &str) -> &'static str {
    if key == key::ALERT { "alert(OverTemperature)" } else { "format(Sample)" }
}
