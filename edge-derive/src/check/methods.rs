//! Methods of the handle and of the handler: a field's may not hide one that every device has, nor
//! another field's.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use proc_macro2::Ident;
use syn::ext::IdentExt as _;

use crate::diagnostics::Diagnostics;
use crate::expand::{HEARD, command_name, observer_name, offer_name, setter_name};
use crate::model::{Asset, Child, Device, Made, Method, Name};

/// What every handle has: of its own, and of `DeviceHandle`, to which it dereferences. Sorted: each method of a field is looked up.
const TAKEN: &[&str] = &[
    "add_child",
    "add_dynamic_child",
    "begin",
    "children",
    "clear_pipeline",
    "clone",
    "close",
    "errors",
    "errors_of",
    "get",
    "get_as",
    "id",
    "is_online",
    "is_stale",
    "last_known",
    "listen",
    "model",
    "observe",
    "offer",
    "parent",
    "raise",
    "raise_by_name",
    "receipt",
    "remove",
    "reset_stats",
    "session",
    "set",
    "set_batch",
    "set_pipeline",
    "snapshot",
    "stats",
    "storage",
    "submit",
    "submit_by_name",
    "update",
];

pub(super) fn check(device: &mut Device, diagnostics: &mut Diagnostics) {
    let mut handle = Methods::new("device", TAKEN);
    let mut handler = Methods::new("handler", &HEARD);
    for asset in &mut device.assets {
        if asset.kind.is_commandable() {
            let maker =
                Maker { role: "handler's method", what: "field", ident: &asset.field, name: &asset.name };
            asset.handler = handler.replace(&maker, command_name(asset), diagnostics);
        }
        asset.colliding = colliding(asset, &mut handle, diagnostics);
    }
    for child in &mut device.children {
        let Child { field: ident, name, .. } = &*child;
        let method = ident.unraw().to_string();
        let [of_handle, of_handler] =
            ["handle", "handler's method"].map(|role| Maker { role, what: "field", ident, name });
        (child.methods, child.handler) = (
            handle.add(&of_handle, method.clone(), diagnostics),
            handler.replace(&of_handler, method, diagnostics),
        );
    }
    let mut names = HashSet::new();
    for action in &mut device.actions {
        let maker =
            Maker { role: "handler's method", what: "action", ident: &action.method, name: &action.name };
        // A name that comes twice is said to be one already.
        action.handler = match names.insert(action.name.text.to_ascii_lowercase()) {
            true => handler.replace(&maker, action.method.unraw().to_string(), diagnostics),
            false => Made::None,
        };
    }
    device.replaced = handler.replaced;
}

/// What an asset cannot make on the handle. One mistake is said once: a field that is renamed has all of its methods.
fn colliding(asset: &Asset, handle: &mut Methods, diagnostics: &mut Diagnostics) -> Vec<Method> {
    let methods = [
        (Method::Getter, "getter", asset.field.unraw().to_string()),
        (Method::Observer, "observer", observer_name(asset)),
        (Method::Setter, "setter", setter_name(asset)),
        (Method::Offer, "offer", offer_name(asset)),
    ];
    let mut colliding = Vec::new();
    for (method, role, name) in methods.into_iter().filter(|(method, ..)| asset.makes(*method)) {
        let maker = Maker { role, what: "field", ident: &asset.field, name: &asset.name };
        if let Err(message) = handle.try_add(&maker, name) {
            if colliding.is_empty() {
                diagnostics.at(asset.field.span(), message);
            }
            colliding.push(method);
        }
    }
    colliding
}

/// What makes a method.
struct Maker<'a> {
    /// What the method is to it; for messages.
    role: &'static str,
    /// For messages.
    what: &'static str,
    ident: &'a Ident,
    name: &'a Name,
}

/// The methods of one type.
struct Methods {
    /// Who has them; for messages.
    owner: &'static str,
    taken: &'static [&'static str],
    /// Those that fields make, and what they are to whom.
    made: HashMap<String, String>,
    /// Of those that are taken, the ones that fields make all the same.
    replaced: HashSet<String>,
}

impl Methods {
    fn new(owner: &'static str, taken: &'static [&'static str]) -> Self {
        Self { owner, taken, made: HashMap::new(), replaced: HashSet::new() }
    }

    /// The method that a field or an action makes, unless there is one of its name.
    fn add(&mut self, maker: &Maker<'_>, method: String, diagnostics: &mut Diagnostics) -> Made {
        match self.try_add(maker, method) {
            Ok(()) => Made::All,
            Err(message) => {
                diagnostics.at(maker.ident.span(), message);
                Made::None
            }
        }
    }

    /// The same of a handler. One of a name that every handler has makes the other one go: it is what the user's handler has.
    fn replace(&mut self, maker: &Maker<'_>, method: String, diagnostics: &mut Diagnostics) -> Made {
        let is_taken = self.taken.binary_search(&method.as_str()).is_ok();
        let is_first = is_taken && self.replaced.insert(method.clone());
        let made = self.add(maker, method, diagnostics);
        if is_first { Made::All } else { made }
    }

    fn try_add(&mut self, maker: &Maker<'_>, method: String) -> Result<(), String> {
        let Maker { role, what, ident, name } = maker;
        let remedy =
            format!("rename the {what}, and keep its name on the wire with `name = \"{}\"`", name.text);
        let this = format!("the {role} of the {what} `{ident}`");
        if self.taken.binary_search(&method.as_str()).is_ok() {
            let owner = self.owner;
            let called =
                if **ident == *method { String::new() } else { format!(", and so is called {this}") };
            return Err(format!("every {owner} has a method `{method}`{called}; {remedy}"));
        }
        match self.made.entry(method) {
            Entry::Occupied(first) => {
                let (method, first) = (first.key(), first.get());
                Err(format!("{this} is called `{method}`, as is {first}; {remedy}"))
            }
            Entry::Vacant(vacant) => {
                vacant.insert(this);
                Ok(())
            }
        }
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
        assert!(TAKEN.is_sorted() && HEARD.is_sorted());
        let mut there: BTreeSet<String> = ["update", "snapshot", "clone"].map(str::to_owned).into();
        let folders = ["device", "device/handle"].map(|folder| std::fs::read_dir(runtime(folder)).unwrap());
        for entry in folders.into_iter().flatten() {
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
