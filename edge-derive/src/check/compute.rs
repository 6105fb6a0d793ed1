//! What virtual assets are computed of: that it exists, and in which order.

use std::collections::HashMap;

use crate::diagnostics::Diagnostics;
use crate::model::{Asset, Device};
use crate::suggest::{list, nearest};

/// Checks names first: what depends on an unknown asset is in no cycle.
pub(super) fn check(device: &mut Device, diagnostics: &mut Diagnostics) {
    let names: Vec<String> = device.assets.iter().map(|asset| asset.field.to_string()).collect();
    let wire: Vec<String> = device.assets.iter().map(|asset| asset.name.text.clone()).collect();
    let children: Vec<String> = device.children.iter().map(|child| child.field.to_string()).collect();
    let private: Vec<String> = device.private.iter().map(ToString::to_string).collect();
    for asset in &mut device.assets {
        let call = asset.compute.as_ref().and_then(|compute| compute.call.as_ref());
        let is_complete = call.is_none_or(|call| call.is_complete);
        if unknown(
            asset,
            &Names { fields: &names, wire: &wire, children: &children, private: &private },
            diagnostics,
        ) || !is_complete
        {
            asset.compute = None;
        }
    }
    while let Some(cycle) = cycle(device) {
        report(device, &cycle, diagnostics);
        for index in cycle {
            device.assets[index].compute = None;
        }
    }
}

/// What somebody may have meant by an argument.
struct Names<'a> {
    fields: &'a [String],
    wire: &'a [String],
    children: &'a [String],
    private: &'a [String],
}

/// The virtual assets, each after those that it depends on.
pub(crate) fn order(device: &Device) -> Vec<usize> {
    let mut walk = Walk::new(device);
    (0..device.assets.len()).for_each(|index| drop(walk.visit(index)));
    walk.done
}

/// Notes arguments that are no assets.
fn unknown(asset: &Asset, names: &Names<'_>, diagnostics: &mut Diagnostics) -> bool {
    let Names { fields, wire, children, private } = names;
    let arguments =
        asset.compute.iter().filter_map(|compute| compute.call.as_ref()).flat_map(|call| &call.arguments);
    let unknown: Vec<_> = arguments.filter(|name| !fields.iter().any(|known| *name == known)).collect();
    for name in &unknown {
        if children.iter().any(|child| *name == child) {
            let why = "virtual assets are computed from assets of their own device";
            diagnostics.at(name.span(), format_args!("`{name}` is a child device, not an asset; {why}"));
            continue;
        }
        if private.iter().any(|field| *name == field) {
            let why = "virtual assets are computed from assets";
            diagnostics.at(name.span(), format_args!("`{name}` is a field without `#[asset]`, and {why}"));
            continue;
        }
        if let Some(field) = wire.iter().position(|other| *name == other) {
            let hint =
                format_args!("`{name}` is the name on the wire, write the field's: `{}`", fields[field]);
            diagnostics.at(name.span(), hint);
            continue;
        }
        let others = || fields.iter().map(String::as_str).filter(|other| asset.field != other);
        let hint = match nearest(&name.to_string(), others()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if others().next().is_none() => "which has no other asset".to_owned(),
            None => format!("expected the field of an asset: {}", list(others())),
        };
        diagnostics.at(name.span(), format_args!("`{name}` is not an asset of this device, {hint}"));
    }
    !unknown.is_empty()
}

fn cycle(device: &Device) -> Option<Vec<usize>> {
    let mut walk = Walk::new(device);
    (0..device.assets.len()).find_map(|index| walk.visit(index).err())
}

/// At the argument that closes the cycle.
fn report(device: &Device, cycle: &[usize], diagnostics: &mut Diagnostics) {
    let field = |index: &usize| device.assets[*index].field.to_string();
    let names: Vec<String> = cycle.iter().chain(&cycle[..1]).map(field).collect();
    let last = cycle.last().map(|&index| &device.assets[index]);
    let call = last.and_then(|asset| asset.compute.as_ref()?.call.as_ref());
    let closing = call.and_then(|call| call.arguments.iter().find(|argument| **argument == names[0]));
    let span = closing.or(last.map(|asset| &asset.field)).map(proc_macro2::Ident::span);
    let path = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" -> ");
    diagnostics.at(
        span.unwrap_or_else(proc_macro2::Span::call_site),
        format_args!("virtual assets depend on each other in a cycle: {path}"),
    );
}

/// A depth-first walk over what depends on what.
struct Walk<'a> {
    device: &'a Device,
    indices: HashMap<String, usize>,
    path: Vec<usize>,
    done: Vec<usize>,
}

impl<'a> Walk<'a> {
    fn new(device: &'a Device) -> Self {
        let named = device.assets.iter().enumerate().map(|(index, asset)| (asset.field.to_string(), index));
        Self { device, indices: named.collect(), path: Vec::new(), done: Vec::new() }
    }

    /// Visits an asset after those that it depends on; an error is a cycle.
    fn visit(&mut self, index: usize) -> Result<(), Vec<usize>> {
        let device = self.device;
        let Some(compute) = &device.assets[index].compute else { return Ok(()) };
        if self.done.contains(&index) {
            return Ok(());
        }
        if let Some(start) = self.path.iter().position(|&before| before == index) {
            return Err(self.path[start..].to_vec());
        }
        self.path.push(index);
        for argument in compute.call.iter().flat_map(|call| &call.arguments) {
            if let Some(&index) = self.indices.get(&argument.to_string()) {
                self.visit(index)?;
            }
        }
        self.path.pop();
        self.done.push(index);
        Ok(())
    }
}
