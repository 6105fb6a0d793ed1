//! Names on the wire: the rule of edge-proto's module `name`, and that each is used once.

use std::collections::HashMap;

use crate::diagnostics::Diagnostics;
use crate::model::{AssetValue, Device, Name, Report, Shape, Sort};

/// As in edge-proto.
pub(crate) const MAX_BYTES: usize = 64;

/// What there are of assets; for messages.
const ASSET: &str = "asset name";
const ALIAS: &str = "alias";

/// The names of a device's assets, of its children, and of its actions and their arguments.
pub(super) fn device(device: &Device, diagnostics: &mut Diagnostics) {
    // An asset or an action is found by either; whatever is left of a name is the name's mistake.
    let names = device.assets.iter().map(|asset| (ASSET, &asset.name));
    let aliases = device.assets.iter().filter_map(|asset| Some((ALIAS, asset.alias.as_ref()?)));
    check(names.chain(aliases), "field", diagnostics);
    check(device.children.iter().map(|child| ("child name", &child.name)), "field", diagnostics);
    let names = device.actions.iter().map(|action| ("action name", &action.name));
    let aliases = device.actions.iter().filter_map(|action| Some((ALIAS, action.alias.as_ref()?)));
    check(names.chain(aliases), "action", diagnostics);
    for action in &device.actions {
        let arguments = action.arguments.iter().map(|argument| ("argument name", &argument.name));
        check(arguments, "argument", diagnostics);
    }
}

/// The name of an alert or a data format, and those of its fields.
pub(super) fn report(report: &Report, diagnostics: &mut Diagnostics) {
    let what = match report.sort {
        Sort::Alert => "alert name",
        Sort::Format => "format name",
    };
    check(std::iter::once((what, &report.name)), "struct", diagnostics);
    check(report.fields.iter().map(|field| ("field name", &field.name)), "field", diagnostics);
}

/// The names of a value's variants or members.
pub(super) fn members(value: &AssetValue, diagnostics: &mut Diagnostics) {
    let (what, source) = match value.shape {
        Shape::Enum => ("variant name", "variant"),
        Shape::Struct => ("member name", "field"),
    };
    check(value.members.iter().map(|member| (what, &member.name)), source, diagnostics);
}

/// A name, and what it is; for messages.
type Named<'a> = (&'static str, &'a Name);

fn check<'a>(names: impl Iterator<Item = Named<'a>>, source: &str, diagnostics: &mut Diagnostics) {
    let mut seen: HashMap<String, Named<'a>> = HashMap::new();
    for (what, name) in names {
        if let Some(problem) = problem(&name.text) {
            let remedy = match (name.is_given, name.text.is_empty()) {
                (true, true) if what == ALIAS => "; remove `alias` to have none".to_owned(),
                (true, true) => format!("; remove `name` to use the name of the {source}"),
                (true, false) => String::new(),
                (false, _) => "; add `name = \"..\"`".to_owned(),
            };
            diagnostics.at(name.span, format_args!("{what} {problem}{remedy}"));
        } else if let Some(first) = seen.insert(name.text.to_ascii_lowercase(), (what, name)) {
            twice(first, (what, name), diagnostics);
            seen.insert(name.text.to_ascii_lowercase(), first);
        }
    }
}

fn twice((first_is, first): Named<'_>, (second_is, second): Named<'_>, diagnostics: &mut Diagnostics) {
    let (text, other) = (&second.text, &first.text);
    diagnostics.at(first.span, format_args!("{first_is} `{other}` is first used here"));
    if text == other {
        diagnostics.at(second.span, format_args!("{second_is} `{text}` is used twice"));
    } else {
        let why = "they differ only in case";
        diagnostics.at(second.span, format_args!("{second_is} `{text}` is used twice, as `{other}`: {why}"));
    }
}

fn problem(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("is empty".to_owned());
    }
    if name.len() > MAX_BYTES {
        return Some(format!("`{}..` has {} bytes, the limit is {MAX_BYTES}", start(name), name.len()));
    }
    let bad = name.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))?;
    let why = match bad {
        '/' | '+' | '#' => ", which has a meaning in MQTT topics",
        _ => "",
    };
    let allowed = "allowed are ASCII letters, digits, `_` and `-`";
    Some(format!("`{}` contains {bad:?}{why}; {allowed}", name.escape_debug()))
}

fn start(name: &str) -> String {
    name.chars().take(16).collect::<String>().escape_debug().to_string()
}
