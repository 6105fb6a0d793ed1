//! The handler trait, and the way of a command to its method.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::{docs, handle};
use crate::model::{Asset, Child, Device, Item, Kind, Made, ours};

/// `GreenhouseHandler`.
fn ident(item: &Item) -> Ident {
    ours(&item.ident, &format!("{}Handler", item.ident.unraw()))
}

/// `on_vent`.
pub(crate) fn command_name(asset: &Asset) -> String {
    format!("on_{}", asset.field.unraw())
}

fn method(asset: &Asset) -> Ident {
    ours(&asset.field, &command_name(asset))
}

/// `drone`.
fn child_method(child: &Child) -> Ident {
    ours(&child.field, &child.field.to_string())
}

/// The children that have a method in the trait.
fn children(device: &Device) -> impl Iterator<Item = &Child> {
    device.children.iter().filter(|child| child.handler == Made::All)
}

/// Whether there is a trait: for commandable assets, and for children.
fn is_handled(device: &Device) -> bool {
    device.commandable().next().is_some() || !device.children.is_empty()
}

/// The trait; none if nothing is handled.
pub(super) fn expand(device: &Device) -> Option<TokenStream> {
    if !is_handled(device) {
        return None;
    }
    let Item { vis, deprecated, .. } = &device.item;
    let (handler, name) = (ident(&device.item), device.item.ident.unraw());
    let methods = device.commandable().map(|(_, asset)| declare(device, asset));
    let children = children(device).map(|child| declare_child(device, child));
    let doc =
        format!(" Handles the commands of [`{name}`]: owns its hardware, and does what the platform wants.");
    let message = format!("`{{Self}}` does not handle the commands of `{name}`");
    let label = format!("no handler for `{name}`");
    let note = format!("implement `{handler}` for a type of yours and give it to `.handler(..)`");
    Some(quote! {
        #[doc = #doc]
        #deprecated
        #[diagnostic::on_unimplemented(message = #message, label = #label, note = #note)]
        // A field's type may be private where the device is not.
        #[allow(private_bounds, private_interfaces)]
        #vis trait #handler: ::core::marker::Send + 'static {
            #(#methods)*
            #(#children)*
        }
    })
}

fn declare(device: &Device, asset: &Asset) -> TokenStream {
    let private = device.item.private();
    let (method, handle) = (method(asset), handle::ident(&device.item));
    let Asset { written_type, deprecated, .. } = asset;
    let doc = docs::handler(asset);
    let body = match asset.kind {
        Kind::Actuator => quote!(;),
        _ => quote!({
            let _ = device;
            #private::accept(change)
        }),
    };
    quote! {
        #(#[doc = #doc])*
        #deprecated
        fn #method(
            &mut self,
            device: &#handle,
            change: #private::Change<#written_type>,
        ) -> impl ::core::future::Future<Output = #private::HandlerResult<#written_type>> + ::core::marker::Send #body
    }
}

fn declare_child(device: &Device, child: &Child) -> TokenStream {
    let private = device.item.private();
    let Child { ty, deprecated, .. } = child;
    let (method, doc) = (child_method(child), docs::child_handler(child));
    quote! {
        #(#[doc = #doc])*
        #deprecated
        fn #method(&mut self) -> impl #private::HandlerOf<#ty>;
    }
}

/// The implementation of `Dispatch`. It is generic over the handler: the orphan rule refuses it the
/// other way round.
pub(super) fn dispatch(device: &Device) -> TokenStream {
    let ident = shown(&device.item);
    if !is_handled(device) {
        return quote! {
            #[automatically_derived]
            impl __rt::Dispatch<__rt::NoHandler> for #ident {}
        };
    }
    let handler = self::ident(&device.item);
    let (nobody, commands, children) =
        (handled_by_nobody(device), commands(device), handlers_of_children(device));
    let dispatch = quote_spanned!(ident.span()=> __rt::Dispatch<__H>);
    quote! {
        #nobody

        #[automatically_derived]
        impl<__H: #handler> #dispatch for #ident {
            #commands
            #children
        }
    }
}

/// The device with the user's span, unless rustc would warn that it is deprecated: when a bound is not
/// met, rustc advises against derived implementations, and knows them by their spans.
fn shown(item: &Item) -> Ident {
    match item.deprecated {
        Some(_) => ours(&item.ident, &item.ident.to_string()),
        None => item.ident.clone(),
    }
}

fn commands(device: &Device) -> Option<TokenStream> {
    device.commandable().next()?;
    let (handler, handle) = (ident(&device.item), handle::ident(&device.item));
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

fn handlers_of_children(device: &Device) -> Option<TokenStream> {
    let handler = ident(&device.item);
    let handlers = children(device).map(|child| {
        let (method, ty) = (child_method(child), &child.ty);
        quote!(__rt::child_handler::<#ty, _>(#handler::#method(handler)))
    });
    (!device.children.is_empty()).then(|| {
        quote! {
            fn children(handler: &mut __H) -> __rt::Vec<__rt::ChildHandler> {
                __rt::Vec::from([#(#handlers),*])
            }
        }
    })
}

/// A device without actuators needs no handler if its children need none: configs have defaults.
fn handled_by_nobody(device: &Device) -> Option<TokenStream> {
    let handler = ident(&device.item);
    if device.assets.iter().any(|asset| asset.kind == Kind::Actuator) {
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
