//! What was meant by a list that is not written as one: `alert = Hot`, `alerts(Hot)`, `action = "reboot"`. What it declares the rest of
//! the program uses, and of that nothing should be said.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{LitStr, MetaList, Path, Token, parse_quote};

use super::key;
use crate::expand::written;

/// The lists that were meant by what stands behind the key; none if that is not clear.
pub(super) fn meant(key: &Ident, input: ParseStream<'_>) -> Vec<MetaList> {
    let declared = tokens(&input.fork()).and_then(|tokens| names(key, tokens));
    declared.unwrap_or_default().into_iter().map(|name| parse_quote!(#key(#name))).collect()
}

/// As they are written.
pub(super) fn shown(lists: &[MetaList]) -> String {
    let shown = |list: &MetaList| format!("{}({})", written(&list.path), written(&list.tokens));
    lists.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// What stands up to the comma: behind `=`, in brackets or in quotes.
fn tokens(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    input.parse::<Option<Token![=]>>()?;
    if let Ok(text) = input.parse::<LitStr>() {
        return text.parse();
    }
    let mut tokens = Vec::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.push(input.parse::<TokenTree>()?);
    }
    match tokens.as_slice() {
        [TokenTree::Group(group)] if group.delimiter() != Delimiter::None => Ok(group.stream()),
        _ => Ok(tokens.into_iter().collect()),
    }
}

/// The types or the actions that are named in it.
fn names(key: &Ident, tokens: TokenStream) -> syn::Result<Vec<TokenStream>> {
    let paths = Punctuated::<Path, Token![,]>::parse_terminated.parse2(tokens)?;
    let is_type = |path: &Path| {
        let last = path.segments.last().map(|last| last.ident.to_string());
        last.is_some_and(|last| last.starts_with(char::is_uppercase))
    };
    let is_meant = |path: &Path| match key {
        key if key == key::ALERT || key == key::FORMAT => is_type(path),
        key if key == key::ACTION => path.get_ident().is_some(),
        _ => false,
    };
    Ok(paths.iter().filter(|path| is_meant(path)).map(|path| quote!(#path)).collect())
}
