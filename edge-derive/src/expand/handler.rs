//! The handler trait: a method for each commandable asset and for each child device.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use super::{docs, handle};
use crate::model::{Asset, Child, Device, Item, Kind, Made, ours};

/// `GreenhouseHandler`.
pub(super) fn ident(item: &Item) -> Ident {
    ours(&item.ident, &format!("{}Handler", item.ident.unraw()))
}

/// `on_vent`.
pub(crate) fn command_name(asset: &Asset) -> String {
    format!("on_{}", asset.field.unraw())
}

/// The same, to write.
pub(super) fn method(asset: &Asset) -> Ident {
    ours(&asset.field, &command_name(asset))
}

/// `drone`.
pub(super) fn child_method(child: &Child) -> Ident {
    ours(&child.field, &child.field.to_string())
}

/// The children that have a method in the trait.
pub(super) fn children(device: &Device) -> impl Iterator<Item = &Child> {
    device.children.iter().filter(|child| child.handler == Made::All)
}

/// Whether there is a trait: for commandable assets, and for children.
pub(super) fn is_handled(device: &Device) -> bool {
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
    Some(quote! {
        #[doc = #doc]
        #deprecated
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
        #[doc = #doc]
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
        #[doc = #doc]
        #deprecated
        fn #method(&mut self) -> impl #private::HandlerOf<#ty>;
    }
}
