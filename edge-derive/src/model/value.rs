//! A value type: a unit enum, or a struct with named fields.

use std::collections::HashSet;

use proc_macro2::Ident;
use syn::ext::IdentExt as _;
use syn::{Attribute, Data, DeriveInput, Fields};

use super::asset::Name;
use super::item::{self, Item};
use super::ty::without_self;
use crate::attribute::{ASSET_VALUE, Given, MEMBER, key};
use crate::case::Case;
use crate::diagnostics::Diagnostics;

/// A value type.
#[derive(Clone, Debug)]
pub(crate) struct AssetValue {
    pub(crate) item: Item,
    pub(crate) shape: Shape,
    pub(crate) members: Vec<Member>,
}

/// What sort of type it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Enum,
    Struct,
}

/// A variant or a field.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) ident: Ident,
    pub(crate) name: Name,
    /// None for variants.
    pub(crate) ty: Option<syn::Type>,
}

impl AssetValue {
    pub(crate) fn read(input: &DeriveInput, diagnostics: &mut Diagnostics) -> Self {
        let mut given = Given::read(&input.attrs, &ASSET_VALUE, diagnostics);
        let rename = item::rename_all(&mut given, &ASSET_VALUE, diagnostics);
        let item = Item::read(input, &mut given, &ASSET_VALUE, diagnostics);
        let shape = if matches!(input.data, Data::Enum(_)) { Shape::Enum } else { Shape::Struct };
        Self { item, shape, members: members(input, rename, diagnostics) }
    }
}

fn members(input: &DeriveInput, rename: Option<Case>, diagnostics: &mut Diagnostics) -> Vec<Member> {
    let mut seen = HashSet::new();
    let mut member = |ident: &Ident, attributes: &[Attribute], ty, rename| {
        // Of a second one of one name rustc says so by itself.
        if !seen.insert(ident.unraw()) {
            return None;
        }
        let mut given = Given::read(attributes, &MEMBER, diagnostics);
        let name = Name::read(ident, given.take(key::NAME), rename, &MEMBER, diagnostics);
        Some(Member { ident: ident.clone(), name, ty })
    };
    match &input.data {
        Data::Enum(data) => {
            let rename = rename.or(Some(Case::Snake));
            data.variants.iter().filter_map(|v| member(&v.ident, &v.attrs, None, rename)).collect()
        }
        Data::Struct(syn::DataStruct { fields: Fields::Named(fields), .. }) => {
            let named = fields.named.iter().filter_map(|f| f.ident.as_ref().map(|ident| (ident, f)));
            let own = &input.ident;
            named
                .filter_map(|(ident, f)| {
                    member(
                        ident,
                        &f.attrs,
                        Some(without_self(&f.ty, own).unwrap_or_else(|| f.ty.clone())),
                        rename,
                    )
                })
                .collect()
        }
        _ => Vec::new(),
    }
}
