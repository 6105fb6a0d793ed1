//! The handle: a getter for every asset, a setter for those that are not computed.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::docs;
use crate::model::{Asset, Device, Item, Kind, Methods, ours};

/// `GreenhouseDevice`.
pub(super) fn ident(item: &Item) -> Ident {
    ours(&item.ident, &format!("{}Device", item.ident.unraw()))
}

/// The type.
pub(super) fn declare(item: &Item) -> TokenStream {
    let Item { vis, deprecated, .. } = item;
    let (handle, private) = (ident(item), item.private());
    let doc =
        format!(" A running [`{}`]. Cheap to clone; all clones are the same device.", item.ident.unraw());
    quote! {
        #[doc = #doc]
        #deprecated
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #vis struct #handle(#private::DeviceHandle);
    }
}

/// The type and its methods.
pub(super) fn expand(device: &Device) -> TokenStream {
    let item = &device.item;
    let (declaration, handle, private, vis) = (declare(item), ident(item), item.private(), &item.vis);
    let ident = ours(&item.ident, &item.ident.to_string());
    let methods = device.assets.iter().enumerate().map(|(index, asset)| methods(asset, index, &private));
    quote! {
        #declaration

        impl #handle {
            #(#methods)*

            /// Changes several assets in one transaction: all of it is accepted, or nothing is.
            #vis fn update<__F: ::core::ops::FnOnce(&mut #ident)>(
                &self,
                edit: __F,
            ) -> #private::Update<'_, #ident, __F> {
                #private::update(&self.0, edit)
            }

            /// The whole state as it is now.
            #vis fn snapshot(&self) -> #ident {
                #private::snapshot(&self.0)
            }
        }
    }
}

fn methods(asset: &Asset, index: usize, private: &TokenStream) -> Option<TokenStream> {
    let Asset { vis, written_type, deprecated, .. } = asset;
    let getter = ours(&asset.field, &asset.field.to_string());
    let doc = docs::getter(asset);
    let setter = setter(asset, index, private);
    (asset.methods == Methods::Own).then(|| {
        quote! {
            #setter

            #(#[doc = #doc])*
            #deprecated
            #vis fn #getter(&self) -> #written_type {
                #private::get(&self.0, #index)
            }
        }
    })
}

fn setter(asset: &Asset, index: usize, private: &TokenStream) -> Option<TokenStream> {
    let Asset { vis, written_type, deprecated, .. } = asset;
    let setter = ours(&asset.field, &setter_name(asset));
    let doc = docs::setter(asset);
    (asset.kind != Kind::Virtual).then(|| {
        quote! {
            #(#[doc = #doc])*
            #deprecated
            #vis fn #setter(&self, value: #written_type) -> #private::Set<'_> {
                #private::set(&self.0, #index, value)
            }
        }
    })
}

/// `set_temperature`.
pub(crate) fn setter_name(asset: &Asset) -> String {
    format_ident!("set_{}", asset.field.unraw()).to_string()
}

/// How a handle becomes what all devices have in common, and back.
pub(super) fn conversions(item: &Item) -> TokenStream {
    let handle = ident(item);
    quote! {
        #[automatically_derived]
        impl ::core::ops::Deref for #handle {
            type Target = __rt::DeviceHandle;
            fn deref(&self) -> &__rt::DeviceHandle {
                &self.0
            }
        }

        #[automatically_derived]
        impl ::core::convert::From<__rt::DeviceHandle> for #handle {
            fn from(handle: __rt::DeviceHandle) -> Self {
                Self(handle)
            }
        }
    }
}
