//! Rules of delivery that contradict each other, or say something of what there is not.

use crate::diagnostics::Diagnostics;
use crate::model::{Asset, Kind, Overflow, QoS, Retention};

pub(super) fn check(asset: &mut Asset, diagnostics: &mut Diagnostics) {
    let name = &asset.name.text;
    let rules = &mut asset.rules;
    if let (Kind::Sensor | Kind::Virtual, Some(timeout)) = (asset.kind, &rules.timeout) {
        let kind = asset.kind.word();
        let message =
            format_args!("`timeout` is for handlers, and `{name}` is a {kind}: nothing commands it");
        diagnostics.at(timeout.key, message);
        rules.timeout = None;
    }
    if let (Some(qos), Some(retention)) = (&rules.qos, &rules.retention)
        && (qos.value, retention.value) == (QoS::AtMostOnce, Retention::Stored)
    {
        let message = format_args!(
            "with `qos = 0` nobody says that `{name}` has arrived, so it cannot be stored until then"
        );
        diagnostics.at(qos.key, message);
        rules.qos = None;
    }
    let is_latest = rules.overflow.as_ref().is_some_and(|overflow| overflow.value == Overflow::Latest);
    for (key, capacity) in [("capacity", &mut rules.capacity), ("capacity_bytes", &mut rules.capacity_bytes)]
    {
        if let Some(given) = capacity.take_if(|_| is_latest) {
            let message = format_args!(
                "`{key}` has no meaning with `overflow = \"latest\"`: of `{name}` never more than one state waits"
            );
            diagnostics.at(given.key, message);
        }
    }
}
