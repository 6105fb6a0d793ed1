//! What the macros say about mistakes, beyond the cases of ui-tests: combinations, and input that is
//! tedious to write there.

use quote::{format_ident, quote};
use syn::{DeriveInput, parse_quote};

use crate::diagnostics::Diagnostics;
use crate::model::{AssetValue, Device};
use crate::{check, expand};

/// The errors of a device, and that the expansion is items all the same.
#[track_caller]
pub(super) fn device(item: DeriveInput, expected: &[&str]) {
    let mut diagnostics = Diagnostics::default();
    let mut device = Device::read(&item, &mut diagnostics);
    check::device(&item, &mut device, &mut diagnostics);
    assert_eq!(diagnostics.texts(), expected);
    syn::parse2::<syn::File>(expand::device(&item)).expect("items, also after errors");
}

/// The errors of a value type.
#[track_caller]
fn value(item: DeriveInput, expected: &[&str]) {
    let mut diagnostics = Diagnostics::default();
    let value = AssetValue::read(&item, &mut diagnostics);
    check::asset_value(&item, &value, &mut diagnostics);
    assert_eq!(diagnostics.texts(), expected);
    syn::parse2::<syn::File>(expand::asset_value(&item)).expect("items, also after errors");
}

/// The errors of one asset.
macro_rules! asset {
    ([$($attribute:tt)*] $type:ty, $($expected:expr),* $(,)?) => {
        device(
            parse_quote! {
                struct Lamp {
                    #[asset $($attribute)*]
                    level: $type,
                }
            },
            &[$($expected),*],
        )
    };
}

#[test]
fn syntax() {
    asset!([] u8,);
    asset!([()] u8,);
    asset!([(kind = "sensor",)] u8,);
    asset!([[kind = "sensor"]] u8, "wrong delimiters, expected parentheses: `#[asset(..)]`");
    asset!([(min: 3, max = 5)] u8, "expected `=` after `min`: `min = 3`");
    asset!([(min(3))] u8, "expected `=` after `min`: `min = 3`");
    asset!([(kind("actuator"))] u8, "expected `=` after `kind`: `kind = \"actuator\"`");
    asset!([(kind "actuator")] u8, "expected `=` after `kind`: `kind = \"actuator\"`");
    asset!([(kind(3), min(a))] u8,
        "expected `=` after `kind`: `kind = \"sensor\"`", "expected `=` after `min`: `min = 0`");
    asset!([(min =)] u8, "`min` needs a value: `min = 0`");
    asset!([(min = , max = )] u8, "`min` needs a value: `min = 0`", "`max` needs a value: `max = 100`");
    asset!([(, kind = "sensor")] u8, "expected `key = value`, as in `kind = \"sensor\"`");
    asset!([(alert(Overheated))] u8, "unknown asset key `alert`, it belongs on the struct: `#[device(alert(..))]`");
    asset!([(max = 100 %)] u8, "this is no value of `max`; write `max = 100`");
    asset!([(default = 21.5 C)] f64, "this is no value of `default`; write `default = 21.5`");
    asset!([(default = living room)] String,
        "this is no value of `default`, which is an expression of the asset's type");
    asset!([(title = living room 1)] u8, "this is no value of `title`; write `title = \"living room 1\"`");
    asset!([(unit = %)] u8, "this is no value of `unit`; write `unit = \"%\"`");
    asset!([(retention = drop oldest)] u8,
        "this is no value of `retention`, which is written as in `retention = \"stored\"`");
    asset!([(max = 5 min = 0)] u8, "expected `,`");
    asset!([(max = 5 publish(on_change))] u8, "expected `,`");
    asset!([(min = -5 +, unit = m/s)] u8,
        "this is no value of `min`; write `min = -5`",
        "expected a string literal; write `unit = \"m/s\"`");
    asset!([(compute = f(a b))] u8, "expected `,`");
    asset!([(stale-after = "5s")] u8, "keys have no hyphens, write `stale_after`");
    asset!([(min-interval = "5s")] u8,
        "keys have no hyphens, unknown asset key `min_interval`, it belongs on the policy of publishing: \
         `#[asset(publish(min_interval = ..))]`");
    asset!([(asset(kind = "sensor"))] u8,
        "unknown asset key `asset`, its keys stand here by themselves: `#[asset(kind = \"sensor\")]`");
    asset!([("sensor", 5)] u8,
        "unexpected literal, expected `key = value`; write `kind = \"sensor\"`",
        "unexpected literal, expected `key = value`, as in `kind = \"sensor\"`");
}

#[test]
fn values_of_the_wrong_type() {
    asset!([(kind = 3)] u8, "expected a string literal, found an integer; as in `kind = \"sensor\"`");
    asset!([(kind = true)] u8, "expected a string literal, found a bool; as in `kind = \"sensor\"`");
    asset!([(kind = b"x")] u8, "expected a string literal, found a byte string; as in `kind = \"sensor\"`");
    asset!([(kind = 's')] u8, "expected a string literal, found a character; as in `kind = \"sensor\"`");
    asset!([(unit = concat!("a"))] u8, "expected a string literal, found a macro; as in `unit = \"°C\"`");
    asset!([(min = true)] f64, "`min` is a number, found a bool");
    asset!([(min = 5C)] f64, "`min` is a number, found `5C`; remove `C`; a unit is given by `unit = \"C\"`");
    asset!([(max = 0.5mm)] f64, "`max` is a number, found `0.5mm`; remove `mm`; a unit is given by `unit = \"mm\"`");
    asset!([(capacity = 64K)] u8, "`capacity` is a number, found `64K`; write `64 * 1000`");
    asset!([(capacity_bytes = 2MiB)] u8, "`capacity_bytes` is a number, found `2MiB`; write `2 * 1024 * 1024`");
    asset!([(capacity = 64X)] u8, "`capacity` is a number, found `64X`; remove `X`");
    asset!([(kind = Kind::Actuator)] u8, "expected a string literal; write `kind = \"actuator\"`");
    asset!([(kind = ACTUATOR)] u8, "expected a string literal; write `kind = \"actuator\"`");
    asset!([(kind = KIND)] u8, "expected a string literal, found a constant; as in `kind = \"sensor\"`");
    asset!([(kind = "sensor ")] u8, "unknown asset kind `sensor `, remove the white space: `sensor`");
    asset!([(max = level)] u8,
        "`max` is a number or a constant, and `level` is a field, which changes while the device runs");
    asset!([(min = 5u8, max = 9f64)] f64,);
    asset!([(unit = UNIT)] f64, "expected a string literal, found a constant; if `UNIT` is the unit itself, write `unit = \"UNIT\"`");
    asset!([(min = "low")] f64, "`min` is a number, found a string");
    asset!([(min = max = 5)] u8, "`min` is a number, found an assignment; a comma may be missing");
    asset!([(min = 1e999)] f64, "`min` is not a finite number");
    asset!([(min = -40..85)] f64, "`min` is one number, found a range");
    asset!([(max = [85, 90])] f64, "`max` is one number, found an array");
    asset!([(max = (85, 90))] f64, "`max` is one number, found a tuple");
}

#[test]
fn limits() {
    asset!([(min = -1)] u8, "`min` is -1, which no `u8` can be: it is 0..255");
    asset!([(min = -1.0, max = 1, step = 0.25)] f32,);
    asset!([(min = -3.4028235e38, max = 3.4028235e38)] f32,);
    asset!([(step = -0.5)] f64, "`step` is -0.5, it must be greater than 0");
    asset!([(min = 0.5, max = 0.25)] Celsius, "`max` (0.25) is less than `min` (0.5) for asset `level`");
    asset!([(min = 1, max = 2)] String,
        "`min` applies to numbers, and `level` is a `String`",
        "`max` applies to numbers, and `level` is a `String`");
    asset!([(min = 99999999999999999999999999999999999999999)] u64, "`min` does not fit any integer type");
}

#[test]
fn texts() {
    let long = "x".repeat(1025);
    asset!([(title = #long)] u8, "`title` has 1025 bytes, the limit is 1024");
    asset!([(description = "a\u{7}b")] u8, "`description` contains the control character U+0007");
    let documented = |doc: &str, expected: &[&str]| {
        device(
            parse_quote! {
                #[doc = #doc]
                struct Lamp {
                    #[asset]
                    level: u8,
                }
            },
            expected,
        );
    };
    documented(
        &long,
        &[
            "the first paragraph of this doc comment is the description, and has 1025 bytes, the limit is 1024; end it \
           sooner with an empty line",
        ],
    );
    documented(
        "a\0b",
        &[
            "the first paragraph of this doc comment is the description, and contains the control character U+0000",
        ],
    );
    documented("a\tb", &[]);
    documented(&format!(" Short.\n\n {long}"), &[]);
    asset!([(unit = "")] u8, "`unit` is empty; remove it to have none");
    asset!([(title = "")] u8, "`title` is empty; remove it to use \"Level\"");
    asset!([(description = " ")] u8, "`description` is empty; remove it to use the doc comment");
    for name in ["+", "#", "a b", "$x", "nul\0", "..", "\u{202e}x"] {
        let error = format!(
            "asset name `{}` contains {:?}{}; allowed are ASCII letters, digits, `_` and `-`",
            name.escape_debug(),
            name.chars().find(|c| !c.is_ascii_alphanumeric()).unwrap(),
            if ["+", "#"].contains(&name) { ", which has a meaning in MQTT topics" } else { "" },
        );
        asset!([(name = #name)] u8, error.as_str());
    }
}

#[test]
fn independent_mistakes_are_all_shown() {
    device(
        parse_quote! {
            #[device(title = 5, colour = "red")]
            struct Lamp {
                #[asset(kind = "sensr")]
                a: u8,
                #[asset(name = "a", min = "1")]
                b: u8,
                #[asset(kind = "virtual", compute = sum(a, d))]
                c: u8,
            }
        },
        &[
            "unknown device key `colour`, expected one of `model`, `title`, `description`, `asset_type`, `vendor`, \
             `overwrite_assets`, `rename_all`, `crate`, `action`, `alert`, `batch`, `format`",
            "expected a string literal, found an integer; as in `title = \"Lamp\"`",
            "unknown asset kind `sensr`, did you mean `sensor`? (expected one of `sensor`, `actuator`, \
             `virtual`, `config`)",
            "`min` is a number, found a string; remove the quotes: `1`",
            "asset name `a` is first used here",
            "asset name `a` is used twice",
            "`d` is not an asset of this device, expected the field of an asset: `a`, `b`",
        ],
    );
}

#[test]
fn cycles_are_shown_once_each() {
    device(
        parse_quote! {
            struct Lamp {
                #[asset(kind = "virtual", compute = f(b))]
                a: u8,
                #[asset(kind = "virtual", compute = f(a))]
                b: u8,
                #[asset(kind = "virtual", compute = f(c, a))]
                c: u8,
            }
        },
        &[
            "virtual assets depend on each other in a cycle: `a` -> `b` -> `a`",
            "virtual assets depend on each other in a cycle: `c` -> `c`",
        ],
    );
}

#[test]
fn methods_do_not_collide() {
    for name in [
        "update",
        "snapshot",
        "id",
        "model",
        "session",
        "is_online",
        "stats",
        "close",
        "clone",
        "add_child",
        "listen",
        "remove",
        "children",
        "parent",
    ] {
        let field = format_ident!("{name}");
        let error = format!(
            "every device has a method `{name}`; rename the field, and keep its name on the wire with \
             `name = \"{name}\"`"
        );
        device(parse_quote!(struct Lamp { #[asset] #field: u8 }), &[&error]);
        device(parse_quote!(struct Lamp { #[device(child)] #field: Bulb }), &[&error]);
    }
    device(
        parse_quote!(
            struct Lamp {
                #[asset(name = "id")]
                number: u8,
                #[asset]
                on: bool,
                id: u8,
            }
        ),
        &[],
    );
}

#[test]
fn words_of_devices() {
    let device = |attribute: proc_macro2::TokenStream, expected: &[&str]| {
        device(
            parse_quote!(
                #[device(#attribute)]
                struct Lamp {
                    #[asset]
                    level: u8,
                }
            ),
            expected,
        );
    };
    device(quote!(asset_type = "dock", vendor = "DJI"), &[]);
    let words = "expected one of `unknown`, `aircraft`, `dock`, `sensor`, `camera`, `other`";
    let unknown = |rest: &str| format!("unknown asset type {rest}");
    device(quote!(asset_type = "dok"), &[&unknown(&format!("`dok`, did you mean `dock`? ({words})"))]);
    device(quote!(asset_type = "lamp"), &[&unknown(&format!("`lamp`, {words}"))]);
    device(quote!(asset_type = "Dock"), &[&unknown("`Dock`, asset types are in lower case: `dock`")]);
    device(quote!(asset_type = ""), &[&format!("the asset type is empty, {words}")]);
    device(quote!(asset_type = dock), &["expected a string literal; write `asset_type = \"dock\"`"]);
    device(quote!(asset_type = Dock), &["expected a string literal; write `asset_type = \"dock\"`"]);
    device(
        quote!(asset_type = lamp),
        &[
            "expected a string literal, one of \"unknown\", \"aircraft\", \"dock\", \"sensor\", \"camera\", \"other\"",
        ],
    );
    device(quote!(rename_all = kebab), &["expected a string literal; write `rename_all = \"kebab-case\"`"]);
    device(quote!(vendor = ""), &["`vendor` is empty; remove it to have none"]);
    device(quote!(vendor = 5), &["expected a string literal, found an integer; as in `vendor = \"Acme\"`"]);
    device(
        quote!(child),
        &["unknown device key `child`, it belongs on the field of a child device: `#[device(child)]`"],
    );
}

#[test]
fn what_was_meant() {
    let device = |attribute: proc_macro2::TokenStream, error: &str| {
        device(
            parse_quote!(
                #[device(#attribute)]
                struct Lamp {
                    #[asset]
                    level: u8,
                }
            ),
            &[error],
        );
    };
    let policy = |rest: &str| format!("unknown policy, expected one of `false`, `true`, `\"prune\"`{rest}");
    device(quote!(overwrite_assets = "true"), &policy("; write `true`, without quotes"));
    device(quote!(overwrite_assets = "Prune"), &policy("; write `\"prune\"`"));
    device(quote!(overwrite_assets = "prun"), &policy("; did you mean `\"prune\"`?"));
    device(quote!(overwrite_assets = "sometimes"), &policy(""));
    device(quote!(overwrite_assets = "never"), &policy("; write `false`"));
    device(quote!(overwrite_assets = Policy::Always), &policy("; write `true`"));
    device(quote!(overwrite_assets = POLICY), &policy(", found a constant"));
    device(quote!(overwrite_assets = !false), &policy(", found an expression"));
    device(
        quote!(overwrite_assets(prune)),
        "expected `=` after `overwrite_assets`: `overwrite_assets = \"prune\"`",
    );
    device(quote!(prune), "unknown device key `prune`, write `overwrite_assets = \"prune\"`");
    device(quote!(overwrite_assets = prune), &policy("; write `\"prune\"`"));
    device(quote!(overwrite_assets = 1), &policy("; write `true`"));
    device(quote!(urn = "urn:example:lamp:1"), "unknown device key `urn`, did you mean `model`?");
    device(quote!(label = "Lamp"), "unknown device key `label`, did you mean `title`?");
    asset!([(rename = "x")] u8, "unknown asset key `rename`, did you mean `name`?");
    asset!([(type = "sensor")] u8, "unknown asset key `type`, did you mean `kind`?");
    asset!([(range = 0..5)] u8, "unknown asset key `range`, limits are two keys: `min = 0, max = 100`");
    asset!([(values = ["a"])] u8,
        "unknown asset key `values`, which values there are is said by the type: an enum with `#[derive(AssetValue)]`");
    asset!([(skip)] u8, "unknown asset key `skip`, a field without an attribute is not published: remove `#[asset]`");
    device(
        quote!(asset(kind = "sensor")),
        "unknown device key `asset`, it is an attribute of its own, on the field of an asset: `#[asset(kind = \"sensor\")]`",
    );
    asset!([(formula = f(x))] u8, "unknown asset key `formula`, did you mean `compute`?");
}

#[test]
fn rustc_refuses_types_that_are_none() {
    asset!([(min = 5)] _,);
    asset!([(min = 5)] Option<_>,);
    asset!([(min = 5)] impl Copy,);
    asset!([] str, "`str` has no size that is known; write `String`");
    asset!([][u8], "`[u8]` has no size that is known; write `Vec<..>`");
    asset!([] dyn Any, "`dyn Any` has no size that is known; write a type of its own");
}

#[test]
fn what_is_twice_optional() {
    let message = "of an `Option` in an `Option`, `null` could be either; write `Option<u8>`";
    asset!([] Option<Option<u8>>, message);
    asset!([] std::option::Option<Option<u8>>, message);
    asset!([] Vec<Option<Option<u8>>>, message);
    asset!([] Option<Vec<Option<u8>>>,);
}

#[test]
fn limits_of_what_may_be_unset() {
    asset!([(max = 5)] Option<u8>,);
    asset!([(max = -5)] Option<u8>, "`max` is -5, which no `Option<u8>` can be: it is 0..255");
    asset!([(max = 5)] Option<String>, "`max` applies to numbers, and `level` is a `Option<String>`");
    asset!([(unit = "s")] Option<bool>, "`unit` has no meaning for a `bool` such as `level`");
}

#[test]
fn devices_have_at_most_1024_assets() {
    let fields: Vec<_> = (0..1025).map(|i| format_ident!("f{i}")).collect();
    let most = &fields[..1024];
    device(parse_quote!(struct Lamp { #(#[asset] #most: u8),* }), &[]);
    device(
        parse_quote!(struct Lamp { #(#[asset] #fields: u8),* }),
        &["`Lamp` has 1025 assets, the limit is 1024: this is one too many"],
    );
}

#[test]
fn shapes_of_devices() {
    let expected = "`Device` can only be derived for a struct with named fields, found";
    device(
        parse_quote!(
            struct Lamp;
        ),
        &[&format!("{expected} a struct without fields; write `struct Lamp {{ .. }}`")],
    );
    device(
        parse_quote!(struct Lamp<'a, T, const N: usize> where T: Clone { #[asset] level: &'a [T; N] }),
        &["lifetime", "type", "const"].map(|sort| {
            format!(
                "`Lamp` cannot have {sort} parameters: a device declares one constant model; write out the type \
                 instead"
            )
        })
        .each_ref()
        .map(String::as_str),
    );
}

#[test]
fn value_types() {
    value(
        parse_quote!(
            enum Mode {}
        ),
        &["`Mode` has no variants, so it has no values"],
    );
    value(
        parse_quote!(
            struct Point;
        ),
        &[
            "`AssetValue` can only be derived for a unit enum or a struct with named fields, found a struct without \
           fields; write `struct Point { .. }`",
        ],
    );
    value(
        parse_quote!(
            enum Mode {
                #[asset_value(name = "a b", nam = "x")]
                A,
                B,
                #[asset_value(name = "b")]
                C,
            }
        ),
        &[
            "unknown asset value key `nam`, did you mean `name`?",
            "variant name `a b` contains ' '; allowed are ASCII letters, digits, `_` and `-`",
            "variant name `b` is first used here",
            "variant name `b` is used twice",
        ],
    );
    value(
        parse_quote!(
            #[asset_value(name = "x")]
            enum Mode {
                #[asset_value(rename_all = "camelCase")]
                A,
            }
        ),
        &[
            "unknown asset value key `name`, it belongs on a variant or field: `#[asset_value(name = ..)]`",
            "unknown asset value key `rename_all`, it belongs on the type: `#[asset_value(rename_all = ..)]`",
        ],
    );
}

#[test]
fn batches() {
    let device = |attribute: proc_macro2::TokenStream, errors: &[&str]| {
        device(
            parse_quote!(
                #[device(#attribute)]
                struct Lamp {
                    #[asset]
                    level: u8,
                }
            ),
            errors,
        );
    };
    device(quote!(batch(size = 10, every = "1m", severity = "low")), &[]);
    device(quote!(batch(every = "1m")), &[]);
    let size = "`size` is how many states are sent together, a whole number from 1 to 4294967295, as in `10`";
    for wrong in
        [quote!(0), quote!(-1), quote!(4294967296), quote!(1.5), quote!("10"), quote!(10s), quote!(SIZE)]
    {
        device(quote!(batch(size = #wrong)), &[size]);
    }
    let needed = "`batch` needs `size` or `every`, as in `batch(size = 10, every = \"1m\")`: \
                  otherwise states wait for ever";
    device(quote!(batch()), &[needed]);
    device(quote!(batch(severity = "critical")), &[needed]);
    device(
        quote!(batch(size = 1), batch(size = 2)),
        &["`batch` is first given here", "`batch` is given twice"],
    );
    device(quote!(batch), &["`batch` is followed by parentheses: `batch(size = 10)`"]);
}
