//! What is said of policies, staleness and pipelines.

use syn::parse_quote;

use super::mistakes::device;

/// The errors of one asset of a type.
macro_rules! asset {
    ([$($rules:tt)*] $ty:ty, $($expected:expr),* $(,)?) => {
        device(
            parse_quote! {
                struct Lamp {
                    #[asset($($rules)*)]
                    level: $ty,
                }
            },
            &[$($expected),*],
        )
    };
}

#[test]
fn every_policy_is_accepted() {
    asset!([publish(on_change)] String,);
    asset!([publish(deadband = 0)] u8,);
    asset!([publish(on_change, deadband = 0.5, min_interval = "1s", max_interval = "1s")] Option<f64>,);
    asset!([publish(deadband = WIDTH), stale_after = "10m", pipeline = filters::noise] f32,);
    asset!([retention = "stored", publish(on_change, max_interval = "1h")] u8,);
}

#[test]
fn keys() {
    asset!([publish(on_chnge)] u8, "unknown publish key `on_chnge`, did you mean `on_change`?");
    asset!([publish(heartbeat = "1s")] u8, "unknown publish key `heartbeat`, did you mean `max_interval`?");
    asset!([publish(throttle = "1s")] u8, "unknown publish key `throttle`, did you mean `min_interval`?");
    asset!([publish(hysteresis = 1)] u8, "unknown publish key `hysteresis`, did you mean `deadband`?");
    asset!(
        [publish(soon)] u8,
        "unknown publish key `soon`, expected one of `on_change`, `deadband`, `min_interval`, `max_interval`"
    );
    asset!(
        [publish(unit = "s")] u8,
        "unknown publish key `unit`, it belongs on the field of an asset: `#[asset(unit = ..)]`"
    );
    let belongs = |key: &str, shown: &str| {
        format!(
            "unknown asset key `{key}`, it belongs on the policy of publishing: `#[asset(publish({shown}))]`"
        )
    };
    asset!([deadband = 1] u8, &belongs("deadband", "deadband = .."));
    asset!([on_change] u8, &belongs("on_change", "on_change"));
    asset!([stale = "1s"] u8, "unknown asset key `stale`, did you mean `stale_after`?");
    asset!([publish(on_change = true)] u8, "`on_change` has no value; write `publish(on_change)`");
    asset!([publish()] u8, "`publish()` says nothing; as in `publish(on_change)`");
    asset!([publish] u8, "`publish` is followed by parentheses: `publish(on_change)`");
    asset!([publish(on_change), publish(on_change)] u8, "`publish` is first given here", "`publish` is given twice");
    asset!(
        [publish(deadband = 1, deadband = 2)] u8,
        "`deadband` is first given here",
        "`deadband` is given twice"
    );
}

#[test]
fn contradictions() {
    let numbers = |ty: &str| {
        format!(
            "`deadband` applies to numbers, and `level` is a `{ty}`; what does not change is left out by \
             `publish(on_change)`"
        )
    };
    asset!([publish(deadband = 1)] bool, &numbers("bool"));
    asset!([publish(deadband = 1)] Option<String>, &numbers("Option<String>"));
    asset!([publish(deadband = -0.5)] f64, "`deadband` is -0.5, it must be 0 or greater");
    asset!(
        [publish(min_interval = "5m", max_interval = "1s")] u8,
        "`max_interval` (1s) is shorter than `min_interval` (5m) for asset `level`"
    );
    asset!(
        [retention = "stored", publish(min_interval = "1s")] u8,
        "`min_interval` contradicts `retention = \"stored\"`: a value of `level` that is held back is not on the disk"
    );
    asset!(
        [kind = "virtual", compute = f(), stale_after = "1s"] u8,
        "nobody sets the virtual asset `level`; `stale_after` belongs to what it is computed from"
    );
    asset!(
        [kind = "virtual", compute = f(), pipeline = f] u8,
        "nobody offers values to the virtual asset `level`; `pipeline` belongs to what it is computed from"
    );
    asset!([pipeline = f()] u8, "expected a path, found a call; as in `pipeline = without_noise`");
    asset!([pipeline = "f"] u8, "expected a path, found a string; as in `pipeline = without_noise`");
}
