//! Methods of the handle and of the handler: a field's may not hide one that every device has, nor
//! another field's.

use std::collections::{HashMap, HashSet};

use proc_macro2::Ident;

use crate::diagnostics::Diagnostics;
use crate::expand::{command_name, observer_name, offer_name, setter_name};
use crate::model::{Asset, Child, Device, Kind, Made, Name};

/// What every handle has: of its own, and of `DeviceHandle`, to which it dereferences.
const TAKEN: &[&str] = &[
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
    "add_dynamic_child",
    "listen",
    "remove",
    "children",
    "parent",
    "receipt",
    "raise",
    "raise_by_name",
    "submit",
    "submit_by_name",
    "storage",
    "set_batch",
    "reset_stats",
    "begin",
    "get",
    "get_as",
    "set",
    "last_known",
    "observe",
    "offer",
    "set_pipeline",
    "clear_pipeline",
    "is_stale",
    "errors",
    "errors_of",
];

/// What every handler has.
const HANDLERS: [&str; 2] = ["on_change", "on_error"];

pub(super) fn check(device: &mut Device, diagnostics: &mut Diagnostics) {
    let mut handle = Methods::new("device", "", TAKEN);
    let mut handler = Methods::new("handler", " of the handler", &HANDLERS);
    for asset in &mut device.assets {
        let Asset { field, name, .. } = &*asset;
        if asset.kind.is_commandable() {
            let of_field = Maker { what: "field", ident: field, name };
            asset.handler = handler.add(&of_field, &[command_name(asset)], diagnostics);
        }
        let of_field = Maker { what: "field", ident: &asset.field, name: &asset.name };
        asset.methods = handle.add(&of_field, &of_asset(asset), diagnostics);
    }
    for child in &mut device.children {
        let Child { field, name, .. } = &*child;
        let of_field = Maker { what: "field", ident: field, name };
        let method = [field.to_string()];
        (child.methods, child.handler) =
            (handle.add(&of_field, &method, diagnostics), handler.add(&of_field, &method, diagnostics));
    }
    let mut names = HashSet::new();
    for action in &mut device.actions {
        let of_action = Maker { what: "action", ident: &action.method, name: &action.name };
        // A name that comes twice is said to be one already.
        action.handler = match names.insert(action.name.text.to_ascii_lowercase()) {
            true => handler.add(&of_action, &[action.method.to_string()], diagnostics),
            false => Made::None,
        };
    }
}

fn of_asset(asset: &Asset) -> Vec<String> {
    let setters = (asset.kind != Kind::Virtual).then(|| [setter_name(asset), offer_name(asset)]);
    let all = [asset.field.to_string(), observer_name(asset)].into_iter();
    all.chain(setters.into_iter().flatten()).collect()
}

/// What makes methods.
struct Maker<'a> {
    /// For messages.
    what: &'static str,
    ident: &'a Ident,
    name: &'a Name,
}

/// The methods of one type.
struct Methods {
    /// Who has them; for messages.
    owner: &'static str,
    /// Whose they are; for messages.
    whose: &'static str,
    taken: &'static [&'static str],
    /// Those that fields make.
    made: HashMap<String, (&'static str, Ident)>,
}

impl Methods {
    fn new(owner: &'static str, whose: &'static str, taken: &'static [&'static str]) -> Self {
        Self { owner, whose, taken, made: HashMap::new() }
    }

    /// The methods that a field or an action makes, all of them or none.
    fn add(&mut self, maker: &Maker<'_>, methods: &[String], diagnostics: &mut Diagnostics) -> Made {
        let Maker { what, ident, name } = maker;
        let remedy =
            format!("rename the {what}, and keep its name on the wire with `name = \"{}\"`", name.text);
        let whose = self.whose;
        if let Some(method) = methods.iter().find(|method| self.taken.contains(&method.as_str())) {
            let message = format_args!("every {} has a method `{method}`; {remedy}", self.owner);
            diagnostics.at(ident.span(), message);
            return Made::None;
        }
        if let Some((method, (of, first))) = methods.iter().find_map(|it| self.made.get_key_value(it)) {
            let first_message = format_args!("the {of} `{first}` makes a method `{method}`{whose}");
            diagnostics.at(first.span(), first_message);
            let message =
                format_args!("the {what} `{ident}` makes a method `{method}`{whose} as well; {remedy}");
            diagnostics.at(ident.span(), message);
            return Made::None;
        }
        self.made.extend(methods.iter().map(|method| (method.clone(), (*what, (*ident).clone()))));
        Made::All
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// The derive knows the runtime by its source only, as the pages for users do: so the three are compared.
    fn runtime(path: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../edge-runtime/src").join(path)
    }

    fn taken() -> BTreeSet<String> {
        TAKEN.iter().map(|&name| name.to_owned()).collect()
    }

    /// The methods of `DeviceHandle` that users can call.
    fn methods(source: &str) -> Vec<String> {
        let file = syn::parse_file(source).unwrap();
        let of_handles = file.items.into_iter().filter_map(|item| match item {
            syn::Item::Impl(it) if it.trait_.is_none() => match &*it.self_ty {
                syn::Type::Path(of) if of.path.is_ident("DeviceHandle") => Some(it.items),
                _ => None,
            },
            _ => None,
        });
        let public = |item| match item {
            syn::ImplItem::Fn(it) if matches!(it.vis, syn::Visibility::Public(_)) => Some(it.sig.ident),
            _ => None,
        };
        of_handles.flatten().filter_map(public).map(|name| name.to_string()).collect()
    }

    #[test]
    fn all_methods_of_handles_are_taken() {
        let mut there: BTreeSet<String> = ["update", "snapshot", "clone"].map(str::to_owned).into();
        for entry in std::fs::read_dir(runtime("device")).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                there.extend(methods(&std::fs::read_to_string(path).unwrap()));
            }
        }
        assert_eq!(taken(), there);
    }

    #[test]
    fn the_page_for_users_names_all_that_are_taken() {
        let page = std::fs::read_to_string(runtime("attributes/asset.rs")).unwrap();
        let (_, list) = page.split_once("would hide one that every device has (").unwrap();
        let (list, _) = list.split_once(')').unwrap();
        let named = list.split('`').skip(1).step_by(2).map(str::to_owned);
        assert_eq!(named.collect::<BTreeSet<_>>(), taken());
    }
}
