//! A child device: a field with `#[device(child)]`.

use proc_macro2::Ident;
use syn::{Attribute, Field, Visibility};

use super::asset::{Made, Name};
use super::ty::{could_be_device, is_no_field};
use super::{item, text};
use crate::attribute::{ASSET, CHILD, Entry, Given, key};
use crate::case::Case;
use crate::diagnostics::Diagnostics;

const ALONE: &str = "`child` stands alone, as in `#[device(child)]` or `#[device(child, name = \"drone\")]`";
const NAME_ALONE: &str = "`name` needs `child` beside it: `#[device(child, name = ..)]`; of an asset, it belongs \
                          in `#[asset(name = ..)]`";
const BARE: &str = "`device` on a field declares a child device: `#[device(child)]`; an asset is declared by \
                    `#[asset]`";

/// A device that is part of another.
#[derive(Clone, Debug)]
pub(crate) struct Child {
    pub(crate) field: Ident,
    pub(crate) vis: Visibility,
    pub(crate) ty: syn::Type,
    pub(crate) name: Name,
    pub(crate) description: String,
    pub(crate) deprecated: Option<Attribute>,
    /// Where it says that it is a child; none if that is only guessed, after a mistake.
    pub(crate) flag: Option<Ident>,
    /// On the handle.
    pub(crate) methods: Made,
    /// In the handler.
    pub(crate) handler: Made,
}

impl Child {
    /// Reads a field; none without `#[device(..)]`. `given`: what that says.
    pub(super) fn read(
        field: &Field,
        mut given: Given,
        rename: Option<Case>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let attribute = given.attribute.clone()?;
        let ident = field.ident.clone().filter(|_| !is_no_field(&field.ty))?;
        let flag = given.take(key::CHILD);
        let name = given.take(key::NAME);
        match (&flag, &name) {
            (Some(Entry { value: Some(stray), .. }), _) => diagnostics.over(stray, ALONE),
            (None, Some(name)) => diagnostics.at(name.key.span(), NAME_ALONE),
            (None, None) if given.complete => diagnostics.over(attribute.path(), BARE),
            _ => {}
        }
        let is_child = flag.is_some() || (!given.astray && could_be_device(&field.ty));
        let name = Name::read(&ident, name, rename, &CHILD, diagnostics);
        is_child.then(|| Self::of(field, ident, name, flag.map(|entry| entry.key), diagnostics))
    }

    /// A child that is declared as if it was an asset, of which it has been said.
    pub(super) fn meant(field: &Field, rename: Option<Case>, diagnostics: &mut Diagnostics) -> Option<Self> {
        let is_declared = field.attrs.iter().any(|attribute| attribute.path().is_ident(ASSET.attribute));
        let is_child = is_declared && could_be_device(&field.ty) && !is_no_field(&field.ty);
        let ident = field.ident.clone().filter(|_| is_child)?;
        let name = Name::read(&ident, None, rename, &CHILD, diagnostics);
        Some(Self::of(field, ident, name, None, diagnostics))
    }

    fn of(
        field: &Field,
        ident: Ident,
        name: Name,
        flag: Option<Ident>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        Self {
            vis: field.vis.clone(),
            ty: field.ty.clone(),
            name,
            description: text::documented(&field.attrs, diagnostics),
            deprecated: item::deprecated(&field.attrs),
            flag,
            methods: Made::All,
            handler: Made::All,
            field: ident,
        }
    }
}
