//! What only value types can get wrong.

use proc_macro2::TokenTree;
use quote::ToTokens;

use super::Form;
use crate::diagnostics::Diagnostics;
use crate::model::AssetValue;

/// A value has a profile of finite depth: it does not contain itself.
pub(super) fn check(value: &AssetValue, diagnostics: &mut Diagnostics) -> Form {
    let before = diagnostics.count();
    for ty in value.members.iter().filter_map(|member| member.ty.as_ref()) {
        if mentions(ty.to_token_stream(), &value.item.ident) {
            let message =
                format_args!("a value cannot contain itself: `{}` has no finite profile", value.item.ident);
            diagnostics.over(ty, message);
        }
    }
    if diagnostics.count() == before { Form::Sound } else { Form::Unfit }
}

fn mentions(tokens: proc_macro2::TokenStream, ident: &proc_macro2::Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(found) => found == *ident,
        TokenTree::Group(group) => mentions(group.stream(), ident),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
