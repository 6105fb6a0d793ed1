//! Rules of delivery that contradict each other, or say something of what there is not.

use super::kinds;
use crate::diagnostics::Diagnostics;
use crate::model::{Asset, CAPACITY, Number, Overflow, QoS, Retention};

pub(super) fn check(asset: &mut Asset, diagnostics: &mut Diagnostics) {
    timeout(asset, diagnostics);
    retention(asset, diagnostics);
    capacities(asset, diagnostics);
}

fn timeout(asset: &mut Asset, diagnostics: &mut Diagnostics) {
    if asset.kind.is_commandable() {
        return;
    }
    if let Some(timeout) = asset.rules.timeout.take() {
        let found = kinds::found(asset);
        diagnostics
            .at(timeout.key, format_args!("only actuators and configs have a handler to limit, {found}"));
    }
}

fn retention(asset: &mut Asset, diagnostics: &mut Diagnostics) {
    let (name, rules) = (&asset.name.text, &mut asset.rules);
    let retention = rules.retention.as_ref().map(|retention| retention.value);
    if retention == Some(Retention::Stored)
        && let Some(qos) = rules.qos.take_if(|qos| qos.value == QoS::AtMostOnce)
    {
        let message = format_args!(
            "`qos = 0` contradicts `retention = \"stored\"`: `{name}` would be stored until it is \
             acknowledged, and with 0 it never is"
        );
        diagnostics.at(qos.key, message);
    }
    if retention == Some(Retention::Discard)
        && let Some(expiry) = rules.expiry.take()
    {
        let message = format_args!(
            "`expiry` contradicts `retention = \"discard\"`: no state of `{name}` waits for a connection"
        );
        diagnostics.at(expiry.key, message);
    }
}

fn capacities(asset: &mut Asset, diagnostics: &mut Diagnostics) {
    let (name, rules) = (&asset.name.text, &mut asset.rules);
    let is_latest = rules.overflow.as_ref().is_some_and(|overflow| overflow.value == Overflow::Latest);
    for capacity in [&mut rules.capacity, &mut rules.capacity_bytes] {
        let Some(given) = capacity.take_if(|given| is_latest || !can_be(given.number)) else {
            continue;
        };
        let key = &given.key;
        if is_latest {
            let message = format_args!(
                "`{key}` contradicts `overflow = \"latest\"`: no more than one state of `{name}` waits"
            );
            diagnostics.at(key.span(), message);
        } else {
            let (least, most, found) = (CAPACITY.0, CAPACITY.1, given.found());
            let message = format_args!("`{key}` is an integer from {least} to {most}, found `{found}`");
            diagnostics.over(given.expr, message);
        }
    }
}

/// Whether it can be a capacity, as far as the macro can tell.
fn can_be(number: Number) -> bool {
    match number {
        Number::Integer(value) => (CAPACITY.0..=CAPACITY.1).contains(&value),
        Number::Float(_) => false,
        Number::Unknown => true,
    }
}
