//! Actions: what is said of those that cannot be.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse_quote;

use super::mistakes::device;

/// The errors of a device with these actions, and an actuator `vent` and a config `period`.
macro_rules! actions {
    ([$($actions:tt)*], $($expected:expr),* $(,)?) => {
        device(
            parse_quote! {
                #[device($($actions)*)]
                struct Lamp {
                    #[asset(kind = "actuator")]
                    vent: u8,
                    #[asset(kind = "config")]
                    period: u8,
                    #[device(child)]
                    drone: Drone,
                }
            },
            &[$($expected),*],
        )
    };
}

#[test]
fn what_can_be_an_action() {
    actions!([action(reboot)],);
    actions!([action(reboot,), action(r#move())],);
    actions!([action(calibrate(offset: f64, r#type: Option<Mode>,), name = "cal", timeout = "5s")],);
    actions!([action(calibrate(#[arg(min = -1.0, max = 1.0, unit = "K")] offset: f64))],);
    actions!([action(calibrate(#[arg(name = "device")] own: f64, limit: [u8; LEN]))],);
}

#[test]
fn what_cannot() {
    let name = "expected the name of an action, as in `action(reboot)` or `action(calibrate(offset: f64))`";
    actions!([action()], name);
    actions!(
        [action(5.0)],
        "an action is written as a method is, without quotes, as in `action(reboot)`; `action(reboot, name = \"..\")` \
         gives it another name on the wire"
    );
    actions!([action(fn)], name);
    actions!([action(=)], name);
    actions!([action], "`action` is followed by parentheses: `action(reboot)`");
    actions!([action = reboot], "`action` is followed by parentheses: `action(reboot)`");
    actions!([action(reboot now)], "expected `,` or the arguments of `reboot`");
    actions!([action(reboot: f64)], "expected `,` or the arguments of `reboot`");
    actions!([action(reboot() -> bool)], "an action has no result besides that it was done; remove this");
    actions!(
        [action(go - home)],
        "a method has no hyphen in its name; write `_`, and give the name on the wire with `name = \"go-home\"`"
    );
    actions!([action(move)], "`move` is a keyword of Rust; write `r#move`, which is `move` on the wire");
    actions!([action(reboot, reset)], "each action has a list of its own: write `action(reset)` for `reset`");
    actions!([actions(reboot)], "unknown device key `actions`, did you mean `action`?");
}

#[test]
fn arguments() {
    actions!([action(cal(offset))], "the argument `offset` needs a type, as in `offset: f64`");
    actions!([action(cal(offset = f64))], "the argument `offset` needs a type, as in `offset: f64`");
    actions!([action(cal(u8))], "an argument has a name before its type, as in `value: u8`");
    actions!([action(cal(a: u8, Option<u8>))], "an argument has a name before its type, as in `value: Option<u8>`");
    actions!(
        [action(cal(modes::Mode))],
        "an argument has a name before its type, as in `value: modes::Mode`"
    );
    actions!([action(cal(type: u8))], "`type` is a keyword of Rust; write `r#type`, which is `type` on the wire");
    actions!([action(cal(crate: u8))], "`crate` is a keyword of Rust, and no argument can have its name");
    actions!([action(cal(mut a: u8))], "expected the name of an argument and its type, as in `offset: f64`");
    actions!([action(cal(5))], "expected the name of an argument and its type, as in `offset: f64`");
    actions!([action(cal(offset: _))], "an argument has a type that is written out, as in `offset: f64`");
    actions!([action(cal(offset: impl Copy))], "an argument has a type that is written out, as in `offset: f64`");
    actions!([action(cal(text: &str))], "an argument is owned, as in `text: String`");
    actions!([action(cal(offset: f64 = 5.0))],
        "an argument has no default; one that is an `Option` may be left out");
    actions!([action(cal(#[asset(max = 5)] offset: f64))],
        "what is said of an argument is said with `#[arg(..)]`, as in `#[arg(max = 100)]`");
    for receiver in [quote!(self), quote!(&mut self, to: u8), quote!(self: u8)] {
        actions!([action(cal(#receiver))],
            "the method is given `&mut self` and the device anyway; only what is sent with the action is an \
             argument, as in `offset: f64`");
    }
    actions!([action(cal(device: u8))],
        "every method is given the handle as `device`; rename the argument, and keep its name on the wire with \
         `#[arg(name = \"device\")]`");
    actions!([action(cal(a: u8, A: u8))],
        "argument name `a` is first used here",
        "argument name `A` is used twice, as `a`: they differ only in case");
    actions!([action(cal(a: u8, a: u8))],
        "argument name `a` is first used here",
        "argument name `a` is used twice");
    actions!([action(cal(#[arg(name = "b")] a: u8, a: u8))], "`cal` has two arguments `a`");
    actions!([action(cal(a: Option<Option<u8>>))],
        "of an `Option` in an `Option`, `null` could be either; write `Option<u8>`");
}

#[test]
fn whatever_else_is_wrong_is_said() {
    let needs = |name: &str| format!("the argument `{name}` needs a type, as in `{name}: f64`");
    let [to, by] = [needs("to"), needs("by")];
    actions!(
        [action(dim(to, by), timout = "5s")],
        &*to,
        &*by,
        "unknown action key `timout`, did you mean `timeout`?"
    );
    actions!(
        [action(dim(to, 5, by: u8 = 1, text: &str) -> bool, nam = "x"), action(reboot)],
        &*to,
        "expected the name of an argument and its type, as in `offset: f64`",
        "an argument has no default; one that is an `Option` may be left out",
        "an action has no result besides that it was done; remove this",
        "unknown action key `nam`, did you mean `name`?",
        "an argument is owned, as in `text: String`"
    );
    actions!([action(dim(to: u8 by: u8))], "expected `,`");
    actions!([action(fn dim(to: u8))],
        "expected the name of an action, as in `action(reboot)` or `action(calibrate(offset: f64))`");
}

/// What the handler does with it was an error of its own.
#[test]
fn what_is_refused_is_in_the_handler_all_the_same() {
    let check = |attribute: TokenStream, expected: &str| {
        let item = parse_quote! {
            #[device(#attribute)]
            struct Lamp {
                #[asset]
                level: u8,
            }
        };
        let code = crate::expand::device(&item).to_string().replace(' ', "");
        let method = format!("fn{expected})->impl");
        assert_eq!(code.matches(&method.replace(' ', "")).count(), 1, "{expected}: {code}");
    };
    let given = "&mut self, device: &LampDevice,";
    check(quote!(action(dim(to))), &format!("dim({given} to: ::core::primitive::f64,"));
    check(quote!(action(say(text: &str, a: u8))), &format!("say({given} text: &str, a: u8,"));
    check(quote!(action(say(text: Option<&str>))), &format!("say({given} text: Option<&str>,"));
    check(quote!(action(say(text: _))), &format!("say({given} text: ::core::primitive::f64,"));
    check(quote!(action(say(a: u8, device: u8))), &format!("say({given} a: u8, device_1: u8,"));
    check(quote!(action("say(a: u8)")), &format!("say({given} a: u8,"));
    check(quote!(action(go - home)), &format!("go_home({given}"));
    check(quote!(action(move)), &format!("r#move({given}"));
    check(quote!(action(async fn dim(&mut self, to: u8))), &format!("dim({given} to: u8,"));
    check(quote!(action(on_change)), &format!("on_change({given}"));
}

#[test]
fn limits_and_keys() {
    actions!([action(cal(#[arg(max = 300)] a: u8))], "`max` is 300, which no `u8` can be: it is 0..255");
    actions!([action(cal(#[arg(min = 2, max = 1)] a: u8))], "`max` (1) is less than `min` (2) for argument `a`");
    actions!([action(cal(#[arg(min = 2)] a: String))], "`min` applies to numbers, and `a` is a `String`");
    actions!([action(cal(#[arg(minimum = 2)] a: u8))], "unknown argument key `minimum`, did you mean `min`?");
    actions!(
        [action(cal, timeout = "5 seconds")],
        "`timeout` is one number and one unit in quotes, found `5 seconds`; write `\"5s\"`"
    );
    actions!([action(cal, deadline = "5s")], "unknown action key `deadline`, did you mean `timeout`?");
    actions!(
        [action(cal, name = "a b")],
        "action name `a b` contains ' '; allowed are ASCII letters, digits, `_` and `-`"
    );
}

#[test]
fn methods_do_not_collide() {
    actions!(
        [action(reboot), action(reboot)],
        "action name `reboot` is first used here",
        "action name `reboot` is used twice"
    );
    actions!(
        [action(reboot), action(reboot, name = "restart")],
        "the handler's method of the action `reboot` is called `reboot`, as is the handler's method of the action \
         `reboot`; rename the action, and keep its name on the wire with `name = \"restart\"`"
    );
    actions!(
        [action(on_vent)],
        "the handler's method of the action `on_vent` is called `on_vent`, as is the handler's method of the field \
         `vent`; rename the action, and keep its name on the wire with `name = \"on_vent\"`"
    );
    actions!(
        [action(drone)],
        "the handler's method of the action `drone` is called `drone`, as is the handler's method of the field \
         `drone`; rename the action, and keep its name on the wire with `name = \"drone\"`"
    );
    actions!(
        [action(on_error)],
        "every handler has a method `on_error`; rename the action, and keep its name on the wire with \
         `name = \"on_error\"`"
    );
}

#[test]
fn an_asset_does_not_take_what_every_handler_has() {
    device(
        parse_quote! {
            struct Lamp {
                #[asset(kind = "actuator")]
                change: u8,
                #[asset]
                error: u8,
            }
        },
        &[
            "every handler has a method `on_change`, and so is called the handler's method of the field `change`; rename \
           the field, and keep its name on the wire with `name = \"change\"`",
        ],
    );
}
