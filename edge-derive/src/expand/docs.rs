//! The docs of what is generated: kind, type, limits, unit, and where it goes.

use quote::ToTokens;

use crate::model::{Asset, Child, Kind};

/// The lines of a getter's docs.
pub(super) fn getter(asset: &Asset) -> Vec<String> {
    let about = format!("The current value of the {}. Never touches the network.", summary(asset));
    described(&asset.description, about)
}

/// The lines of the docs of a child's handle.
pub(super) fn child(child: &Child) -> Vec<String> {
    let about = format!("The child device `{}`, which runs while this device does.", child.name.text);
    described(&child.description, about)
}

/// The lines of the docs of a child's handler.
pub(super) fn child_handler(child: &Child) -> Vec<String> {
    vec![
        format!(
            " The handler of the child device `{}`. Called once, when the device starts.",
            child.name.text
        ),
        String::new(),
        " `NoHandler` for a child that has nothing to command.".to_owned(),
    ]
}

/// The lines of a setter's docs.
pub(super) fn setter(asset: &Asset) -> Vec<String> {
    let name = &asset.name.text;
    vec![
        format!(" Sets the {}.", summary(asset)),
        String::new(),
        " Ready when the value is valid and in the outbox, from where it is published on the topic"
            .to_owned(),
        format!(" `device/{{id}}/asset/{name}/state`."),
    ]
}

/// The lines of the docs of a handler's method.
pub(super) fn handler(asset: &Asset) -> Vec<String> {
    let about = format!(
        "Applies a command to the {}, and returns the value that was really applied. \
         An error rejects the command.",
        summary(asset)
    );
    described(&asset.description, about)
}

/// The description, if there is one, above what the macro knows.
fn described(description: &str, about: String) -> Vec<String> {
    match description {
        "" => vec![format!(" {about}")],
        description => vec![format!(" {description}"), String::new(), format!(" {about}")],
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
