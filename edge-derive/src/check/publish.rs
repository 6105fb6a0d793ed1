//! Policies and pipelines that contradict themselves, or the asset.

use crate::diagnostics::Diagnostics;
use crate::expand::written;
use crate::model::{Asset, Kind, Number, Retention, Type};

pub(super) fn check(asset: &mut Asset, diagnostics: &mut Diagnostics) {
    deadband(asset, diagnostics);
    intervals(asset, diagnostics);
    computed(asset, diagnostics);
}

fn deadband(asset: &mut Asset, diagnostics: &mut Diagnostics) {
    let Some(deadband) = &asset.rules.publish.deadband else { return };
    let (name, ty) = (&asset.name.text, written(&asset.written_type));
    if matches!(asset.ty, Type::Bool | Type::Text) {
        let message = format_args!(
            "`deadband` applies to numbers, and `{name}` is a `{ty}`; what does not change is left out by \
             `publish(on_change)`"
        );
        diagnostics.at(deadband.key.span(), message);
    } else if deadband.number < Number::Integer(0) {
        let message = format_args!("`deadband` is {}, it must be 0 or greater", deadband.text());
        diagnostics.over(&deadband.expr, message);
    } else {
        return;
    }
    asset.rules.publish.deadband = None;
}

fn intervals(asset: &mut Asset, diagnostics: &mut Diagnostics) {
    let (name, rules) = (&asset.name.text, &mut asset.rules);
    let publish = &mut rules.publish;
    if let (Some(min), Some(max)) = (&publish.min_interval, &publish.max_interval)
        && min.value.milliseconds > max.value.milliseconds
    {
        let message = format_args!(
            "`max_interval` ({}) is shorter than `min_interval` ({}) for asset `{name}`",
            max.value, min.value
        );
        diagnostics.at(max.key, message);
        publish.max_interval = None;
    }
    let is_stored = rules.retention.as_ref().is_some_and(|it| it.value == Retention::Stored);
    if let Some(min) = publish.min_interval.take_if(|_| is_stored) {
        let message = format_args!(
            "`min_interval` contradicts `retention = \"stored\"`: a value of `{name}` that is held back is not \
             on the disk"
        );
        diagnostics.at(min.key, message);
    }
}

fn computed(asset: &mut Asset, diagnostics: &mut Diagnostics) {
    if asset.kind != Kind::Virtual {
        return;
    }
    let (name, publish) = (&asset.name.text, &mut asset.rules.publish);
    if let Some(stale) = publish.stale_after.take() {
        let message = format_args!(
            "nobody sets the virtual asset `{name}`; `stale_after` belongs to what it is computed from"
        );
        diagnostics.at(stale.key, message);
    }
    if let Some(pipeline) = publish.pipeline.take() {
        let message = format_args!(
            "nobody offers values to the virtual asset `{name}`; `pipeline` belongs to what it is computed from"
        );
        diagnostics.at(pipeline.key, message);
    }
}
