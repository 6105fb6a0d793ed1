//! Methods of the handle and of the handler: a field's may not hide one that every device has, nor
//! another field's.

use std::collections::HashMap;

use proc_macro2::Ident;

use crate::diagnostics::Diagnostics;
use crate::expand::{command_name, setter_name};
use crate::model::{Asset, Child, Device, Kind, Made, Name};

/// What every handle has: of its own, and of `DeviceHandle`, to which it dereferences.
const TAKEN: [&str; 18] = [
    "update",
    "snapshot",
    "id",
    "model",
    "session",
    "is_online",
    "stats",
    "close",
    "clone",
    "add_child",
    "listen",
    "remove",
    "children",
    "parent",
    "receipt",
    "storage",
    "set_batch",
    "reset_stats",
];

pub(super) fn check(device: &mut Device, diagnostics: &mut Diagnostics) {
    let mut handle = Methods::new("", &TAKEN);
    let mut handler = Methods::new(" of the handler", &[]);
    for asset in &mut device.assets {
        let Asset { field, name, .. } = &*asset;
        if asset.kind.is_commandable() {
            handler.add(field, name, &[command_name(asset)], diagnostics);
        }
        asset.methods = handle.add(field, name, &of_asset(asset), diagnostics);
    }
    for child in &mut device.children {
        let Child { field, name, .. } = &*child;
        let method = [field.to_string()];
        (child.methods, child.handler) =
            (handle.add(field, name, &method, diagnostics), handler.add(field, name, &method, diagnostics));
    }
}

fn of_asset(asset: &Asset) -> Vec<String> {
    let setter = (asset.kind != Kind::Virtual).then(|| setter_name(asset));
    [asset.field.to_string()].into_iter().chain(setter).collect()
}

/// The methods of one type.
struct Methods {
    /// Whose they are; for messages.
    whose: &'static str,
    taken: &'static [&'static str],
    /// Those that fields make.
    made: HashMap<String, Ident>,
}

impl Methods {
    fn new(whose: &'static str, taken: &'static [&'static str]) -> Self {
        Self { whose, taken, made: HashMap::new() }
    }

    /// The methods that a field makes, all of them or none.
    fn add(&mut self, field: &Ident, name: &Name, methods: &[String], diagnostics: &mut Diagnostics) -> Made {
        let remedy =
            format!("rename the field, and keep its name on the wire with `name = \"{}\"`", name.text);
        if let Some(method) = methods.iter().find(|method| self.taken.contains(&method.as_str())) {
            diagnostics.at(field.span(), format_args!("every device has a method `{method}`; {remedy}"));
            return Made::None;
        }
        let whose = self.whose;
        if let Some((method, first)) = methods.iter().find_map(|method| self.made.get_key_value(method)) {
            let first_message = format_args!("the field `{first}` makes a method `{method}`{whose}");
            diagnostics.at(first.span(), first_message);
            let message =
                format_args!("the field `{field}` makes a method `{method}`{whose} as well; {remedy}");
            diagnostics.at(field.span(), message);
            return Made::None;
        }
        self.made.extend(methods.iter().map(|method| (method.clone(), field.clone())));
        Made::All
    }
}
