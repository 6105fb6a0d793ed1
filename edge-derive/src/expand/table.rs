//! The constant model: a table with a row for each asset.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{limits, rules};
use crate::model::{Asset, Child, Device, Kind, Policy};

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
            formats: &[],
        };
    }
}

fn row(asset: &Asset, index: usize) -> TokenStream {
    let Asset { title, description, unit, written_type, .. } = asset;
    let name = &asset.name.text;
    let kind = match asset.kind {
        Kind::Sensor | Kind::Unknown => quote!(Sensor),
        Kind::Actuator => quote!(Actuator),
        Kind::Config => quote!(Config),
        Kind::Virtual => quote!(Virtual),
    };
    let (limits, rules) = (limits::limits(asset, index), rules::rules(asset, index));
    quote! {
        __rt::AssetModel {
            name: #name,
            kind: __rt::Kind::#kind,
            title: #title,
            description: #description,
            unit: #unit,
            limits: #limits,
            rules: #rules,
            codec: <#written_type as __rt::Erased>::CODEC,
        }
    }
}
