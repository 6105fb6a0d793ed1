//! What the macro says about mistakes with child devices.

use syn::parse_quote;

use super::mistakes::device;

/// The errors of one child device.
macro_rules! child {
    ([$($attribute:tt)*] $type:ty, $($expected:expr),* $(,)?) => {
        device(parse_quote!(struct Dock { $($attribute)* drone: $type }), &[$($expected),*])
    };
}

#[test]
fn children() {
    child!([#[device(child)]] Drone,);
    child!([#[device(child, name = "left")]] fleet::Drone,);
    child!([#[device(child)] #[device(name = "left",)]] Drone,);
    let alone = "`child` stands alone, as in `#[device(child)]` or `#[device(child, name = \"drone\")]`";
    child!([#[device(child = true)]] Drone, alone);
    child!([#[device(child =)]] Drone, alone);
    child!([#[device(child(name = "left"))]] Drone, alone);
    child!([#[device(child = "left", nam = "left")]] Drone,
        "unknown child device key `nam`, did you mean `name`?", alone);
    child!([#[device(child name = "left")]] Drone, "expected `,`");
    child!([#[device(child, child)]] Drone, "`child` is first given here", "`child` is given twice");
    child!([#[device(child, name)]] Drone, "`name` needs a value: `name = \"drone\"`");
    child!([#[device(child, name = 5)]] Drone,
        "expected a string literal, found an integer; as in `name = \"drone\"`");
    child!([#[device("child")]] Drone, "unexpected literal, expected `key = value`; write `child`");
    child!([#[device = "child"]] Drone, "unexpected `=`, expected a list of keys: `#[device(child)]`");
    child!([#[device(chld)]] Drone, "unknown child device key `chld`, did you mean `child`?");
    child!([#[device(aircraft)]] Drone, "unknown child device key `aircraft`, expected one of `child`, `name`");
    let bare =
        "`device` on a field declares a child device: `#[device(child)]`; an asset is declared by `#[asset]`";
    child!([#[device]] Drone, bare);
    child!([#[device()]] Drone, bare);
    child!([#[device(name = "left")]] Drone,
        "`name` needs `child` beside it: `#[device(child, name = ..)]`; of an asset, it belongs in \
         `#[asset(name = ..)]`");
}

#[test]
fn keys_that_are_not_of_children() {
    let homeless = "`Dock` has no assets; mark a field with `#[asset(kind = \"sensor\")]`";
    child!([#[device(model = "urn:example:drone:1")]] Drone,
        "unknown child device key `model`, it belongs on the struct: `#[device(model = ..)]`", homeless);
    child!([#[device(child, title = "Drone")]] Drone,
        "unknown child device key `title`, it belongs on the struct: `#[device(title = ..)]`, or on the field of an asset: \
         `#[asset(title = ..)]`");
    child!([#[device(child, unit = "s")]] Drone,
        "unknown child device key `unit`, it belongs on the field of an asset: `#[asset(unit = ..)]`");
    child!([#[asset(child)]] u8,
        "unknown asset key `child`, it belongs on the field of a child device: `#[device(child)]`");
}

#[test]
fn assets_are_not_children() {
    let both = "`drone` is an asset already; remove `#[asset]` or `#[device(child)]`";
    child!([#[asset] #[device(child)]] Drone, both);
    child!([#[asset] #[device(child)]] u8, both);
    child!([#[asset] #[device(child)]] Option<u8>, both);
    let bare =
        "`device` on a field declares a child device: `#[device(child)]`; an asset is declared by `#[asset]`";
    child!([#[asset] #[device]] Mode, bare);
    child!([#[asset] #[device(title = "Level")]] u8,
        "unknown child device key `title`, it belongs on the struct: `#[device(title = ..)]`, or on the field of an asset: \
         `#[asset(title = ..)]`");
    device(
        parse_quote! {
            struct Dock {
                #[device(child)]
                drone: Drone,
                #[asset(kind = "virtual", compute = f(drone))]
                charge: u8,
            }
        },
        &[
            "`drone` is a child device, not an asset; virtual assets are computed from assets of their own device",
        ],
    );
}

#[test]
fn a_child_is_one_device() {
    let one = "`#[device(child)]` declares one device that is always there, as in `drone: Drone`; those that come \
               and go are added while the device runs, with `add_child`";
    child!([#[device(child)]] Option<Drone>, one);
    child!([#[device(child)]] std::vec::Vec<Drone>, one);
    child!([#[device(child)]] [Drone; 2], one);
    let remedy = "a child is a struct with `#[derive(Device)]`, a value is an asset: `#[asset]`";
    child!([#[device(child)]] u8, format!("`u8` is not a device; {remedy}").as_str());
    child!([#[device(child)]] Option<u8>,
        one.replace("Drone", "u8").as_str(), format!("`u8` is not a device; {remedy}").as_str());
    child!([#[device(child)]] Dock,
        "`Dock` cannot declare itself as its child; those of its own type are added while it runs, with `add_child`");
}

#[test]
fn names_of_children() {
    device(
        parse_quote! {
            #[device(rename_all = "UPPERCASE")]
            struct Dock {
                #[asset]
                drone: bool,
                #[device(child, name = "Drone")]
                left: Drone,
                #[device(child, name = "drone")]
                right: Drone,
                #[device(child, name = "a/b")]
                third: Drone,
                #[device(child, name = "")]
                fourth: Drone,
                #[device(child)]
                fünfte: Drone,
            }
        },
        &[
            "child name `Drone` is first used here",
            "child name `drone` is used twice, as `Drone`: they differ only in case",
            "child name `a/b` contains '/', which has a meaning in MQTT topics; allowed are ASCII letters, digits, \
             `_` and `-`",
            "child name is empty; remove `name` to use the name of the field",
            "child name `FÜNFTE` contains 'Ü'; allowed are ASCII letters, digits, `_` and `-`; add `name = \"..\"`",
        ],
    );
}

#[test]
fn methods_of_children_do_not_collide() {
    device(
        parse_quote! {
            struct Dock {
                #[asset]
                drone: bool,
                #[device(child)]
                set_drone: Drone,
            }
        },
        &[
            "the handle of the field `set_drone` is called `set_drone`, as is the setter of the field `drone`; rename \
             the field, and keep its name on the wire with `name = \"set_drone\"`",
        ],
    );
    device(
        parse_quote! {
            struct Dock {
                #[device(child)]
                on_cover: Drone,
                #[device(child)]
                on_open: Drone,
                #[asset(kind = "config")]
                cover: bool,
                #[asset]
                open: bool,
            }
        },
        &[
            "the handler's method of the field `on_cover` is called `on_cover`, as is the handler's method of the \
             field `cover`; rename the field, and keep its name on the wire with `name = \"on_cover\"`",
        ],
    );
}
