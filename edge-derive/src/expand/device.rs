//! A device: the handle and the handler trait, which users name, and a block with everything else.

use proc_macro2::{Delimiter, Group, Ident, TokenStream};
use quote::quote;

use super::{dispatch, handle, handler, limits, report, table, transaction};
use crate::model::{Device, Item, ours};

pub(super) fn expand(device: &Device) -> TokenStream {
    let (handle, methods) = (handle::declare(&device.item), handle::methods(device));
    let handler = handler::expand(device);
    let (import, alias) = (import(&device.item), device.item.alias());
    let (bounds, rows) = (limits::of_device(device), table::model(device));
    let reports = report::declared(device);
    let (device_impl, dispatch) = (device_impl(device), dispatch::expand(device));
    let deref = handle::deref(&device.item);
    let (transaction, setters) = (transaction::declare(&device.item), transaction::methods(device));
    quote! {
        #import
        #handle
        #transaction
        #handler
        const _: () = {
            #[allow(unused_imports)]
            use #alias::{
                self as __rt, Observer as __Observer, Offer as __Offer, Put as __Put, Set as __Set, get as __get,
                observe as __observe, offer as __offer, put as __put, set as __set,
            };
            #methods
            #setters
            #bounds
            #reports
            #rows
            #deref
            #device_impl
            #dispatch
            __rt::inventory::submit! { __rt::Registered(&__MODEL) }
        };
    }
}

/// What all the rest names edge-runtime by.
pub(super) fn import(item: &Item) -> TokenStream {
    let import = item.import(&item.alias().to_string());
    quote! {
        #[allow(unused_imports)]
        #import
    }
}

fn device_impl(device: &Device) -> TokenStream {
    // Of a struct that cannot be cloned, say, rustc complains here and at `Dispatch`: at the same place,
    // so that it is said once.
    let ident = dispatch::shown(&device.item);
    let handle = handle::made(&device.item);
    let fields = device.assets.iter().map(|asset| field(&asset.field));
    let indices = 0..device.assets.len();
    let (recompute, children) = (recompute(device), children(device));
    quote! {
        #[automatically_derived]
        impl __rt::Device for #ident {
            const MODEL: &'static __rt::DeviceModel = &__MODEL;
            #handle
            #[inline]
            fn field(&mut self, index: ::core::primitive::usize) -> &mut dyn ::core::any::Any {
                match index {
                    #(#indices => &mut self.#fields,)*
                    _ => __rt::no_such_asset(index),
                }
            }
            #recompute
            #children
        }
    }
}

/// The virtual assets, in the order in which they depend on each other: `check` has sorted them.
fn recompute(device: &Device) -> Option<TokenStream> {
    let lines: Vec<_> =
        crate::check::order(device).into_iter().filter_map(|index| line(device, index)).collect();
    (!lines.is_empty()).then(|| {
        quote! {
            fn recompute(&mut self) {
                #(#lines)*
            }
        }
    })
}

fn line(device: &Device, index: usize) -> Option<TokenStream> {
    let asset = &device.assets[index];
    let call = asset.compute.as_ref()?.call.as_ref()?;
    let (field, function) = (field(&asset.field), &call.function);
    let arguments = call.arguments.iter().map(|argument| {
        let of_type = device.assets.iter().find(|asset| asset.field == *argument)?;
        let (argument, ty) = (ours(argument, &argument.to_string()), &of_type.written_type);
        // Spanned at the argument, where rustc then says that its type is wrong.
        Some(quote::quote_spanned!(argument.span()=> <#ty as ::core::clone::Clone>::clone(&self.#argument)))
    });
    let mut parentheses = Group::new(Delimiter::Parenthesis, quote!(#(#arguments),*));
    // What rustc says of the result, it says at the whole call.
    parentheses.set_span(call.parentheses.span.join());
    Some(quote::quote_spanned!(field.span()=> self.#field = #function #parentheses;))
}

/// The fields of the child devices; nothing if there are none.
fn children(device: &Device) -> Option<TokenStream> {
    let arms = device.children.iter().enumerate().map(|(index, child)| {
        let field = field(&child.field);
        quote!(#index => &mut self.#field,)
    });
    (!device.children.is_empty()).then(|| {
        quote! {
            fn child(&mut self, index: ::core::primitive::usize) -> &mut dyn ::core::any::Any {
                match index {
                    #(#arms)*
                    _ => __rt::no_such_child(index),
                }
            }
        }
    })
}

fn field(field: &Ident) -> Ident {
    ours(field, &field.to_string())
}
