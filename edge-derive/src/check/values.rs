//! What only value types can get wrong.

use proc_macro2::Ident;
use syn::Type;

use super::{Form, kinds};
use crate::diagnostics::Diagnostics;
use crate::expand::written;
use crate::model::{AssetValue, inside};

/// A value has a profile of finite depth: it does not contain itself.
pub(super) fn check(value: &AssetValue, diagnostics: &mut Diagnostics) -> Form {
    let before = diagnostics.count();
    for ty in value.members.iter().filter_map(|member| member.ty.as_ref()) {
        kinds::optional(ty, diagnostics);
        if itself(ty, &value.item.ident) == Some(How::InAList) {
            let ident = &value.item.ident;
            let message = format_args!("a value cannot contain itself: `{ident}` has no finite profile");
            diagnostics.over(ty, message);
        }
    }
    if diagnostics.count() == before { Form::Sound } else { Form::Unfit }
}

/// Whether a value has a size, as far as a macro can know it.
pub(crate) fn has_size(value: &AssetValue) -> bool {
    let mut types = value.members.iter().filter_map(|member| member.ty.as_ref());
    types.all(|ty| itself(ty, &value.item.ident) != Some(How::Directly))
}

/// How a struct is in itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// It has no size then, of which rustc complains; and of whatever is done with it.
    Directly,
    InAList,
}

/// Whether it is the type of a member, as far as a macro can know it; where others are between, rustc finds out.
fn itself(ty: &Type, ident: &Ident) -> Option<How> {
    if let Some(inner) = inside(ty) {
        let is_list = written(ty).starts_with("Vec");
        return itself(inner, ident).map(|how| if is_list { How::InAList } else { how });
    }
    let text = written(ty);
    let own = text.strip_prefix("self::").unwrap_or(&text);
    (*ident == own).then_some(How::Directly)
}
