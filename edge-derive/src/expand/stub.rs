//! What is written for an item that cannot be expanded, so that what uses it makes no further errors.

use proc_macro2::TokenStream;
use quote::quote;

use super::handle;
use crate::model::{Item, ours};

/// A device without assets.
pub(super) fn device(item: &Item) -> TokenStream {
    let ident = ours(&item.ident, &item.ident.to_string());
    let (declaration, handle) = (handle::declare(item), handle::ident(item));
    let (conversions, private) = (handle::conversions(item), item.private());
    let (parameters, arguments, bounds) = item.generics.split_for_impl();
    let bounds = bounds.map(|bounds| &bounds.predicates);
    quote! {
        #declaration
        const _: () = {
            use #private as __rt;
            static __MODEL: __rt::DeviceModel = __rt::DeviceModel {
                urn: "",
                title: "",
                description: "",
                asset_type: __rt::AssetType::Unknown,
                vendor: "",
                overwrite_assets: __rt::OverwritePolicy::Never,
                children: &[],
                assets: &[],
            };
            #conversions
            #[automatically_derived]
            impl #parameters __rt::Device for #ident #arguments
            where
                Self: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
                #bounds
            {
                const MODEL: &'static __rt::DeviceModel = &__MODEL;
                type Handle = #handle;
                fn field(&mut self, index: ::core::primitive::usize) -> &mut dyn ::core::any::Any {
                    __rt::no_such_asset(index)
                }
            }
            #[automatically_derived]
            impl #parameters __rt::Dispatch<__rt::NoHandler> for #ident #arguments
            where
                Self: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
                #bounds
            {
            }
        };
    }
}

/// A value without members.
pub(super) fn asset_value(item: &Item) -> TokenStream {
    let ident = ours(&item.ident, &item.ident.to_string());
    let private = item.private();
    let (parameters, arguments, bounds) = item.generics.split_for_impl();
    let bounds = bounds.map(|bounds| &bounds.predicates);
    quote! {
        const _: () = {
            use #private as __rt;
            #[automatically_derived]
            impl #parameters __rt::AssetValue for #ident #arguments
            where
                Self: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
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
