//! What is said of keys that have another name here, or another place.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse_quote;

use super::mistakes::device;

/// The one error of a device with these keys.
#[track_caller]
fn of_device(keys: TokenStream, error: &str) {
    device(
        parse_quote!(
            #[device(#keys)]
            struct Lamp {
                #[asset]
                level: u8,
            }
        ),
        &[error],
    );
}

/// The one error of an asset with these keys.
#[track_caller]
fn of_asset(keys: TokenStream, error: &str) {
    device(
        parse_quote!(
            struct Lamp {
                #[asset(#keys)]
                level: u8,
            }
        ),
        &[error],
    );
}

#[test]
fn a_list_inside_is_looked_through_as_well() {
    let write = |key: &str, meant: &str| format!("unknown asset key `{key}`, write `publish({meant} = ..)`");
    of_asset(quote!(heartbeat = "5m"), &write("heartbeat", "max_interval"));
    of_asset(quote!(keep_alive = "5m"), &write("keep_alive", "max_interval"));
    of_asset(quote!(throttle = "5m"), &write("throttle", "min_interval"));
    of_asset(quote!(hysteresis = 1), &write("hysteresis", "deadband"));
    of_asset(quote!(dead_band = 1), &write("dead_band", "deadband"));
    of_asset(quote!(min_intervall = "1s"), &write("min_intervall", "min_interval"));
    of_asset(quote!(min_period = "1s"), &write("min_period", "min_interval"));
    of_asset(quote!(onchange), "unknown asset key `onchange`, write `publish(on_change)`");
    of_device(quote!(sizes = 5), "unknown device key `sizes`, write `batch(size = ..)`");
}

/// `every` is a key of the device's batch: who followed that changed what the whole device does.
#[test]
fn an_asset_is_told_of_assets() {
    of_asset(quote!(every = "5m"), "unknown asset key `every`, write `publish(max_interval = ..)`");
    of_asset(quote!(publish(every = "5m")), "unknown publish key `every`, did you mean `max_interval`?");
    of_asset(quote!(size = 5), "unknown asset key `size`, limits are of numbers: texts and lists have none");
    of_device(
        quote!(every = "5m"),
        "unknown device key `every`, it belongs on the batch of the device: `#[device(batch(every = ..))]`",
    );
    of_device(
        quote!(batch(size = 5, interval = "1s")),
        "unknown batch key `interval`, did you mean `every`?",
    );
}

#[test]
fn an_interval_is_one_of_two() {
    of_asset(
        quote!(interval = "5s"),
        "unknown asset key `interval`, write `publish(min_interval = \"5s\")` to tell values no more often, \
         `publish(max_interval = \"5s\")` to tell them at least so often",
    );
    of_asset(
        quote!(publish(interval = "5s")),
        "unknown publish key `interval`, write `min_interval` to tell values no more often, `max_interval` to tell \
         them at least so often",
    );
    of_device(
        quote!(interval = "5s"),
        "unknown device key `interval`, how often values are told is said of each asset: \
         `#[asset(publish(max_interval = \"5m\"))]`",
    );
}

/// `max_length` was taken for `max`, which of a text was refused in its turn.
#[test]
fn the_start_of_a_word_is_not_the_word() {
    let lengths =
        |key: &str| format!("unknown asset key `{key}`, limits are of numbers: texts and lists have none");
    of_asset(quote!(max_length = 20), &lengths("max_length"));
    of_asset(quote!(min_len = 20), &lengths("min_len"));
    of_asset(quote!(max_value = 20), "unknown asset key `max_value`, did you mean `max`?");
    of_asset(quote!(max_rate = "1s"), "unknown asset key `max_rate`, write `publish(min_interval = ..)`");
    of_asset(
        quote!(sample_rate = "1s"),
        "unknown asset key `sample_rate`, the program measures when it likes; how often values are told at most is said \
         by `publish(min_interval = \"1s\")`",
    );
}

#[test]
fn a_device_has_no_name_of_its_own() {
    let started = "each device has its own where it starts: `platform.device(\"..\", ..)`";
    of_device(
        quote!(name = "Lamp"),
        &format!(
            "unknown device key `name`, a name for people is its `title`, that of its model is \
             `model = \"urn:example:lamp:1\"`; {started}"
        ),
    );
    for key in ["sn", "id", "serial"] {
        let word = quote::format_ident!("{key}");
        of_device(quote!(#word = "5"), &format!("unknown device key `{key}`, {started}"));
    }
    of_device(
        quote!(assets(level)),
        "unknown device key `assets`, each asset is a field of the struct, with `#[asset]`",
    );
}

#[test]
fn an_argument_is_no_asset() {
    let argument =
        |keys: TokenStream, error: &str| of_device(quote!(action(dim(#[arg(#keys)] to: u8))), error);
    argument(
        quote!(default = 5),
        "unknown argument key `default`, an argument has no default; one that is an `Option` may be left out",
    );
    argument(quote!(title = "To"), "unknown argument key `title`, did you mean `description`?");
    let keys = "expected one of `name`, `description`, `unit`, `min`, `max`, `step`";
    argument(quote!(kind = "sensor"), &format!("unknown argument key `kind`, {keys}"));
    let action = |keys: TokenStream, error: &str| of_device(quote!(action(dim(to: u8), #keys)), error);
    action(
        quote!(max = 5),
        "unknown action key `max`, it belongs on an argument of an action: `#[arg(max = ..)]`",
    );
    let keys = "expected one of `name`, `alias`, `title`, `description`, `timeout`";
    action(quote!(kind = "sensor"), &format!("unknown action key `kind`, {keys}"));
}
