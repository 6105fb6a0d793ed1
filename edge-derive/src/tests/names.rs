//! Aliases and defaults.

use quote::quote;
use syn::parse_quote;

use super::mistakes::device;

/// The errors of an asset next to another.
#[track_caller]
fn asset(attribute: proc_macro2::TokenStream, ty: proc_macro2::TokenStream, expected: &[&str]) {
    device(
        parse_quote! {
            struct Lamp {
                #[asset(#attribute)]
                level: #ty,
                #[asset(name = "Hours", alias = "age")]
                hours: u32,
            }
        },
        expected,
    );
}

/// Of an action as of an asset; but an action and an asset may have the same.
#[test]
fn an_alias_of_an_action_is_a_name_that_no_other_action_has() {
    let actions = |alias: &str, expected: &[&str]| {
        device(
            parse_quote! {
                #[device(action(reboot, alias = #alias), action(dim, name = "Fade"))]
                struct Lamp {
                    #[asset(alias = "restart")]
                    level: u8,
                }
            },
            expected,
        );
    };
    actions("restart", &[]);
    actions("reboot", &["action name `reboot` is first used here", "alias `reboot` is used twice"]);
    actions(
        "fade",
        &[
            "action name `Fade` is first used here",
            "alias `fade` is used twice, as `Fade`: they differ only in case",
        ],
    );
    actions("", &["alias is empty; remove `alias` to have none"]);
}

#[test]
fn an_alias_is_a_name_that_nothing_else_has() {
    asset(quote!(alias = "brightness"), quote!(u8), &[]);
    let twice = |first: &'static str, alias: &'static str| [first, alias];
    asset(
        quote!(alias = "level"),
        quote!(u8),
        &twice("asset name `level` is first used here", "alias `level` is used twice"),
    );
    asset(
        quote!(alias = "hours"),
        quote!(u8),
        &twice(
            "asset name `Hours` is first used here",
            "alias `hours` is used twice, as `Hours`: they differ only in case",
        ),
    );
    asset(
        quote!(alias = "AGE"),
        quote!(u8),
        &twice(
            "alias `AGE` is first used here",
            "alias `age` is used twice, as `AGE`: they differ only in case",
        ),
    );
    asset(quote!(alias = ""), quote!(u8), &["alias is empty; remove `alias` to have none"]);
    asset(
        quote!(alias = "a/b"),
        quote!(u8),
        &[
            "alias `a/b` contains '/', which has a meaning in MQTT topics; allowed are ASCII letters, digits, `_` and `-`",
        ],
    );
    asset(
        quote!(alias = 5),
        quote!(u8),
        &["expected a string literal, found an integer; as in `alias = \"temp\"`"],
    );
}

#[test]
fn a_default_is_a_value() {
    for (attribute, ty) in [
        (quote!(max = 100, default = 100), quote!(u8)),
        (quote!(min = -40.0, default = -40), quote!(f64)),
        (quote!(default = MOST), quote!(u8)),
        (quote!(default = "on"), quote!(String)),
        (quote!(default = LABEL), quote!(String)),
        (quote!(default = Some(5)), quote!(Option<u8>)),
        (quote!(default = Mode::Eco), quote!(Mode)),
    ] {
        asset(attribute, ty, &[]);
    }
    for (attribute, ty, error) in [
        (
            quote!(max = 100, default = 101),
            quote!(u8),
            "`default` (101) is more than `max` (100) of asset `level`",
        ),
        (
            quote!(min = 0.5, default = 0),
            quote!(f64),
            "`default` (0) is less than `min` (0.5) of asset `level`",
        ),
        (quote!(default = 256), quote!(u8), "`default` is 256, which no `u8` can be: it is 0..255"),
        (quote!(default = 0.5), quote!(u8), "`default` of a `u8` is an integer, found a float"),
        (
            quote!(max = 5, default = Some(7)),
            quote!(Option<u8>),
            "`default` (7) is more than `max` (5) of asset `level`",
        ),
        (
            quote!(default = 1e39),
            quote!(f32),
            "`default` is 1e39, which no `f32` can be: it is -3.4028235e38..3.4028235e38",
        ),
        (quote!(default = "5"), quote!(u8), "`default` is a number, found a string; remove the quotes: `5`"),
        (quote!(default = 5), quote!(String), "`default` of a `String` is a text, found an integer"),
        (
            quote!(kind = "virtual", compute = f(hours), default = 5),
            quote!(u8),
            "virtual asset `level` is computed, it has no `default`",
        ),
    ] {
        asset(attribute, ty, &[error]);
    }
}
