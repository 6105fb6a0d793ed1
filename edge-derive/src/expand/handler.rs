//! The handler trait, and the way of a command to its method.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::{docs, handle};
use crate::model::{Asset, Device, Item, Kind, ours};

/// `GreenhouseHandler`.
fn ident(item: &Item) -> Ident {
    ours(&item.ident, &format!("{}Handler", item.ident.unraw()))
}

/// `on_vent`.
fn method(asset: &Asset) -> Ident {
    ours(&asset.field, &format!("on_{}", asset.field.unraw()))
}

/// The trait; none without commandable assets.
pub(super) fn expand(device: &Device) -> Option<TokenStream> {
    device.commandable().next()?;
    let Item { vis, deprecated, .. } = &device.item;
    let (handler, name) = (ident(&device.item), device.item.ident.unraw());
    let methods = device.commandable().map(|(_, asset)| declare(device, asset));
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

/// The implementation of `Dispatch`. It is generic over the handler: the orphan rule refuses it the
/// other way round.
pub(super) fn dispatch(device: &Device) -> TokenStream {
    // With the user's span, unless rustc would warn that it is deprecated: when a bound is not met,
    // rustc advises against derived implementations, and knows them by their spans.
    let ident = match device.item.deprecated {
        Some(_) => ours(&device.item.ident, &device.item.ident.to_string()),
        None => device.item.ident.clone(),
    };
    if device.commandable().next().is_none() {
        return quote! {
            #[automatically_derived]
            impl __rt::Dispatch<__rt::NoHandler> for #ident {}
        };
    }
    let (handler, handle) = (self::ident(&device.item), handle::ident(&device.item));
    let arms = device.commandable().map(|(index, asset)| {
        let method = method(asset);
        quote!(#index => __rt::handle(#handler::#method(handler, device, command.change())),)
    });
    let nobody = handled_by_nobody(device);
    let dispatch = quote_spanned!(ident.span()=> __rt::Dispatch<__H>);
    quote! {
        #nobody

        #[automatically_derived]
        impl<__H: #handler> #dispatch for #ident {
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
        }
    }
}

/// A device with configs only needs no handler: each method has a default.
fn handled_by_nobody(device: &Device) -> Option<TokenStream> {
    let handler = ident(&device.item);
    let has_actuators = device.assets.iter().any(|asset| asset.kind == Kind::Actuator);
    (!has_actuators).then(|| {
        quote! {
            #[automatically_derived]
            impl #handler for __rt::NoHandler {}
        }
    })
}
