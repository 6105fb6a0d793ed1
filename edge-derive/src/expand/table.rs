//! The constant model: a table with a row for each asset.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{limits, report, rules};
use crate::model::{Action, Asset, Child, Default, Device, Kind, Policy};

/// The table.
pub(super) fn model(device: &Device) -> TokenStream {
    let Device { urn, title, description, vendor, .. } = device;
    let asset_type = format_ident!("{}", device.asset_type);
    let policy = match device.policy {
        Policy::Never => quote!(Never),
        Policy::Always => quote!(Always),
        Policy::Prune => quote!(Prune),
    };
    let batch = rules::batch(device.batch.as_ref());
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
    let formats = report::table(device);
    let rows = device.assets.iter().enumerate().map(|(index, asset)| row(asset, index));
    quote! {
        static __MODEL: __rt::DeviceModel = __rt::DeviceModel {
            urn: #urn,
            title: #title,
            description: #description,
            asset_type: __rt::AssetType::#asset_type,
            vendor: #vendor,
            overwrite_assets: __rt::OverwritePolicy::#policy,
            batch: #batch,
            children: &[#(#children),*],
            assets: &[#(#rows),*],
            formats: #formats,
            actions: &[#(#actions),*],
        };
    }
}

/// A row of an action. `numbers`: of its arguments, which go on from those of the assets.
fn action(action: &Action, numbers: &mut impl Iterator<Item = usize>) -> TokenStream {
    let Action { title, description, .. } = action;
    let name = &action.name.text;
    let timeout = match action.timeout {
        Some(timeout) => {
            let timeout = rules::milliseconds(timeout);
            quote!(::core::option::Option::Some(#timeout))
        }
        None => quote!(::core::option::Option::None),
    };
    let arguments = action.arguments.iter().zip(numbers).map(|(row, number)| argument(row, number));
    quote! {
        __rt::ActionModel {
            name: #name,
            title: #title,
            description: #description,
            timeout: #timeout,
            arguments: &[#(#arguments),*],
        }
    }
}

fn argument(argument: &Asset, number: usize) -> TokenStream {
    let Asset { description, unit, written_type, .. } = argument;
    let (name, limits) = (&argument.name.text, limits::limits(argument, number));
    quote! {
        __rt::ArgumentModel {
            name: #name,
            description: #description,
            unit: #unit,
            limits: #limits,
            codec: <#written_type as __rt::Erased>::CODEC,
        }
    }
}

fn row(asset: &Asset, index: usize) -> TokenStream {
    let Asset { title, description, unit, written_type, .. } = asset;
    let name = &asset.name.text;
    let kind = match asset.kind {
        Kind::Sensor | Kind::Argument | Kind::Field | Kind::Unknown => quote!(Sensor),
        Kind::Actuator => quote!(Actuator),
        Kind::Config => quote!(Config),
        Kind::Virtual => quote!(Virtual),
    };
    let (limits, rules) = (limits::limits(asset, index), rules::rules(asset, index));
    let alias = asset.alias.as_ref().map_or("", |alias| &alias.text);
    let default = match &asset.default {
        Some(Default { value, .. }) => {
            let value = quote! {
                __rt::DefaultValue::of(|| {
                    let __value: #written_type = #value;
                    __rt::default(__value)
                })
            };
            quote!(::core::option::Option::Some(#value))
        }
        None => quote!(::core::option::Option::None),
    };
    quote! {
        __rt::AssetModel {
            name: #name,
            alias: #alias,
            kind: __rt::Kind::#kind,
            title: #title,
            description: #description,
            unit: #unit,
            limits: #limits,
            rules: #rules,
            default: #default,
            codec: <#written_type as __rt::Erased>::CODEC,
        }
    }
}
