//! The constant model: a table with a row for each asset.
//!
//! Rows are the elements of a static array and calls, and what is not said stands in a constant of edge-runtime: behind a reference, rustc promotes and
//! borrow-checks each of them by itself, and it reads every field that is written.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use super::{limits, rules};
use crate::model::{Action, Asset, Child, Default, Device, Kind, Name, Policy, at_its_inside};

/// The table.
pub(super) fn model(device: &Device) -> TokenStream {
    let Device { urn, title, description, vendor, .. } = device;
    let asset_type = format_ident!("{}", device.asset_type);
    let policy = match device.policy {
        Policy::Never => quote!(Never),
        Policy::Always => quote!(Always),
        Policy::Prune => quote!(Prune),
    };
    let children = device.children.iter().map(|Child { name, ty, .. }| {
        let name = &name.text;
        // First that the type is a device, in the words in which the handle's method says it: what is not
        // so, rustc then says once.
        quote!({
            let _ = <#ty as __rt::Device>::MODEL;
            __rt::ChildModel::of::<#ty>(#name)
        })
    });
    let mut arguments = device.assets.len()..;
    let actions = device.actions.iter().map(|row| action(row, &mut arguments));
    let (rows, count) =
        (device.assets.iter().enumerate().map(|(i, asset)| row(asset, i)), device.assets.len());
    let fields = [
        device.batch.as_ref().map(|batch| {
            let batch = rules::batch(batch);
            quote!(batch: #batch,)
        }),
        device.children.first().map(|_| quote!(children: &[#(#children),*],)),
        device.reports.all().next().map(|_| quote!(formats: __FORMATS,)),
        device.actions.first().map(|_| quote!(actions: &[#(#actions),*],)),
    ];
    let fields = fields.into_iter().flatten();
    // As with methods: a static says nothing of parameters, and a constant can say it of the struct.
    let assets = match device.assets.iter().any(|asset| asset.is_named_in_brackets) {
        true => {
            let table = Ident::new("__ASSETS", device.item.ident.span());
            quote!(const #table)
        }
        false => quote!(static __ASSETS),
    };
    quote! {
        #assets: [__rt::AssetModel; #count] = [#(#rows),*];
        static __MODEL: __rt::DeviceModel = __rt::DeviceModel {
            urn: #urn,
            title: #title,
            description: #description,
            asset_type: __rt::AssetType::#asset_type,
            vendor: #vendor,
            overwrite_assets: __rt::OverwritePolicy::#policy,
            assets: &__ASSETS,
            #(#fields)*
            ..__rt::NO_ASSETS
        };
    }
}

/// A row of an action. `numbers`: of its arguments, which go on from those of the assets.
fn action(action: &Action, numbers: &mut impl Iterator<Item = usize>) -> TokenStream {
    let Action { title, description, .. } = action;
    let name = &action.name.text;
    let alias = action.alias.as_ref().map_or("", |alias| &alias.text);
    let timeout = match action.timeout {
        Some(timeout) => {
            let timeout = rules::milliseconds(timeout);
            quote!(__rt::Some(#timeout))
        }
        None => quote!(__rt::None),
    };
    let arguments = action.sound_arguments().zip(numbers).map(|(row, number)| argument(row, number));
    quote! {
        __rt::ActionModel {
            name: #name,
            alias: #alias,
            title: #title,
            description: #description,
            timeout: #timeout,
            arguments: &[#(#arguments),*],
        }
    }
}

fn argument(argument: &Asset, number: usize) -> TokenStream {
    let Asset { description, unit, .. } = argument;
    let (name, limits) = (&argument.name.text, limits::limits(argument, number));
    let ty = at_its_inside(&argument.written_type);
    quote! {
        __rt::ArgumentModel {
            name: #name,
            description: #description,
            unit: #unit,
            limits: #limits,
            codec: <#ty as __rt::AssetValue>::CODEC,
        }
    }
}

fn row(asset: &Asset, index: usize) -> TokenStream {
    let Asset { title, description, unit, .. } = asset;
    let (name, ty) = (&asset.name.text, at_its_inside(&asset.written_type));
    let kind = match asset.kind {
        Kind::Sensor | Kind::Argument | Kind::Field | Kind::Unknown => "Sensor",
        Kind::Actuator => "Actuator",
        Kind::Config => "Config",
        Kind::Virtual => "Virtual",
    };
    let kind = Ident::new(kind, Span::call_site());
    let row = quote! {
        __rt::row(__rt::Kind::#kind, #name, #title, #description, #unit, <#ty as __rt::AssetValue>::CODEC)
    };
    let mut rest = [
        asset.alias.as_ref().map(|Name { text, .. }| quote!(alias: #text)),
        asset.limits.bounds().next().map(|_| {
            let limits = limits::limits(asset, index);
            quote!(limits: #limits)
        }),
        rules::rules(asset, index).map(|rules| quote!(rules: #rules)),
        asset.default.as_ref().map(|default| default_value(asset, default, index)),
    ]
    .into_iter()
    .flatten()
    .peekable();
    match rest.peek() {
        Some(_) => quote!(__rt::AssetModel { #(#rest,)* ..#row }),
        None => row,
    }
}

fn default_value(asset: &Asset, default: &Default, index: usize) -> TokenStream {
    let Asset { written_type, .. } = asset;
    if limits::is_computed(default) {
        let value = limits::default_constant(asset, index);
        return quote!(default: __rt::Some(__rt::DefaultValue::of(|| __rt::default(#value))));
    }
    let value = &default.value;
    quote! {
        default: __rt::Some(__rt::DefaultValue::of(|| {
            let __value: #written_type = #value;
            __rt::default(__value)
        }))
    }
}
