//! What is written for an item that cannot be expanded, so that what uses it makes no further errors.

use proc_macro2::TokenStream;
use quote::quote;

use super::handle;
use crate::model::{Item, ours};

/// A device without assets. Of one without a size, only its handle: what is not sized is nothing else.
pub(super) fn device(item: &Item, is_sized: bool) -> TokenStream {
    let ident = ours(&item.ident, &item.ident.to_string());
    let (declaration, handle) = (handle::declare(item), handle::ident(item));
    if !is_sized {
        return declaration;
    }
    let (deref, made, private) = (handle::deref(item), handle::made(item), item.private());
    let (parameters, arguments, _) = item.generics.split_for_impl();
    let bounds = bounds(item);
    quote! {
        #declaration
        const _: () = {
            use #private as __rt;
            #deref
            #[automatically_derived]
            impl #parameters __rt::Device for #ident #arguments
            #bounds
            {
                const MODEL: &'static __rt::DeviceModel = &__rt::NO_ASSETS;
                #made
                fn field(&mut self, index: ::core::primitive::usize) -> &mut dyn ::core::any::Any {
                    __rt::no_such_asset(index)
                }
            }
            #[automatically_derived]
            impl #parameters __rt::Dispatch<__rt::NoHandler> for #ident #arguments
            #bounds
            {
                type Handle = #handle;
            }
        };
    }
}

/// A value without members.
pub(super) fn asset_value(item: &Item) -> TokenStream {
    let ident = ours(&item.ident, &item.ident.to_string());
    let private = item.private();
    let (parameters, arguments, _) = item.generics.split_for_impl();
    let bounds = bounds(item);
    quote! {
        const _: () = {
            use #private as __rt;
            #[automatically_derived]
            impl #parameters __rt::AssetValue for #ident #arguments
            #bounds
            {
                fn profile() -> __rt::Profile {
                    __rt::no_such_value()
                }
                fn encode(&self, _: &mut __rt::Vec<::core::primitive::u8>) {
                    __rt::no_such_value()
                }
                fn decode(_: __rt::Value) -> ::core::result::Result<Self, __rt::Refusal> {
                    __rt::no_such_value()
                }
            }
        };
    }
}

/// What a value or a device must be, where that depends on the parameters.
pub(super) fn bounds(item: &Item) -> Option<TokenStream> {
    let own = item.generics.where_clause.as_ref().map(|clause| &clause.predicates);
    let own = own.filter(|predicates| !predicates.is_empty()).map(|predicates| {
        let predicates = predicates.iter();
        quote!(#(#predicates),*)
    });
    (!item.generics.params.is_empty()).then(|| {
        quote! {
            where
                Self: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
                #own
        }
    })
}
