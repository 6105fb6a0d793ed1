//! Defaults that are literals of another type than the field's, where the macro knows that one.

use syn::parse_quote;

use super::mistakes::device;

/// What is said of the default of an asset.
macro_rules! default {
    ($type:ty = $default:expr $(, $expected:expr)?) => {
        device(
            parse_quote! {
                struct Lamp {
                    #[asset(default = $default)]
                    level: $type,
                }
            },
            &[$($expected)?],
        )
    };
}

#[test]
fn of_a_bool() {
    default!(bool = true);
    default!(bool = IS_ON);
    default!(bool = !IS_ON);
    default!(bool = "on", "expected `bool`, which is `true` or `false`, found a string");
    default!(bool = 1, "expected `bool`, which is `true` or `false`, found an integer");
    default!(bool = "true", "expected `bool`, found a string; remove the quotes: `true`");
}

#[test]
fn of_a_text() {
    default!(String = "new");
    default!(String = NAME);
    default!(String = 5, "`default` of a `String` is a text, found an integer");
    default!(String = -5, "`default` of a `String` is a text, found a number");
}

#[test]
fn of_what_may_be_unset() {
    default!(Option<u8> = None);
    default!(Option<u8> = Some(5));
    default!(Option<u8> = MAYBE);
    default!(Option<u8> = 5, "expected `Option<u8>`, found an integer; write `Some(5)`");
    default!(std::option::Option<i8> = -5, "expected `std::option::Option<i8>`, found a number; write `Some(-5)`");
    default!(Option<f64> = 5, "expected `Option<f64>`, found an integer; write `Some(5.0)`");
    default!(Option<u8> = "5", "expected `Option<u8>`, found a string");
    default!(Option<u8> = Some("5"), "`default` is a number, found a string; remove the quotes: `5`");
    default!(Option<bool> = true, "expected `Option<bool>`, found a bool; write `Some(true)`");
    default!(Option<bool> = Some(1), "expected `bool`, which is `true` or `false`, found an integer");
    default!(Option<String> = "a", "expected `Option<String>`, found a string; write `Some(String::from(\"a\"))`");
    default!(Option<String> = Some("a"), "expected a `String`, found a literal; write `String::from(\"a\")`");
    default!(Option<String> = Some(5), "`default` of a `String` is a text, found an integer");
}

/// Of what it cannot know the macro says nothing.
#[test]
fn of_other_types() {
    default!(Vec<u8> = vec![1]);
    default!(Vec<u8> = 1, "expected `Vec<u8>`, found an integer");
    default!(Flag = 1);
    default!(Option<Flag> = 1);
    default!(Mode = "eco");
}

/// `default = 20.0` was the example for every type, and was refused of most.
#[test]
fn without_a_value() {
    macro_rules! bare {
        ($type:ty, $expected:expr) => {
            device(
                parse_quote! {
                    struct Lamp {
                        #[asset(default)]
                        level: $type,
                    }
                },
                &[$expected],
            )
        };
    }
    bare!(u8, "`default` needs a value: `default = 20`");
    bare!(f32, "`default` needs a value: `default = 20.0`");
    bare!(bool, "`default` needs a value: `default = false`");
    bare!(String, "`default` needs a value: `default = \"off\"`");
    bare!(Option<u8>, "`default` needs a value: `default = Some(20)`");
    bare!(Mode, "`default` needs a value, which is a `Mode`");
}
