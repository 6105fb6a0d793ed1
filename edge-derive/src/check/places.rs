//! Attributes in the wrong place.

use syn::DeriveInput;

use crate::attribute::ASSET;
use crate::diagnostics::Diagnostics;

/// `#[asset]` goes on fields. What `#[device]` says on a field is read with the field.
pub(super) fn device(input: &DeriveInput, diagnostics: &mut Diagnostics) {
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident(ASSET.attribute)) {
        diagnostics.over(
            attribute.path(),
            "`asset` goes on a field; keys of the whole device go in `#[device(..)]`",
        );
    }
}
