//! The arguments of actions: names that the method cannot have, and limits.

use quote::format_ident;
use syn::ext::IdentExt;

use super::{kinds, limits};
use crate::diagnostics::Diagnostics;
use crate::expand::DEVICE_ARGUMENT;
use crate::model::{Action, Device};

/// The most arguments that an action may have, as in edge-proto.
pub(crate) const MAX_ARGUMENTS: usize = 64;

pub(super) fn check(device: &mut Device, diagnostics: &mut Diagnostics) {
    for action in &mut device.actions {
        count(action, diagnostics);
        arguments(action, diagnostics);
        for argument in &mut action.arguments {
            kinds::optional(&argument.written_type, diagnostics);
            limits::check(argument, diagnostics);
        }
    }
}

fn count(action: &Action, diagnostics: &mut Diagnostics) {
    if let Some(first) = action.arguments.get(MAX_ARGUMENTS) {
        let (name, found) = (&action.method, action.arguments.len());
        let message = format_args!(
            "`{name}` has {found} arguments, the limit is {MAX_ARGUMENTS}: this is one too many"
        );
        diagnostics.at(first.field.span(), message);
    }
}

/// Calls by other names what a method cannot have: it has them all the same, as the user's has.
fn arguments(action: &mut Action, diagnostics: &mut Diagnostics) {
    for place in 0..action.arguments.len() {
        let (before, rest) = action.arguments.split_at_mut(place);
        let Some(argument) = rest.first_mut() else { continue };
        let field = &argument.field;
        let first = before.iter().find(|first| first.field == *field);
        if field.unraw() == DEVICE_ARGUMENT {
            let message = format_args!(
                "every method is given the handle as `{DEVICE_ARGUMENT}`; rename the argument, and keep its name on the \
                 wire with `#[arg(name = \"{DEVICE_ARGUMENT}\")]`"
            );
            diagnostics.at(field.span(), message);
        } else if let Some(first) = first {
            // A name that comes twice is said to be one already.
            if first.name.text != argument.name.text {
                diagnostics.at(field.span(), format_args!("`{}` has two arguments `{field}`", action.method));
            }
        } else {
            continue;
        }
        argument.field = format_ident!("{field}_{place}");
    }
}
