//! A device: a struct with named fields, some of which are assets.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Expr, Fields, Lit, parse_quote};

use super::asset::Asset;
use super::item::{self, Item};
use super::text;
use crate::attribute::{DEVICE, Entry, Given, key, peel};
use crate::case::{Case, in_words};
use crate::diagnostics::Diagnostics;

/// What is done with differences at startup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    Never,
    Always,
    Prune,
}

/// A device.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) item: Item,
    /// An expression: the default is put together by `concat!` in the user's crate, whose name only
    /// the compiler knows for certain.
    pub(crate) urn: TokenStream,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) policy: Policy,
    pub(crate) assets: Vec<Asset>,
}

impl Device {
    pub(crate) fn read(input: &DeriveInput, diagnostics: &mut Diagnostics) -> Self {
        let mut given = Given::read(&input.attrs, &DEVICE, diagnostics);
        let name = input.ident.unraw().to_string();
        let rename = item::rename_all(&mut given, &DEVICE, diagnostics);
        let title = text::given(given.take(key::TITLE), &DEVICE, diagnostics);
        let description = text::given(given.take(key::DESCRIPTION), &DEVICE, diagnostics);
        Self {
            item: Item::read(input, &mut given, &DEVICE, diagnostics),
            urn: urn(given.take(key::MODEL), &name, diagnostics),
            title: title.unwrap_or_else(|| in_words(&name)),
            description: description.unwrap_or_else(|| text::doc(&input.attrs)),
            policy: policy(given.take(key::OVERWRITE_ASSETS), diagnostics),
            assets: assets(input, rename, diagnostics),
        }
    }

    /// The assets with a method in the handler.
    pub(crate) fn commandable(&self) -> impl Iterator<Item = (usize, &Asset)> {
        self.assets.iter().enumerate().filter(|(_, asset)| asset.kind.is_commandable())
    }
}

fn assets(input: &DeriveInput, rename: Option<Case>, diagnostics: &mut Diagnostics) -> Vec<Asset> {
    let Data::Struct(data) = &input.data else { return Vec::new() };
    let Fields::Named(fields) = &data.fields else { return Vec::new() };
    fields.named.iter().filter_map(|field| Asset::read(field, rename, diagnostics)).collect()
}

fn urn(entry: Option<Entry>, name: &str, diagnostics: &mut Diagnostics) -> TokenStream {
    let name = Case::Kebab.apply(name);
    let tail = format!(":{name}:1");
    let default = parse_quote!(::core::concat!("urn:edge:", ::core::env!("CARGO_PKG_NAME"), #tail));
    let Some(text) = entry.and_then(|entry| entry.text(&DEVICE, diagnostics)) else { return default };
    let (value, span) = (&text.value, text.span);
    if value.is_empty() {
        diagnostics.at(span, "`model` is empty; remove it to use the default");
    } else if value.contains(|c: char| c.is_whitespace() || c.is_control()) {
        diagnostics.at(span, "`model` is a URN, which has no white space, as in `urn:example:lamp:1`");
    }
    parse_quote!(#value)
}

fn policy(entry: Option<Entry>, diagnostics: &mut Diagnostics) -> Policy {
    let Some(value) = entry.as_ref().and_then(|entry| entry.value.as_ref()).map(peel) else {
        return Policy::Never;
    };
    if let Expr::Lit(literal) = value {
        match &literal.lit {
            Lit::Bool(lit) if lit.value => return Policy::Always,
            Lit::Bool(_) => return Policy::Never,
            Lit::Str(text) if text.value() == "prune" => return Policy::Prune,
            _ => {}
        }
    }
    diagnostics.over(value, "unknown policy, expected one of `false`, `true`, `\"prune\"`");
    Policy::Never
}
