//! The way of a command, an action and what else the handler may hear to its method, and of the handlers of child devices to them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::handle;
use super::handler::{self, action_method, child_method, children, method};
use crate::model::{Action, Child, Device, Item, Kind, ours};

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

/// A method of the handler trait. If that is a trait of the user's, rustc says of each that it is none, and at the same place: so
/// it is said once.
fn of_trait(item: &Item, method: &str) -> TokenStream {
    let at_the_derive = |name: &str| match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    };
    let (handler, method) = (at_the_derive(&handler::ident(item).to_string()), at_the_derive(method));
    quote!(#handler::#method)
}

fn commands(device: &Device) -> Option<TokenStream> {
    device.commandable().next()?;
    let handle = handle::ident(&device.item);
    let arms = device.commandable().map(|(index, asset)| {
        let call = of_trait(&device.item, &method(asset).to_string());
        quote!(#index => __rt::handle(#call(handler, device, command.change())),)
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
    let handle = handle::ident(&device.item);
    // An argument that is refused is none that a call brings.
    let is_sound = |action: &Action| action.sound_arguments().count() == action.arguments.len();
    let sound = device.handled_actions().filter(|(_, action)| is_sound(action));
    let arms = sound.map(|(index, action)| {
        let call = of_trait(&device.item, &action_method(action).to_string());
        let arguments = action.arguments.iter().map(|_| quote!(call.argument()));
        quote!(#index => __rt::act(#call(handler, device, #(#arguments),*)),)
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
    let handle = handle::ident(&device.item);
    let [is_asked, is_told] = handler::heard(device);
    let [changed, failed] = handler::HEARD.map(|method| of_trait(&device.item, method));
    let changed = is_asked.then(|| {
        quote! {
            fn changed<'a>(handler: &'a mut __H, device: &'a #handle, changes: &'a __rt::Changes) -> __rt::Acted<'a> {
                __rt::act(#changed(handler, device, changes))
            }
        }
    });
    let failed = is_told.then(|| {
        quote! {
            fn failed<'a>(handler: &'a mut __H, device: &'a #handle, error: &'a __rt::ErrorEvent) -> __rt::Told<'a> {
                __rt::told(#failed(handler, device, error))
            }
        }
    });
    quote!(#changed #failed)
}

fn handlers_of_children(device: &Device) -> Option<TokenStream> {
    let handlers = children(device).map(|child| {
        let (call, ty) = (of_trait(&device.item, &child_method(child).to_string()), &child.ty);
        quote!(<#ty as __rt::Device>::handled_by(#call(handler)))
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
