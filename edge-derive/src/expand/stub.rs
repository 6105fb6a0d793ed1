//! What is written for an item that cannot be expanded, so that what uses it makes no further errors.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{ConstParam, GenericParam, TypeParam};

use super::device::import;
use super::{handle, handler, transaction};
use crate::model::{Asset, Device, Item, Kind, Method, ours};

/// A device without assets, whose handle has their methods. Of one without a size, only its handle: what is not
/// sized is nothing else.
pub(super) fn device(device: &Device, is_sized: bool) -> TokenStream {
    let item = &device.item;
    let ident = ours(&item.ident, &item.ident.to_string());
    let (declaration, handle) = (handle::declare(item), handle::ident(item));
    let (import, alias) = (import(item), item.alias());
    if !is_sized {
        return quote!(#import #declaration);
    }
    let (deref, made) = (handle::deref(item), handle::made(item));
    let (parameters, arguments, _) = item.generics.split_for_impl();
    let bounds = bounds(item, &cloned());
    let (transaction, methods) = (transaction::declare(item), methods(device));
    let (handling, handler) = (handler::expand(device), handler::ident(item));
    let of_item = item.generics.params.iter().map(|parameter| {
        let parameter = plain(parameter);
        quote!(#parameter,)
    });
    quote! {
        #import
        #declaration
        #transaction
        #handling
        const _: () = {
            use #alias as __rt;
            #methods
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
            #[automatically_derived]
            impl<#(#of_item)* __H: #handler> __rt::Dispatch<__H> for #ident #arguments
            #bounds
            {
                type Handle = #handle;
            }
        };
    }
}

/// The methods of the handle and of the transaction. Where a parameter of the struct occurs, the method has it.
fn methods(device: &Device) -> TokenStream {
    let item = &device.item;
    let (handle, transaction) = (handle::ident(item), transaction::ident(item));
    let of_handle = device.assets.iter().map(|asset| of_handle(asset, item));
    let of_transaction =
        device.assets.iter().filter(|asset| asset.kind != Kind::Virtual).map(|asset| setter(asset, item));
    let (vis, whole) = (&item.vis, whole(device));
    quote! {
        impl #handle {
            #(#of_handle)*
            #whole
            #vis fn begin(&self) -> #transaction {
                __rt::no_such_value()
            }
        }
        impl #transaction {
            #(#of_transaction)*
        }
        #[automatically_derived]
        impl ::core::ops::Deref for #transaction {
            type Target = __rt::Transaction;
            fn deref(&self) -> &__rt::Transaction {
                &self.0
            }
        }
        #[automatically_derived]
        impl ::core::ops::DerefMut for #transaction {
            fn deref_mut(&mut self) -> &mut __rt::Transaction {
                &mut self.0
            }
        }
    }
}

/// What is done with the whole struct. Which types its parameters stand for, rustc could not infer.
fn whole(device: &Device) -> Option<TokenStream> {
    let item = &device.item;
    let is_lifetime = |parameter: &GenericParam| matches!(parameter, GenericParam::Lifetime(_));
    let ident = ours(&item.ident, &item.ident.to_string());
    let (vis, parameters) = (&item.vis, item.generics.params.iter());
    let (_, arguments, _) = item.generics.split_for_impl();
    let lifetimes = parameters.map(|parameter| quote!(#parameter,));
    let all = quote!(#(#lifetimes)*);
    // A struct that is its own child has no size, of which rustc would complain here.
    let is_whole = device.children.is_empty() && item.generics.params.iter().all(is_lifetime);
    is_whole.then(|| {
        quote! {
            #vis fn update<#all __F: ::core::ops::FnOnce(&mut #ident #arguments)>(
                &self,
                _: __F,
            ) -> __rt::Update<'_, #ident #arguments, __F> {
                __rt::no_such_value()
            }
            #vis fn snapshot<#all>(&self) -> #ident #arguments {
                __rt::no_such_value()
            }
        }
    })
}

fn of_handle(asset: &Asset, item: &Item) -> TokenStream {
    let (vis, ty, of_type) = (&asset.vis, &asset.written_type, of_type(asset, item));
    let methods = [
        (Method::Getter, asset.field.to_string(), quote!(), quote!(#ty)),
        (Method::Observer, handle::observer_name(asset), quote!(), quote!(__rt::Observer<#ty>)),
        (Method::Setter, handle::setter_name(asset), quote!(_: #ty), quote!(__rt::Set<'_>)),
        (Method::Offer, handle::offer_name(asset), quote!(_: #ty), quote!(__rt::Offer<'_>)),
    ];
    let made = methods.into_iter().filter(|(method, ..)| asset.makes(*method));
    let made = made.map(|(_, name, argument, result)| {
        let name = ours(&asset.field, &name);
        quote! {
            #vis fn #name #of_type(&self, #argument) -> #result {
                __rt::no_such_value()
            }
        }
    });
    made.collect()
}

/// Of the transaction.
fn setter(asset: &Asset, item: &Item) -> TokenStream {
    let (vis, ty, of_type) = (&asset.vis, &asset.written_type, of_type(asset, item));
    let setter = ours(&asset.field, &handle::setter_name(asset));
    quote! {
        #vis fn #setter #of_type(&mut self, _: #ty) -> __rt::Put<'_, Self> {
            __rt::no_such_value()
        }
    }
}

/// The parameters of the struct that occur in the asset's type.
pub(super) fn of_type(asset: &Asset, item: &Item) -> Option<TokenStream> {
    let ty = asset.written_type.to_token_stream();
    let occurs = |parameter: &&GenericParam| match parameter {
        GenericParam::Lifetime(parameter) => mentions(ty.clone(), &parameter.lifetime.ident),
        GenericParam::Type(parameter) => mentions(ty.clone(), &parameter.ident),
        GenericParam::Const(parameter) => mentions(ty.clone(), &parameter.ident),
    };
    let occurring: Vec<_> = item.generics.params.iter().filter(occurs).map(plain).collect();
    (!occurring.is_empty()).then(|| quote!(<#(#occurring),*>))
}

/// Without its default, which a function's cannot have.
fn plain(parameter: &GenericParam) -> TokenStream {
    match parameter {
        GenericParam::Lifetime(parameter) => quote!(#parameter),
        GenericParam::Type(TypeParam { ident, colon_token, bounds, .. }) => {
            quote!(#ident #colon_token #bounds)
        }
        GenericParam::Const(ConstParam { ident, ty, .. }) => quote!(const #ident: #ty),
    }
}

fn mentions(tokens: TokenStream, ident: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(found) => found == *ident,
        TokenTree::Group(group) => mentions(group.stream(), ident),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// A value without members.
pub(super) fn asset_value(item: &Item) -> TokenStream {
    let ident = ours(&item.ident, &item.ident.to_string());
    let import = item.import("__rt");
    let (parameters, arguments, _) = item.generics.split_for_impl();
    let bounds = bounds(item, &cloned());
    quote! {
        const _: () = {
            #import
            #[automatically_derived]
            impl #parameters __rt::AssetValue for #ident #arguments
            #bounds
            {
                // Limits of a field say nothing more.
                const NUMERIC: ::core::primitive::bool = true;
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

/// What a value or a device must be, which a report need not.
fn cloned() -> TokenStream {
    quote!(::core::clone::Clone+)
}

/// What all of them must be, where that depends on the parameters, and what this one must be besides.
pub(super) fn bounds(item: &Item, besides: &TokenStream) -> Option<TokenStream> {
    let own = item.generics.where_clause.as_ref().map(|clause| &clause.predicates);
    let own = own.filter(|predicates| !predicates.is_empty()).map(|predicates| {
        let predicates = predicates.iter();
        quote!(#(#predicates),*)
    });
    (!item.generics.params.is_empty()).then(|| {
        quote! {
            where
                Self: #besides ::core::marker::Send + ::core::marker::Sync + 'static,
                #own
        }
    })
}
