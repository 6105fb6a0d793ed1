//! Names on the wire: the rule of edge-proto's module `name`, and that each is used once.

use std::collections::HashMap;

use crate::diagnostics::Diagnostics;
use crate::model::{AssetValue, Device, Name, Shape};

/// As in edge-proto.
const MAX_BYTES: usize = 64;

/// The names of a device's assets, of its children, and of its actions and their arguments.
pub(super) fn device(device: &Device, diagnostics: &mut Diagnostics) {
    check(device.assets.iter().map(|asset| &asset.name), "asset", "field", diagnostics);
    check(device.children.iter().map(|child| &child.name), "child", "field", diagnostics);
    check(device.actions.iter().map(|action| &action.name), "action", "action", diagnostics);
    for action in &device.actions {
        check(action.arguments.iter().map(|argument| &argument.name), "argument", "argument", diagnostics);
    }
}

/// The names of a value's variants or members.
pub(super) fn members(value: &AssetValue, diagnostics: &mut Diagnostics) {
    let (what, source) = match value.shape {
        Shape::Enum => ("variant", "variant"),
        Shape::Struct => ("member", "field"),
    };
    check(value.members.iter().map(|member| &member.name), what, source, diagnostics);
}

fn check<'a>(names: impl Iterator<Item = &'a Name>, what: &str, source: &str, diagnostics: &mut Diagnostics) {
    let mut seen: HashMap<String, &Name> = HashMap::new();
    for name in names {
        if let Some(problem) = problem(&name.text) {
            let remedy = match (name.is_given, name.text.is_empty()) {
                (true, true) => format!("; remove `name` to use the name of the {source}"),
                (true, false) => String::new(),
                (false, _) => "; add `name = \"..\"`".to_owned(),
            };
            diagnostics.at(name.span, format_args!("{what} name {problem}{remedy}"));
        } else if let Some(first) = seen.insert(name.text.to_ascii_lowercase(), name) {
            twice(first, name, what, diagnostics);
            seen.insert(name.text.to_ascii_lowercase(), first);
        }
    }
}

fn twice(first: &Name, second: &Name, what: &str, diagnostics: &mut Diagnostics) {
    let (text, other) = (&second.text, &first.text);
    diagnostics.at(first.span, format_args!("{what} name `{other}` is first used here"));
    if text == other {
        diagnostics.at(second.span, format_args!("{what} name `{text}` is used twice"));
    } else {
        let why = "they differ only in case";
        diagnostics.at(second.span, format_args!("{what} name `{text}` is used twice, as `{other}`: {why}"));
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
