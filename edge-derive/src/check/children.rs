//! What only child devices can get wrong, as far as the macro can know it. Whether another type is a
//! device, rustc says.

use syn::{GenericArgument, PathArguments};

use super::Form;
use crate::diagnostics::Diagnostics;
use crate::expand::written;
use crate::model::{Child, Device, Type, inside};

/// Of the standard library.
const POINTERS: [&str; 3] = ["Box", "Arc", "Rc"];

/// Takes out of the model what cannot be expanded.
pub(super) fn check(device: &mut Device, diagnostics: &mut Diagnostics) -> Form {
    let ident = device.item.ident.to_string();
    device.children.iter_mut().for_each(|child| wrapped(child, diagnostics));
    device.children.retain(|child| !value(child, diagnostics));
    // Such a struct has no size, of which rustc would complain at every method that returns it.
    match device.children.iter().filter(|child| itself(child, &ident, diagnostics)).count() {
        0 => Form::Sound,
        _ => Form::Unfit,
    }
}

/// A declared child is there, and once.
fn wrapped(child: &mut Child, diagnostics: &mut Diagnostics) {
    if let Some(inner) = pointed(&child.ty).cloned() {
        let field = &child.field;
        let message = format_args!("a device has its children itself; write `{field}: {}`", written(&inner));
        diagnostics.over(&child.ty, message);
        child.ty = inner;
        return;
    }
    let Some(inner) = inside(&child.ty).cloned() else { return };
    let (field, ty) = (&child.field, written(&inner));
    let others = "those that come and go are added while the device runs, with `add_child`";
    let message = format_args!(
        "`#[device(child)]` declares one device that is always there, as in `{field}: {ty}`; {others}"
    );
    diagnostics.over(&child.ty, message);
    child.ty = inner;
}

/// What is behind a reference, or behind a pointer of the standard library.
fn pointed(ty: &syn::Type) -> Option<&syn::Type> {
    let path = match ty {
        syn::Type::Reference(reference) => return Some(&reference.elem),
        syn::Type::Path(path) => path,
        _ => return None,
    };
    let last = path.path.segments.last().filter(|last| POINTERS.iter().any(|name| last.ident == name))?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    }
}

fn value(child: &Child, diagnostics: &mut Diagnostics) -> bool {
    let is_value = Type::of(&child.ty) != Type::Other;
    if is_value && child.flag.is_some() {
        let ty = written(&child.ty);
        let remedy = "a child is a struct with `#[derive(Device)]`, a value is an asset: `#[asset]`";
        diagnostics.over(&child.ty, format_args!("`{ty}` is not a device; {remedy}"));
    }
    is_value
}

fn itself(child: &Child, ident: &str, diagnostics: &mut Diagnostics) -> bool {
    let text = written(&child.ty);
    let is_itself = text == "Self" || text.strip_prefix("self::").unwrap_or(&text) == ident;
    if is_itself {
        let others = "those of its own type are added while it runs, with `add_child`";
        diagnostics.over(&child.ty, format_args!("`{ident}` cannot declare itself as its child; {others}"));
    }
    is_itself
}
