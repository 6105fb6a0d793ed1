//! The arguments of actions: names that the method cannot have, and limits.

use syn::ext::IdentExt;

use super::{kinds, limits};
use crate::diagnostics::Diagnostics;
use crate::expand::DEVICE_ARGUMENT;
use crate::model::{Action, Asset, Device};

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

/// Takes out what a method cannot have.
fn arguments(action: &mut Action, diagnostics: &mut Diagnostics) {
    let mut kept = Vec::with_capacity(action.arguments.len());
    for argument in std::mem::take(&mut action.arguments) {
        let field = &argument.field;
        if field.unraw() == DEVICE_ARGUMENT {
            let message = format_args!(
                "every method is given the handle as `{DEVICE_ARGUMENT}`; rename the argument, and keep its name on the \
                 wire with `#[arg(name = \"{DEVICE_ARGUMENT}\")]`"
            );
            diagnostics.at(field.span(), message);
        } else if let Some(first) = kept.iter().find(|first: &&Asset| first.field == *field) {
            // A name that comes twice is said to be one already.
            if first.name.text != argument.name.text {
                diagnostics.at(field.span(), format_args!("`{}` has two arguments `{field}`", action.method));
            }
        } else {
            kept.push(argument);
        }
    }
    action.arguments = kept;
}
