//! Methods of the handle: an asset's may not hide one that every device has, nor another asset's.

use std::collections::HashMap;

use proc_macro2::Ident;

use crate::diagnostics::Diagnostics;
use crate::expand::setter_name;
use crate::model::{Asset, Device, Kind, Methods};

/// What every handle has: of its own, and of `DeviceHandle`, to which it dereferences.
const TAKEN: [&str; 9] =
    ["update", "snapshot", "id", "model", "session", "is_online", "stats", "close", "clone"];

pub(super) fn check(device: &mut Device, diagnostics: &mut Diagnostics) {
    let mut seen: HashMap<String, Ident> = HashMap::new();
    for asset in &mut device.assets {
        let names = names(asset);
        let collides = taken(asset, &names, diagnostics) || twice(asset, &names, &seen, diagnostics);
        if collides {
            asset.methods = Methods::None;
        } else {
            seen.extend(names.into_iter().map(|name| (name, asset.field.clone())));
        }
    }
}

fn names(asset: &Asset) -> Vec<String> {
    let setter = (asset.kind != Kind::Virtual).then(|| setter_name(asset));
    [asset.field.to_string()].into_iter().chain(setter).collect()
}

fn taken(asset: &Asset, names: &[String], diagnostics: &mut Diagnostics) -> bool {
    let Some(name) = names.iter().find(|name| TAKEN.contains(&name.as_str())) else { return false };
    let message = format_args!("every device has a method `{name}`; {}", remedy(asset));
    diagnostics.at(asset.field.span(), message);
    true
}

fn twice(
    asset: &Asset,
    names: &[String],
    seen: &HashMap<String, Ident>,
    diagnostics: &mut Diagnostics,
) -> bool {
    let first = names.iter().find_map(|name| seen.get(name).map(|first| (name, first)));
    let Some((name, first)) = first else { return false };
    diagnostics.at(first.span(), format_args!("the field `{first}` makes a method `{name}`"));
    let message =
        format_args!("the field `{}` makes a method `{name}` as well; {}", asset.field, remedy(asset));
    diagnostics.at(asset.field.span(), message);
    true
}

fn remedy(asset: &Asset) -> String {
    format!("rename the field, and keep its name on the wire with `name = \"{}\"`", asset.name.text)
}
