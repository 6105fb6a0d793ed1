//! What only alerts and data formats can get wrong, and where devices declare them.

use std::collections::HashSet;

use crate::diagnostics::Diagnostics;
use crate::expand::written;
use crate::model::{Device, Report};

/// The most fields, as in edge-proto.
pub(crate) const MAX_FIELDS: usize = 64;

pub(super) fn check(report: &Report, diagnostics: &mut Diagnostics) {
    let (ident, fields) = (&report.item.ident, report.fields.len());
    if let Some(first) = report.fields.get(MAX_FIELDS) {
        let message =
            format_args!("`{ident}` has {fields} fields, the limit is {MAX_FIELDS}: this is one too many");
        diagnostics.at(first.field.span(), message);
    }
}

/// A device declares each type once; what is said twice is left out.
pub(super) fn declared(device: &mut Device, diagnostics: &mut Diagnostics) {
    let mut seen = HashSet::new();
    device.reports.retain(|path| {
        let ty = written(path);
        let is_new = seen.insert(ty.clone());
        if !is_new {
            diagnostics.over(path, format_args!("`{ty}` is declared twice"));
        }
        is_new
    });
}
