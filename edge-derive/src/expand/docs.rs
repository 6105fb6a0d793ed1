//! The docs of what is generated: kind, type, limits, unit, and where it goes. Each is one attribute, whatever
//! its lines: attributes are what rustc reads most of in an expansion.

use quote::ToTokens;

use crate::model::{Action, Asset, Child, Kind, Overflow, QoS, Retention, Rule, Rules};

/// A getter's docs.
pub(super) fn getter(asset: &Asset) -> String {
    // Of what has no setter nobody else says it.
    let published = match asset.kind {
        Kind::Virtual => format!(", which is published on {}", topic(asset, "state")),
        _ => String::new(),
    };
    let about = format!("The current value of the {}{published}. Never touches the network.", summary(asset));
    described(&asset.description, &about)
}

/// An observer's docs.
pub(super) fn observer(asset: &Asset) -> String {
    format!(" The changes of the {} from now on, however they come.", summary(asset))
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

/// The docs of an action's method.
pub(super) fn action(action: &Action) -> String {
    let timeout = match &action.timeout {
        Some(timeout) => format!(" It may take {timeout}."),
        None => String::new(),
    };
    let name = &action.name.text;
    let arguments: String = action.arguments.iter().map(argument).collect();
    let about = format!(
        "Does the action `{name}`, which the platform asks for on the topic `device/{{id}}/action/{name}`. An error rejects \
         it.{timeout}{arguments}"
    );
    described(&action.description, &about)
}

fn argument(argument: &Asset) -> String {
    let description = match argument.description.as_str() {
        "" => String::new(),
        description => format!(": {description}"),
    };
    let (name, ty) = (&argument.name.text, written(&argument.written_type));
    match format!("{} {}", argument.limits, argument.unit).trim() {
        "" => format!("\n - `{name}` (`{ty}`){description}"),
        range => format!("\n - `{name}` (`{ty}`, {range}){description}"),
    }
}

/// A setter's docs.
pub(super) fn setter(asset: &Asset) -> String {
    let ready = format!(
        "Ready when the value is valid and {}, from where it is published on {}.{}",
        kept(&asset.rules),
        topic(asset, "state"),
        delivered(&asset.rules),
    );
    described(&format!("Sets the {}.", summary(asset)), &ready)
}

/// The docs of a transaction's setter.
pub(super) fn transaction(asset: &Asset) -> String {
    format!(" Sets the {} when the transaction is finished; checked at once.", summary(asset))
}

/// The docs of an offer.
pub(super) fn offer(asset: &Asset) -> String {
    let about = summary(asset);
    match asset.rules.publish.pipeline {
        Some(_) => format!(" Offers a value to the {about}: what its pipeline makes of it is set."),
        None => format!(" Offers a value to the {about}: it is set, unless the asset is given a pipeline."),
    }
}

/// A handler's method's docs.
pub(super) fn handler(asset: &Asset) -> String {
    let timeout = match &asset.rules.timeout {
        Some(timeout) => format!(" It may take {}.", timeout.value),
        None => String::new(),
    };
    let about = format!(
        "Applies a command to the {}, from {}, and returns the value that was really applied. \
         An error rejects the command.{timeout}",
        summary(asset),
        topic(asset, "command"),
    );
    described(&asset.description, &about)
}

/// Where an asset's messages are.
fn topic(asset: &Asset, stream: &str) -> String {
    format!("the topic `device/{{id}}/asset/{}/{stream}`", asset.name.text)
}

/// Where a state is when its setter is ready.
fn kept(rules: &Rules) -> &'static str {
    match value(&rules.retention) {
        Some(Retention::Stored) => "on the disk",
        Some(Retention::Discard | Retention::Volatile) | None => "in the outbox",
    }
}

/// What becomes of states, as far as it is not what becomes of all: a sentence for each rule.
fn delivered(rules: &Rules) -> String {
    let discard = value(&rules.retention) == Some(Retention::Discard);
    let once = value(&rules.qos) == Some(QoS::AtMostOnce);
    let sentences = [
        discard.then(|| "Without a connection it is not sent.".to_owned()),
        once.then(|| "It is sent once, and never acknowledged.".to_owned()),
        value(&rules.expiry).map(|expiry| format!("If it is not sent within {expiry}, it never is.")),
        room(rules),
    ];
    sentences.into_iter().flatten().map(|sentence| format!(" {sentence}")).collect()
}

/// What becomes of a state for which there is no room.
fn room(rules: &Rules) -> Option<String> {
    let overflow = value(&rules.overflow).unwrap_or(Overflow::Wait);
    let then = match overflow {
        Overflow::Latest => return Some("Of several that wait, only the newest is sent.".to_owned()),
        Overflow::DropOldest => "the oldest that waits is dropped",
        Overflow::DropNewest => "it is not sent",
        Overflow::Wait => "the setter waits",
    };
    let most = rules.capacities().map(|most| format!("`{} = {}`", most.key, most.text()));
    match (most.collect::<Vec<_>>().join(" or "), overflow) {
        (most, Overflow::Wait) if most.is_empty() => None,
        (most, _) if most.is_empty() => Some(format!("If the outbox is full, {then}.")),
        (most, _) => Some(format!("If {most} is reached, {then}.")),
    }
}

fn value<T: Copy>(rule: &Option<Rule<T>>) -> Option<T> {
    rule.as_ref().map(|rule| rule.value)
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
    let (kind, name, ty) = (noun(asset.kind), &asset.name.text, &asset.type_text);
    let range = format!("{} {}", asset.limits, asset.unit);
    match range.trim() {
        "" => format!("{kind} `{name}` (`{ty}`)"),
        range => format!("{kind} `{name}` (`{ty}`, {range})"),
    }
}

fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Virtual => "computed asset",
        Kind::Argument | Kind::Field | Kind::Unknown => "asset",
        Kind::Sensor | Kind::Actuator | Kind::Config => kind.word(),
    }
}

/// Tokens as people write them, without most of the spaces that printing puts in.
pub(crate) fn written(tokens: impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    if !text.contains(' ') {
        return text;
    }
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
