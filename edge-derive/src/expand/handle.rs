//! The handle: a getter for every asset, a setter for those that are not computed, the handles of the
//! child devices.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

use super::method::{self, Method};
use super::{docs, report, transaction};
use crate::model::{Asset, Child, Device, Item, Made, Method as OfAsset, ours};

/// `GreenhouseDevice`.
pub(super) fn ident(item: &Item) -> Ident {
    ours(&item.ident, &format!("{}Device", item.ident.unraw()))
}

/// The type.
pub(super) fn declare(item: &Item) -> TokenStream {
    let Item { vis, deprecated, .. } = item;
    let (handle, make, private) = (ident(item), maker(item), item.alias());
    let doc =
        format!(" A running [`{}`]. Cheap to clone; all clones are the same device.", item.ident.unraw());
    quote! {
        #[doc = #doc]
        #deprecated
        #[derive(::core::fmt::Debug)]
        #vis struct #handle(#private::DeviceHandle);

        #[automatically_derived]
        impl ::core::clone::Clone for #handle {
            #[inline]
            fn clone(&self) -> #make {
                #make(::core::clone::Clone::clone(&self.0))
            }
        }
    }
}

/// The handle as what makes one. If it is a type of the user's, rustc says of all that make one that it is none to call, and at
/// the same place: so it is said once.
fn maker(item: &Item) -> Ident {
    Ident::new(&ident(item).to_string(), Span::call_site())
}

/// Its methods, which are compiled where they are called; in the block where edge-runtime has short names: there are many of them, and each token is paid for.
pub(super) fn methods(device: &Device) -> TokenStream {
    let handle = ident(&device.item);
    let methods = [
        (OfAsset::Setter, setter as Write),
        (OfAsset::Offer, offer),
        (OfAsset::Getter, getter),
        (OfAsset::Observer, observer),
    ];
    let of_assets = |is_named: bool| {
        let assets =
            device.assets.iter().enumerate().filter(|(_, asset)| asset.is_named_in_brackets == is_named);
        let of_asset = |(index, asset)| {
            let made = methods.into_iter().filter(move |(method, _)| Asset::makes(asset, *method));
            made.map(move |(_, write)| write(asset, index))
        };
        assets.flat_map(of_asset).collect::<Vec<_>>()
    };
    let (assets, named) = (method::join(of_assets(false)), of_assets(true));
    let named = apart(named, &device.item, &handle);
    let common = [update(&device.item), begin(&device.item), snapshot(&device.item)];
    let common = method::join(report::methods(device).chain(common).collect());
    let children = device.children.iter().enumerate().map(|(index, at)| child(at, index));
    quote! {
        impl #handle {
            #assets
            #(#children)*
            #common
        }
        #named
    }
}

/// The methods of assets that have a type in brackets. Of one that it does not know, rustc says that the item may lack a
/// parameter, and where: so that it says the same of the struct and of this, it is the same place.
pub(super) fn apart(methods: Vec<Method>, item: &Item, ident: &Ident) -> Option<TokenStream> {
    let keyword = quote_spanned!(item.ident.span()=> impl);
    (!methods.is_empty()).then(|| {
        let methods = method::join(methods);
        quote!(#keyword #ident { #methods })
    })
}

/// How a method of an asset is written.
type Write = fn(&Asset, usize) -> Method;

// Methods stand at their fields: rustc says there that a method of the user's has the same name.
fn getter(asset: &Asset, index: usize) -> Method {
    let Asset { vis, written_type, deprecated, .. } = asset;
    let getter = ours(&asset.field, &asset.field.to_string());
    Method {
        doc: docs::getter(asset),
        signature: quote_spanned!(getter.span()=> #deprecated #vis fn #getter(&self) -> #written_type),
        call: format!("__get(&self.0, {index}usize)"),
    }
}

fn observer(asset: &Asset, index: usize) -> Method {
    let Asset { vis, written_type, deprecated, .. } = asset;
    let observer = ours(&asset.field, &observer_name(asset));
    Method {
        doc: docs::observer(asset),
        signature: quote_spanned! {observer.span()=>
            #deprecated #vis fn #observer(&self) -> __Observer<#written_type>
        },
        call: format!("__observe(&self.0, {index}usize)"),
    }
}

fn setter(asset: &Asset, index: usize) -> Method {
    let Asset { vis, written_type, deprecated, .. } = asset;
    let setter = ours(&asset.field, &setter_name(asset));
    Method {
        doc: docs::setter(asset),
        signature: quote_spanned! {setter.span()=>
            #deprecated #vis fn #setter(&self, value: #written_type) -> __Set<'_>
        },
        call: format!("__set(&self.0, {index}usize, value)"),
    }
}

fn offer(asset: &Asset, index: usize) -> Method {
    let Asset { vis, written_type, deprecated, .. } = asset;
    let offer = ours(&asset.field, &offer_name(asset));
    Method {
        doc: docs::offer(asset),
        signature: quote_spanned! {offer.span()=>
            #deprecated #vis fn #offer(&self, value: #written_type) -> __Offer<'_>
        },
        call: format!("__offer(&self.0, {index}usize, value)"),
    }
}

fn update(item: &Item) -> Method {
    let (vis, ident) = (&item.vis, ours(&item.ident, &item.ident.to_string()));
    Method {
        doc: " Changes several assets in one transaction: all of it is accepted, or nothing is.".to_owned(),
        signature: quote! {
            #vis fn update<__F: ::core::ops::FnOnce(&mut #ident)>(&self, edit: __F) -> __rt::Update<'_, #ident, __F>
        },
        call: "__rt::update(&self.0, edit)".to_owned(),
    }
}

fn begin(item: &Item) -> Method {
    let (vis, transaction) = (&item.vis, transaction::ident(item));
    Method {
        doc: " Begins a transaction that is put together over time.".to_owned(),
        signature: quote!(#vis fn begin(&self) -> #transaction),
        call: format!("{transaction}(__rt::begin(&self.0))"),
    }
}

fn snapshot(item: &Item) -> Method {
    let (vis, ident) = (&item.vis, ours(&item.ident, &item.ident.to_string()));
    Method {
        doc: " The whole state as it is now.".to_owned(),
        signature: quote!(#vis fn snapshot(&self) -> #ident),
        call: "__rt::snapshot(&self.0)".to_owned(),
    }
}

fn child(child: &Child, index: usize) -> Option<TokenStream> {
    let Child { vis, ty, deprecated, .. } = child;
    let method = ours(&child.field, &child.field.to_string());
    let doc = docs::child(child);
    // Of a type that is no device, rustc says so here and in the model's table: at the same place, so
    // that it is said once.
    let (first, last) = ends(ty);
    let (open, handle) = (quote_spanned!(first=> <), quote_spanned!(last=> Handle));
    let (call, arguments) = (quote_spanned!(first=> __rt::child), quote_spanned!(last=> (&self.0, #index)));
    (child.methods == Made::All).then(|| {
        quote! {
            #[doc = #doc]
            #deprecated
            #vis fn #method(&self) -> #open #ty as __rt::Device>::#handle {
                #call::<#ty>#arguments
            }
        }
    })
}

/// The places of the first and the last token.
pub(crate) fn ends(tokens: impl ToTokens) -> (Span, Span) {
    let mut spans = tokens.into_token_stream().into_iter().map(|token| token.span());
    let first = spans.next().unwrap_or_else(Span::call_site);
    (first, spans.last().unwrap_or(first))
}

/// `set_temperature`.
pub(crate) fn setter_name(asset: &Asset) -> String {
    format_ident!("set_{}", asset.field.unraw()).to_string()
}

/// `offer_temperature`.
pub(crate) fn offer_name(asset: &Asset) -> String {
    format!("offer_{}", asset.field.unraw())
}

/// `observe_temperature`.
pub(crate) fn observer_name(asset: &Asset) -> String {
    format!("observe_{}", asset.field.unraw())
}

/// How a handle is taken for what all devices have in common.
pub(super) fn deref(item: &Item) -> TokenStream {
    let handle = ident(item);
    quote! {
        #[automatically_derived]
        impl ::core::ops::Deref for #handle {
            type Target = __rt::DeviceHandle;
            #[inline]
            fn deref(&self) -> &__rt::DeviceHandle {
                &self.0
            }
        }
    }
}

/// What a device's handle is, and how it is made: of the implementation of `Device`, since one more of a trait that everybody
/// implements is dearer.
pub(super) fn made(item: &Item) -> TokenStream {
    let (handle, make) = (ident(item), maker(item));
    quote! {
        type Handle = #handle;
        #[inline]
        fn handle(device: __rt::DeviceHandle) -> #make {
            #make(device)
        }
    }
}
