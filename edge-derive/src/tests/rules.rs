//! What is said of the rules of delivery: each key's values, and keys that contradict each other.

use syn::parse_quote;

use super::mistakes::device;

/// The errors of one sensor.
macro_rules! sensor {
    ([$($rules:tt)*], $($expected:expr),* $(,)?) => {
        device(
            parse_quote! {
                struct Lamp {
                    #[asset($($rules)*)]
                    level: u8,
                }
            },
            &[$($expected),*],
        )
    };
}

#[test]
fn every_value_is_accepted() {
    sensor!([qos = 0, retention = "discard", overflow = "drop-newest"],);
    sensor!([qos = 0, retention = "volatile", overflow = "latest", expiry = "1d"],);
    sensor!([qos = 1, retention = "stored", overflow = "drop-oldest", expiry = "250ms"],);
    sensor!([overflow = "wait", capacity = 1, capacity_bytes = 4_294_967_295],);
    sensor!([capacity = MAX_STATES, capacity_bytes = 64 * 1024],);
    sensor!([kind = "actuator", timeout = "2m"],);
    sensor!([kind = "config", timeout = "1h"],);
}

#[test]
fn qos() {
    let qos = |rest: &str| format!("`qos` is 0 (sent once) or 1 (sent until acknowledged), found {rest}");
    sensor!([qos = 2], &qos("`2`; what arrives twice counts once, so 1 is enough"));
    sensor!([qos = 3], &qos("`3`"));
    sensor!([qos = -1], &qos("`-1`"));
    sensor!([qos = 1.0], &qos("`1.0`"));
    sensor!([qos = SURE], &qos("`SURE`"));
    sensor!([qos = "1"], "`qos` is a number, found a string; remove the quotes: `1`");
    sensor!([qos = true], "`qos` is a number, found a bool");
}

#[test]
fn words() {
    let retention = "expected one of `discard`, `volatile`, `stored`";
    sensor!(
        [retention = "store"],
        &format!("unknown retention `store`, did you mean `stored`? ({retention})")
    );
    sensor!([retention = "disk"], &format!("unknown retention `disk`, did you mean `stored`? ({retention})"));
    sensor!([retention = "forever"], &format!("unknown retention `forever`, {retention}"));
    sensor!([retention = ""], &format!("the retention is empty, {retention}"));
    sensor!([retention = "Stored"], "unknown retention `Stored`, retentions are in lower case: `stored`");
    sensor!([retention = stored], "expected a string literal; write `retention = \"stored\"`");
    sensor!([retention = true], "expected a string literal, found a bool; as in `retention = \"stored\"`");
    let overflow = "expected one of `wait`, `drop-oldest`, `drop-newest`, `latest`";
    let near = |found: &str, near: &str| {
        format!("unknown overflow policy `{found}`, did you mean `{near}`? ({overflow})")
    };
    sensor!([overflow = "drop_oldest"], &near("drop_oldest", "drop-oldest"));
    sensor!([overflow = "dropNewest"], &near("dropNewest", "drop-newest"));
    sensor!([overflow = "block"], &near("block", "wait"));
    sensor!([overflow = "drop"], &format!("unknown overflow policy `drop`, {overflow}"));
}

#[test]
fn durations() {
    let number = |rest: &str| format!("`expiry` is one number and one unit {rest}");
    let units = |found: &str| {
        number(&format!("(`ms`, `s`, `m`, `h`, `d`) in quotes, found {found}; as in `\"90s\"`"))
    };
    let write = |found: &str, meant: &str| number(&format!("in quotes, found {found}; write `\"{meant}\"`"));
    sensor!([expiry = 7], &units("an integer"));
    sensor!([expiry = WEEK], &units("a constant"));
    sensor!([expiry = Duration::from_secs(5)], &units("a call"));
    sensor!([expiry = "7"], &units("`7`"));
    sensor!([expiry = "-5s"], &units("`-5s`"));
    sensor!([expiry = ""], &units("an empty string"));
    sensor!([expiry = "soon\n"], &units("`soon\\n`"));
    sensor!([expiry = 7d], &write("an integer", "7d"));
    sensor!([expiry = 1.5h], &write("a float", "90m"));
    sensor!([expiry = "7 days"], &write("`7 days`", "7d"));
    sensor!([expiry = "1h30m"], &write("`1h30m`", "90m"));
    sensor!([expiry = "0s"], "`expiry` is `0s`, it must be longer than 0");
    sensor!([expiry = "99999d"], "`expiry` is `99999d`, the limit is `36500d`");
}

#[test]
fn capacities() {
    for found in ["0", "-1", "1000.0", "4294967296"] {
        let value: syn::Expr = syn::parse_str(found).unwrap();
        for key in ["capacity", "capacity_bytes"] {
            let ident = quote::format_ident!("{key}");
            let expected = format!("`{key}` is an integer from 1 to 4294967295, found `{found}`");
            sensor!([#ident = #value], &expected);
        }
    }
    sensor!([capacity = "1000"], "`capacity` is a number, found a string; remove the quotes: `1000`");
    sensor!([capacity_bytes = "64KiB"], "`capacity_bytes` is a number, found a string");
    sensor!([capacity], "`capacity` needs a value: `capacity = 1000`");
}

#[test]
fn contradictions() {
    sensor!(
        [qos = 0, retention = "stored"],
        "`qos = 0` contradicts `retention = \"stored\"`: `level` would be stored until it is acknowledged, and \
         with 0 it never is"
    );
    sensor!(
        [expiry = "5s", retention = "discard"],
        "`expiry` contradicts `retention = \"discard\"`: no state of `level` waits for a connection"
    );
    let latest = |key: &str| {
        format!("`{key}` contradicts `overflow = \"latest\"`: no more than one state of `level` waits")
    };
    sensor!(
        [capacity = 5, overflow = "latest", capacity_bytes = 0],
        &latest("capacity"),
        &latest("capacity_bytes")
    );
    let handler = "only actuators and configs have a handler to limit";
    sensor!([timeout = "5s"], &format!("{handler}, and `level` is a sensor unless it says so"));
    sensor!(
        [timeout = "5s", kind = "virtual", compute = f(level)],
        &format!("{handler}, `level` is of kind `virtual`"),
        "virtual assets depend on each other in a cycle: `level` -> `level`"
    );
}

#[test]
fn what_cannot_be_read_contradicts_nothing() {
    sensor!(
        [qos = 0, retention = "storde"],
        "unknown retention `storde`, did you mean `stored`? (expected one of `discard`, `volatile`, `stored`)"
    );
    sensor!(
        [kind = "actuatr", timeout = "5s"],
        "unknown asset kind `actuatr`, did you mean `actuator`? (expected one of `sensor`, `actuator`, \
         `virtual`, `config`)"
    );
}

#[test]
fn words_of_other_libraries() {
    for (word, key) in [
        ("ttl", "expiry"),
        ("max_age", "expiry"),
        ("expires", "expiry"),
        ("expire", "expiry"),
        ("lifetime", "expiry"),
        ("persistence", "retention"),
        ("persistent", "retention"),
        ("retain", "retention"),
        ("durability", "retention"),
        ("reliability", "qos"),
        ("buffer", "capacity"),
        ("queue", "capacity"),
        ("queue_size", "capacity"),
        ("max_bytes", "capacity_bytes"),
        ("over_flow", "overflow"),
        ("backpressure", "overflow"),
        ("handler_timeout", "timeout"),
        ("time_out", "timeout"),
    ] {
        let ident = quote::format_ident!("{word}");
        let expected = format!("unknown asset key `{word}`, did you mean `{key}`?");
        sensor!([#ident = 1], &expected);
    }
}
