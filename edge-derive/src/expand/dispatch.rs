//! The way of a command, an action and what else the handler may hear to its method, and of the handlers of child devices to them.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::handle;
use super::handler::{self, action_method, child_method, children, method};
use crate::model::{Child, Device, Item, Kind, ours};

/// The implementation of `Dispatch`. It is generic over the handler: the orphan rule refuses it the
/// other way round.
pub(super) fn expand(device: &Device) -> TokenStream {
    let (ident, handle) = (shown(&device.item), handle::ident(&device.item));
    let handler = handler::ident(&device.item);
    let (nobody, children) = (handled_by_nobody(device), handlers_of_children(device));
    let (commands, actions, heard) = (commands(device), actions(device), heard(device));
    let dispatch = quote_spanned!(ident.span()=> __rt::Dispatch<__H>);
    quote! {
        #nobody

        #[automatically_derived]
        impl<__H: #handler> #dispatch for #ident {
            type Handle = #handle;
            #commands
            #actions
            #heard
            #children
        }
    }
}

/// The device with the user's span, unless rustc would warn that it is deprecated: when a bound is not
/// met, rustc advises against derived implementations, and knows them by their spans.
pub(super) fn shown(item: &Item) -> Ident {
    match item.deprecated {
        Some(_) => ours(&item.ident, &item.ident.to_string()),
        None => item.ident.clone(),
    }
}

fn commands(device: &Device) -> Option<TokenStream> {
    device.commandable().next()?;
    let (handler, handle) = (handler::ident(&device.item), handle::ident(&device.item));
    let arms = device.commandable().map(|(index, asset)| {
        let method = method(asset);
        quote!(#index => __rt::handle(#handler::#method(handler, device, command.change())),)
    });
    Some(quote! {
        fn dispatch<'a>(
            handler: &'a mut __H,
            device: &'a #handle,
            command: __rt::Command,
        ) -> __rt::Dispatched<'a> {
            match command.index() {
                #(#arms)*
                _ => command.unhandled(),
            }
        }
    })
}

fn actions(device: &Device) -> Option<TokenStream> {
    device.actions.first()?;
    let (handler, handle) = (handler::ident(&device.item), handle::ident(&device.item));
    let arms = device.handled_actions().map(|(index, action)| {
        let method = action_method(action);
        let arguments = action.arguments.iter().map(|_| quote!(call.argument()));
        quote!(#index => __rt::act(#handler::#method(handler, device, #(#arguments),*)),)
    });
    Some(quote! {
        fn act<'a>(handler: &'a mut __H, device: &'a #handle, call: &mut __rt::Call) -> __rt::Acted<'a> {
            match call.index() {
                #(#arms)*
                _ => call.unhandled(),
            }
        }
    })
}

/// What every handler may hear.
fn heard(device: &Device) -> TokenStream {
    let (handler, handle) = (handler::ident(&device.item), handle::ident(&device.item));
    quote! {
        fn changed<'a>(handler: &'a mut __H, device: &'a #handle, changes: &'a __rt::Changes) -> __rt::Acted<'a> {
            __rt::act(#handler::on_change(handler, device, changes))
        }
        fn failed<'a>(handler: &'a mut __H, device: &'a #handle, error: &'a __rt::ErrorEvent) -> __rt::Told<'a> {
            __rt::told(#handler::on_error(handler, device, error))
        }
    }
}

fn handlers_of_children(device: &Device) -> Option<TokenStream> {
    let handler = handler::ident(&device.item);
    let handlers = children(device).map(|child| {
        let (method, ty) = (child_method(child), &child.ty);
        quote!(<#ty as __rt::Device>::handled_by(#handler::#method(handler)))
    });
    (!device.children.is_empty()).then(|| {
        quote! {
            fn children(handler: &mut __H) -> __rt::Vec<__rt::ChildHandler> {
                ::core::convert::From::from([#(#handlers),*])
            }
        }
    })
}

/// A device without actuators and actions needs no handler if its children need none: configs have defaults.
fn handled_by_nobody(device: &Device) -> Option<TokenStream> {
    let handler = handler::ident(&device.item);
    if !device.actions.is_empty() || device.assets.iter().any(|asset| asset.kind == Kind::Actuator) {
        return None;
    }
    // Whether a child needs one, only rustc knows. It takes a bound that is not met for an error, unless
    // the bound is under a binder: then it minds when the handler is asked for.
    let bounds =
        children(device).map(|Child { ty, .. }| quote!(for<'__child> __rt::NoHandler: __rt::HandlerOf<#ty>,));
    let methods = children(device).map(|child| {
        let (method, ty) = (child_method(child), &child.ty);
        quote! {
            fn #method(&mut self) -> impl __rt::HandlerOf<#ty> {
                __rt::NoHandler
            }
        }
    });
    let bounds = (!device.children.is_empty()).then(|| quote!(where #(#bounds)*));
    let nobody = quote_spanned!(shown(&device.item).span()=> __rt::NoHandler);
    Some(quote! {
        #[automatically_derived]
        impl #handler for #nobody #bounds {
            #(#methods)*
        }
    })
}
