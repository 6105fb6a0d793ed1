//! A device: a struct with named fields, some of which are assets or child devices.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Expr, ExprLit, ExprPath, Field, Fields, Lit, parse_quote};

use super::action::Action;
use super::asset::{Asset, Made};
use super::batch::Batch;
use super::child::Child;
use super::item::{self, Item};
use super::report::Reports;
use super::text;
use super::ty::{could_be_device, without_self};
use crate::attribute::{CHILD, DEVICE, Entry, Given, found, key, peel};
use crate::case::Case;
use crate::diagnostics::Diagnostics;
use crate::suggest::{self, nearest};

/// What is done with differences at startup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    Never,
    Always,
    Prune,
}

/// What sort of thing a device is, and what it is called in edge-runtime.
const ASSET_TYPES: [(&str, &str); 6] = [
    ("unknown", "Unknown"),
    ("aircraft", "Aircraft"),
    ("dock", "Dock"),
    ("sensor", "Sensor"),
    ("camera", "Camera"),
    ("other", "Other"),
];

/// A device.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) item: Item,
    /// An expression: the default is put together by `concat!` in the user's crate, whose name only
    /// the compiler knows for certain.
    pub(crate) urn: TokenStream,
    pub(crate) title: String,
    pub(crate) description: String,
    /// The variant of edge-runtime's `AssetType`.
    pub(crate) asset_type: &'static str,
    /// Empty if it is not given.
    pub(crate) vendor: String,
    pub(crate) policy: Policy,
    pub(crate) batch: Option<Batch>,
    pub(crate) assets: Vec<Asset>,
    pub(crate) children: Vec<Child>,
    /// The fields that are neither: what the device keeps for itself.
    pub(crate) private: Vec<Ident>,
    pub(crate) actions: Vec<Action>,
    /// What every handler has and this one has not, since something of the device is called by its name, which is refused.
    pub(crate) replaced: HashSet<String>,
    pub(crate) reports: Reports,
}

impl Device {
    pub(crate) fn read(input: &DeriveInput, diagnostics: &mut Diagnostics) -> Self {
        let mut given = Given::read(&input.attrs, &DEVICE, diagnostics);
        let name = input.ident.unraw().to_string();
        let rename = item::rename_all(&mut given, &DEVICE, diagnostics);
        let title = text::title(given.take(key::TITLE), &name, &DEVICE, diagnostics);
        let description = text::description(given.take(key::DESCRIPTION), &input.attrs, &DEVICE, diagnostics);
        let vendor = text::given(given.take(key::VENDOR), "have none", &DEVICE, diagnostics);
        let mut device = Self {
            item: Item::read(input, &mut given, &DEVICE, diagnostics),
            urn: urn(given.take(key::MODEL), &name, diagnostics),
            title,
            description,
            asset_type: asset_type(given.take(key::ASSET_TYPE), diagnostics),
            vendor: vendor.unwrap_or_default(),
            policy: policy(given.take(key::OVERWRITE_ASSETS), diagnostics),
            batch: Batch::read(&given.take_lists(key::BATCH), diagnostics),
            assets: Vec::new(),
            children: Vec::new(),
            private: Vec::new(),
            reports: Reports::read(&mut given, diagnostics),
            actions: Action::read_all(&given.take_lists(key::ACTION), rename, diagnostics),
            replaced: HashSet::new(),
        };
        device.read_fields(input, rename, diagnostics);
        device
    }

    fn read_fields(&mut self, input: &DeriveInput, rename: Option<Case>, diagnostics: &mut Diagnostics) {
        let Data::Struct(data) = &input.data else { return };
        let Fields::Named(fields) = &data.fields else { return };
        let mut seen = HashSet::new();
        for field in &fields.named {
            // Of a second field of one name rustc says so by itself.
            if !seen.insert(field.ident.as_ref().map(Ident::unraw)) {
                continue;
            }
            let named = named_type(field, &input.ident);
            let field = named.as_ref().unwrap_or(field);
            let asset = Asset::read(field, rename, diagnostics);
            let given = Given::read(&field.attrs, &CHILD, diagnostics);
            let means_asset = given.means_asset;
            match (asset, Child::read(field, given, rename, diagnostics)) {
                // Taken for what its type can be: for the rest of the program that is right.
                (Some(asset), Some(child)) => match both(&child, diagnostics) && could_be_device(&child.ty) {
                    true => self.children.push(child),
                    false => self.assets.push(asset),
                },
                // What is declared as the other one is taken for what it says it is.
                (None, None) if means_asset => self.assets.extend(Asset::meant(field, rename, diagnostics)),
                (None, None) => self.children.extend(Child::meant(field, rename, diagnostics)),
                (asset, child) => {
                    self.assets.extend(asset);
                    self.children.extend(child);
                }
            }
        }
        let declared = self.assets.iter().map(|asset| &asset.field);
        let declared: HashSet<_> = declared.chain(self.children.iter().map(|child| &child.field)).collect();
        let others = fields.named.iter().filter_map(|field| field.ident.as_ref());
        self.private = others.filter(|field| !declared.contains(field)).cloned().collect();
    }

    /// The actions with a method in the handler, with their places among all.
    pub(crate) fn handled_actions(&self) -> impl Iterator<Item = (usize, &Action)> {
        self.actions.iter().enumerate().filter(|(_, action)| action.handler == Made::All)
    }

    /// The assets with a method in the handler.
    pub(crate) fn commandable(&self) -> impl Iterator<Item = (usize, &Asset)> {
        self.assets
            .iter()
            .enumerate()
            .filter(|(_, asset)| asset.kind.is_commandable() && asset.handler == Made::All)
    }
}

/// The field with a type that names the struct.
fn named_type(field: &Field, item: &Ident) -> Option<Field> {
    let ty = without_self(&field.ty, item)?;
    Some(Field { ty, ..field.clone() })
}

/// Says that a field with `#[asset]` cannot be a child as well, if it says that it is one.
fn both(child: &Child, diagnostics: &mut Diagnostics) -> bool {
    let field = &child.field;
    if let Some(flag) = &child.flag {
        let message = format_args!("`{field}` is an asset already; remove `#[asset]` or `#[device(child)]`");
        diagnostics.at(flag.span(), message);
    }
    child.flag.is_some()
}

/// What others call the policies, among them edge-runtime where a program chooses one.
const POLICIES: [(&str, &[&str]); 3] = [
    ("false", &["false", "never", "no", "off", "keep", "0"]),
    ("true", &["true", "always", "yes", "on", "overwrite", "force", "1"]),
    ("\"prune\"", &["prune", "delete", "remove"]),
];

/// What to write, if that is clear.
fn policy_meant(value: &Expr) -> String {
    let (word, is_text) = match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => (text.value(), true),
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => (number.base10_digits().to_owned(), false),
        // `OverwritePolicy::Prune`: the last word says which.
        Expr::Path(ExprPath { path, .. }) => {
            (path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default(), false)
        }
        other => return format!(", found {}", found(other)),
    };
    let word = word.to_lowercase();
    if found(value) == "a constant" && word != "true" && word != "false" {
        return ", found a constant".to_owned();
    }
    let policy = POLICIES.iter().find(|(_, words)| words.contains(&word.as_str()));
    match (policy, nearest(&word, ["false", "true", "prune"])) {
        (Some((policy @ ("true" | "false"), _)), _) if is_text && word == *policy => {
            format!("; write `{policy}`, without quotes")
        }
        (Some((policy, _)), _) => format!("; write `{policy}`"),
        (None, Some("prune")) => "; did you mean `\"prune\"`?".to_owned(),
        (None, Some(near)) => format!("; did you mean `{near}`?"),
        (None, None) if is_text => String::new(),
        (None, None) => format!(", found {}", found(value)),
    }
}

fn urn(entry: Option<Entry>, name: &str, diagnostics: &mut Diagnostics) -> TokenStream {
    let name = Case::Kebab.apply(name);
    let tail = format!(":{name}:1");
    let default = parse_quote!(::core::concat!("urn:edge:", ::core::env!("CARGO_PKG_NAME"), #tail));
    let Some(text) = entry.and_then(|entry| entry.text(&DEVICE, diagnostics)) else { return default };
    let (value, span) = (&text.value, text.span);
    if value.trim().is_empty() {
        diagnostics.at(span, "`model` is empty; remove it to use the default");
    } else if value.contains(|c: char| c.is_whitespace() || c.is_control()) {
        diagnostics.at(span, "`model` is a URN, which has no white space, as in `urn:example:lamp:1`");
    }
    parse_quote!(#value)
}

fn asset_type(entry: Option<Entry>, diagnostics: &mut Diagnostics) -> &'static str {
    let unknown = ASSET_TYPES[0].1;
    let words = ASSET_TYPES.map(|(word, _)| word);
    let Some(text) = entry.and_then(|entry| entry.word(&words, &DEVICE, diagnostics)) else { return unknown };
    if let Some((_, variant)) = ASSET_TYPES.into_iter().find(|(word, _)| *word == text.value) {
        return variant;
    }
    diagnostics.at(text.span, suggest::unknown("asset type", "asset types", &text.value, words));
    unknown
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
    let remedy = policy_meant(value);
    diagnostics
        .over(value, format_args!("unknown policy, expected one of `false`, `true`, `\"prune\"`{remedy}"));
    Policy::Never
}
