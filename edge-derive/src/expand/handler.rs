//! The handler trait: a method for each commandable asset, for each action and for each child device, and what every
//! handler may hear.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::{docs, handle, stub};
use crate::model::{Action, Asset, Child, Device, Item, Kind, Made, ours};

/// `GreenhouseHandler`.
pub(super) fn ident(item: &Item) -> Ident {
    ours(&item.ident, &format!("{}Handler", item.ident.unraw()))
}

/// `on_vent`.
pub(crate) fn command_name(asset: &Asset) -> String {
    format!("on_{}", asset.field.unraw())
}

/// How every method calls the handle.
pub(crate) const DEVICE_ARGUMENT: &str = "device";

/// `calibrate`.
pub(super) fn action_method(action: &Action) -> Ident {
    ours(&action.method, &action.method.to_string())
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

/// The trait. A device that has nothing to handle has one, too: for what every handler may hear.
pub(super) fn expand(device: &Device) -> TokenStream {
    let Item { vis, deprecated, .. } = &device.item;
    let (handler, name) = (ident(&device.item), device.item.ident.unraw());
    let methods = device.commandable().map(|(_, asset)| declare(device, asset));
    let actions = device.handled_actions().map(|(_, action)| declare_action(device, action));
    let children = children(device).map(|child| declare_child(device, child));
    let heard = declare_heard(device);
    let doc =
        format!(" Handles the commands of [`{name}`]: owns its hardware, and does what the platform wants.");
    // Without the brackets, rustc proposes parameters of the trait for types that it does not know; of one that is in
    // brackets itself, it proposes one of the struct.
    let is_named = device.commandable().any(|(_, asset)| asset.is_named_in_brackets);
    let brackets = if is_named { quote_spanned!(device.item.ident.span()=> <>) } else { quote!(<>) };
    quote! {
        #[doc = #doc]
        #deprecated
        // A field's type may be private where the device is not.
        #[allow(private_bounds, private_interfaces)]
        #vis trait #handler #brackets: ::core::marker::Send {
            #(#methods)*
            #(#actions)*
            #(#children)*
            #heard
        }
    }
}

fn declare(device: &Device, asset: &Asset) -> TokenStream {
    let private = device.item.alias();
    let method = method(asset);
    // All at the field, where rustc shows what the trait has.
    let handle = ours(&asset.field, &handle::ident(&device.item).to_string());
    let Asset { written_type, deprecated, .. } = asset;
    // Of a struct without parameters, none.
    let of_type = stub::of_type(asset, &device.item);
    let change = quote!(#private::Change<#written_type>);
    let doc = docs::handler(asset);
    let body = match asset.kind {
        Kind::Actuator => quote_spanned!(method.span()=> ;),
        _ => quote_spanned!(method.span()=> { #private::accept(device, change) }),
    };
    quote_spanned! {method.span()=>
        #[doc = #doc]
        #deprecated
        fn #method #of_type(
            &mut self,
            device: &#handle,
            change: #change,
        ) -> impl ::core::future::Future<Output = #private::HandlerResult<#written_type>> + ::core::marker::Send #body
    }
}

fn declare_action(device: &Device, action: &Action) -> TokenStream {
    let private = device.item.alias();
    let (method, doc) = (action_method(action), docs::action(action));
    let handle = ours(&action.method, &handle::ident(&device.item).to_string());
    let arguments = action.arguments.iter().map(|Asset { field, written_type, .. }| {
        let field = ours(field, &field.to_string());
        quote!(#field: #written_type,)
    });
    quote_spanned! {method.span()=>
        #[doc = #doc]
        fn #method(
            &mut self,
            device: &#handle,
            #(#arguments)*
        ) -> impl ::core::future::Future<Output = #private::HandlerResult<()>> + ::core::marker::Send;
    }
}

/// What every handler may hear. Sorted: each method of a handler is looked up.
pub(crate) const HEARD: [&str; 2] = ["on_change", "on_error"];

/// Whether this one has them.
pub(super) fn heard(device: &Device) -> [bool; 2] {
    HEARD.map(|method| !device.replaced.contains(method))
}

fn declare_heard(device: &Device) -> TokenStream {
    let (private, handle) = (device.item.alias(), handle::ident(&device.item));
    let [is_asked, is_told] = heard(device);
    let changed = is_asked.then(|| quote! {
        #[doc = " All that one command changes, after the methods of its assets. An error refuses the command: nothing of it becomes the state."]
        fn on_change(
            &mut self,
            device: &#handle,
            changes: &#private::Changes,
        ) -> impl ::core::future::Future<Output = #private::HandlerResult<()>> + ::core::marker::Send {
            #private::agree(device, changes)
        }
    });
    let failed = is_told.then(|| {
        quote! {
            #[doc = " Something of the device's was not delivered, or not yet."]
            fn on_error(
                &mut self,
                device: &#handle,
                error: &#private::ErrorEvent,
            ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send {
                #private::ignore(device, error)
            }
        }
    });
    quote!(#changed #failed)
}

fn declare_child(device: &Device, child: &Child) -> TokenStream {
    let private = device.item.alias();
    let Child { ty, deprecated, .. } = child;
    let (method, doc) = (child_method(child), docs::child_handler(child));
    quote! {
        #[doc = #doc]
        #deprecated
        fn #method(&mut self) -> impl #private::HandlerOf<#ty>;
    }
}
