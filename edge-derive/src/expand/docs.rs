//! The docs of what is generated: kind, type, limits, unit, and where it goes. Each is one attribute, whatever
//! its lines: attributes are what rustc reads most of in an expansion.

use quote::ToTokens;

use crate::model::{Asset, Child, Kind};

/// A getter's docs.
pub(super) fn getter(asset: &Asset) -> String {
    let about = format!("The current value of the {}. Never touches the network.", summary(asset));
    described(&asset.description, &about)
}

/// The docs of a child's handle.
pub(super) fn child(child: &Child) -> String {
    let about = format!("The child device `{}`, which runs while this device does.", child.name.text);
    described(&child.description, &about)
}

/// The docs of a child's handler.
pub(super) fn child_handler(child: &Child) -> String {
    let about = format!(
        "The handler of the child device `{}`. Called once, when the device starts.",
        child.name.text
    );
    described(&about, "`NoHandler` for a child that has nothing to command.")
}

/// A setter's docs.
pub(super) fn setter(asset: &Asset) -> String {
    let ready = format!(
        "Ready when the value is valid and in the outbox, from where it is published on the topic \
         `device/{{id}}/asset/{}/state`.",
        asset.name.text
    );
    described(&format!("Sets the {}.", summary(asset)), &ready)
}

/// The docs of a handler's method.
pub(super) fn handler(asset: &Asset) -> String {
    let about = format!(
        "Applies a command to the {}, and returns the value that was really applied. \
         An error rejects the command.",
        summary(asset)
    );
    described(&asset.description, &about)
}

/// What the user says, if anything, above what the macro knows.
fn described(description: &str, about: &str) -> String {
    match description {
        "" => format!(" {about}"),
        description => format!(" {description}\n\n {about}"),
    }
}

/// ``sensor `temperature` (`f64`, -40..85 °C)``.
fn summary(asset: &Asset) -> String {
    let (kind, name, ty) = (noun(asset.kind), &asset.name.text, written(&asset.written_type));
    let range = format!("{} {}", asset.limits, asset.unit);
    match range.trim() {
        "" => format!("{kind} `{name}` (`{ty}`)"),
        range => format!("{kind} `{name}` (`{ty}`, {range})"),
    }
}

fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Virtual => "computed asset",
        Kind::Unknown => "asset",
        Kind::Sensor | Kind::Actuator | Kind::Config => kind.word(),
    }
}

/// Tokens as people write them, without most of the spaces that printing puts in.
pub(crate) fn written(tokens: impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (printed, plain) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        (" >", ">"),
        (" ,", ","),
        ("& ", "&"),
        ("[ ", "["),
        (" ]", "]"),
    ] {
        text = text.replace(printed, plain);
    }
    text
}
