//! The transaction over time: a setter for every asset that is not computed.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::method::{self, Method};
use super::{docs, handle};
use crate::model::{Asset, Device, Item, Kind, ours};

/// `GreenhouseTransaction`.
pub(super) fn ident(item: &Item) -> Ident {
    ours(&item.ident, &format!("{}Transaction", item.ident.unraw()))
}

/// The type.
pub(super) fn declare(item: &Item) -> TokenStream {
    let Item { vis, deprecated, .. } = item;
    let (transaction, handle, private) = (ident(item), handle::ident(item), item.alias());
    let doc = format!(
        " Values of a running [`{}`] that are set together, at the end: all or nothing. Begun by \
         [`{handle}::begin`].",
        item.ident.unraw()
    );
    quote! {
        #[doc = #doc]
        #deprecated
        #[derive(::core::fmt::Debug)]
        #[must_use = "a transaction does nothing unless it is finished"]
        #vis struct #transaction(#private::Transaction);
    }
}

/// Its setters, and how it becomes what all transactions have in common.
pub(super) fn methods(device: &Device) -> TokenStream {
    let transaction = ident(&device.item);
    let setters = |is_named: bool| {
        let assets =
            device.assets.iter().enumerate().filter(|(_, asset)| asset.is_named_in_brackets == is_named);
        assets.filter_map(|(index, asset)| setter(asset, index)).collect::<Vec<_>>()
    };
    let (named, setters) =
        (handle::apart(setters(true), &device.item, &transaction), method::join(setters(false)));
    // Of a type of the user's, rustc says for both that it has no such field, and in the same words: so it is said once.
    quote! {
        impl #transaction {
            #setters
        }
        #named

        #[automatically_derived]
        impl ::core::ops::Deref for #transaction {
            type Target = __rt::Transaction;
            #[inline]
            fn deref(&self) -> &__rt::Transaction {
                &(*self).0
            }
        }

        #[automatically_derived]
        impl ::core::ops::DerefMut for #transaction {
            #[inline]
            fn deref_mut(&mut self) -> &mut __rt::Transaction {
                &mut (*self).0
            }
        }
    }
}

fn setter(asset: &Asset, index: usize) -> Option<Method> {
    let Asset { vis, written_type, deprecated, .. } = asset;
    let setter = ours(&asset.field, &handle::setter_name(asset));
    (asset.kind != Kind::Virtual).then(|| Method {
        doc: docs::transaction(asset),
        signature: quote_spanned! {setter.span()=>
            #deprecated #vis fn #setter(&mut self, value: #written_type) -> __Put<'_, Self>
        },
        call: format!("__put(self, {index}usize, value)"),
    })
}
