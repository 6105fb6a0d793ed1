//! What all derives need of the item itself, and words that several attributes share.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{Attribute, DeriveInput, Generics, Path, Visibility, parse_quote};

use crate::attribute::{Entry, Given, Grammar, key};
use crate::case::{CASES, Case};
use crate::diagnostics::Diagnostics;
use crate::suggest::{list, nearest};

/// The item under the derive.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) generics: Generics,
    /// Where edge-runtime is.
    pub(crate) runtime: Path,
    /// `#[deprecated]`, if the item has it.
    pub(crate) deprecated: Option<Attribute>,
}

impl Item {
    pub(crate) fn read(
        input: &DeriveInput,
        given: &mut Given,
        grammar: &Grammar,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let runtime = given.take(key::CRATE).and_then(|entry| entry.path(grammar, diagnostics));
        Self {
            ident: input.ident.clone(),
            vis: input.vis.clone(),
            generics: input.generics.clone(),
            runtime: runtime.unwrap_or_else(|| parse_quote!(::edge_runtime)),
            deprecated: deprecated(&input.attrs),
        }
    }

    /// The path of what expansions call. Its last word is what rustc says that another crate does not have.
    pub(crate) fn private(&self) -> TokenStream {
        let runtime = &self.runtime;
        let items = Ident::new("items_of_edge_runtime", self.end_of_path());
        quote!(#runtime::#items)
    }

    /// That, as the item itself imports it: there, if it leads nowhere.
    pub(crate) fn import(&self, alias: &str) -> TokenStream {
        let (private, end) = (self.private(), self.end_of_path());
        let alias = Ident::new(alias, end);
        quote_spanned!(end=> use #private as #alias;)
    }

    fn end_of_path(&self) -> Span {
        self.runtime.segments.last().map_or_else(Span::call_site, |last| last.ident.span())
    }

    /// As what a device imports it, beside the struct: whatever belongs to the device names it so, and a path that leads nowhere is
    /// one error.
    pub(crate) fn alias(&self) -> Ident {
        Ident::new(&format!("__edge_of_{}", self.ident.unraw()), Span::call_site())
    }
}

/// The attribute `#[deprecated]` among others.
pub(super) fn deprecated(attributes: &[Attribute]) -> Option<Attribute> {
    attributes.iter().find(|attribute| attribute.path().is_ident("deprecated")).cloned()
}

/// The value of `rename_all`.
pub(super) fn rename_all(
    given: &mut Given,
    grammar: &Grammar,
    diagnostics: &mut Diagnostics,
) -> Option<Case> {
    let words = CASES.map(|(word, _)| word);
    let text =
        given.take(key::RENAME_ALL).and_then(|entry: Entry| entry.word(&words, grammar, diagnostics))?;
    let case = CASES.into_iter().find(|(word, _)| *word == text.value).map(|(_, case)| case);
    if case.is_none() {
        diagnostics.at(text.span, unknown_case(&text.value));
    }
    case
}

fn unknown_case(found: &str) -> String {
    let words = || CASES.into_iter().map(|(word, _)| word);
    let (found, expected) = (found.escape_debug().to_string(), format!("expected one of {}", list(words())));
    match nearest(&found, words()) {
        Some(near) => format!("unknown case `{found}`, did you mean `{near}`? ({expected})"),
        None => format!("unknown case `{found}`, {expected}"),
    }
}

/// An identifier that stands where the user wrote `ident`, and belongs to the expansion: lints of the
/// user's do not look at it.
pub(crate) fn ours(ident: &Ident, text: &str) -> Ident {
    let span = Span::call_site().located_at(ident.span());
    match text.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, span),
        None => Ident::new(text, span),
    }
}
