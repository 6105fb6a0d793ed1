//! Attributes in the wrong place.

use syn::{Attribute, Data, DeriveInput};

use crate::diagnostics::Diagnostics;

const DEVICE: &str = "device";
const ASSET: &str = "asset";

/// `#[asset]` goes on fields, `#[device]` on the struct.
pub(super) fn device(input: &DeriveInput, diagnostics: &mut Diagnostics) {
    for attribute in named(&input.attrs, ASSET) {
        diagnostics.over(
            attribute.path(),
            "`asset` goes on a field; keys of the whole device go in `#[device(..)]`",
        );
    }
    for attribute in parts(input).flat_map(|attributes| named(attributes, DEVICE)) {
        diagnostics
            .over(attribute.path(), "`device` goes on the struct; keys of one asset go in `#[asset(..)]`");
    }
}

fn named<'a>(attributes: &'a [Attribute], name: &str) -> impl Iterator<Item = &'a Attribute> {
    attributes.iter().filter(move |attribute| attribute.path().is_ident(name))
}

/// The attributes of fields and variants.
fn parts(input: &DeriveInput) -> Box<dyn Iterator<Item = &[Attribute]> + '_> {
    match &input.data {
        Data::Struct(data) => Box::new(data.fields.iter().map(|field| &field.attrs[..])),
        Data::Enum(data) => Box::new(data.variants.iter().map(|variant| &variant.attrs[..])),
        Data::Union(data) => Box::new(data.fields.named.iter().map(|field| &field.attrs[..])),
    }
}
