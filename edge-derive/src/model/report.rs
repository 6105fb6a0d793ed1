//! An alert or a data format: a struct whose fields are what is said.

use std::collections::HashSet;
use std::mem;

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Data, DeriveInput, Expr, Fields, Lit, MetaList, Path, Token};

use super::asset::{Asset, Name};
use super::item::Item;
use super::rules::{RETENTIONS, Retention, word};
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
        let before = diagnostics.count();
        match list.parse_args_with(|input: ParseStream<'_>| paths(input, key, diagnostics)) {
            Ok(paths) if paths.is_empty() && diagnostics.count() == before => {
                diagnostics.over(&list.path, format_args!("`{key}` names no type, as in `{}`", example(key)));
            }
            Ok(paths) => all.extend(paths),
            Err(error) => diagnostics.push(error),
        }
    }
    all
}

fn paths(input: ParseStream<'_>, key: &str, diagnostics: &mut Diagnostics) -> syn::Result<Vec<Path>> {
    let mut paths = Vec::new();
    while !input.is_empty() {
        let path = path(input, key)?;
        if input.peek(Token![=]) {
            let noun = if key == key::ALERT { "an alert" } else { "a data format" };
            let own = written(&path);
            let message = format_args!("keys of {noun} stand at its struct: `#[{key}({own} = ..)]`");
            diagnostics.over(&path, message);
            input.parse::<Token![=]>()?;
            input.parse::<Expr>()?;
        } else {
            paths.push(path);
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(paths)
}

fn path(input: ParseStream<'_>, key: &str) -> syn::Result<Path> {
    if input.peek(Lit) {
        let literal: Lit = input.parse()?;
        let message = format_args!("expected a type, without quotes, as in `{}`", example(key));
        return Err(syn::Error::new_spanned(literal, message));
    }
    input.parse().map_err(|error| {
        syn::Error::new(error.span(), format_args!("expected a type, as in `{}`", example(key)))
    })
}

fn example(key: &str) -> &'static str {
    if key == key::ALERT { "alert(OverTemperature)" } else { "format(Sample)" }
}
