//! Alerts and data formats: what they expand to, and what is said about mistakes.

use proc_macro2::TokenStream;
use syn::{DeriveInput, parse_quote};

use super::mistakes;
use crate::diagnostics::Diagnostics;
use crate::model::{Report, Sort};
use crate::{check, expand};

/// The errors of an alert, and that the expansion is items all the same.
#[track_caller]
fn alert(item: DeriveInput, expected: &[&str]) {
    let mut diagnostics = Diagnostics::default();
    let mut report = Report::read(&item, Sort::Alert, &mut diagnostics);
    check::report(&item, &mut report, &mut diagnostics);
    assert_eq!(diagnostics.texts(), expected);
    syn::parse2::<syn::File>(expand::alert(&item)).expect("items, also after errors");
}

/// The errors of what a device declares.
macro_rules! declared {
    ([$($attribute:tt)*], $($expected:expr),* $(,)?) => {
        mistakes::device(
            parse_quote! {
                #[device($($attribute)*)]
                struct Lamp {
                    #[asset]
                    level: u8,
                }
            },
            &[$($expected),*],
        )
    };
}

#[test]
fn a_device_names_types() {
    declared!([alert(A), format(b::B), alert(crate::C, ::d::D)],);
    declared!([alert(A,)],);
    declared!([alert()], "`alert` names no type, as in `alert(OverTemperature)`");
    declared!([format()], "`format` names no type, as in `format(Sample)`");
    declared!([alert("A")], "expected a type, without quotes; write `A`");
    declared!(
        [alert("b::A", "B")],
        "expected a type, without quotes; write `b::A`",
        "expected a type, without quotes; write `B`"
    );
    let own = "keys of an alert stand at its struct: `#[alert(severity = ..)]`";
    declared!([alert(A, severity = "critical", B), alert(B)], own, "`B` is declared twice");
    declared!([alert(severity = "critical")], own);
    declared!([format(A, urn = "x")], "keys of a data format stand at its struct: `#[format(urn = ..)]`");
    declared!([format(=)], "expected a type, as in `format(Sample)`");
    declared!([alert(A B)], "expected `,`");
    let quoted = "expected a type, without quotes, as in `alert(OverTemperature)`";
    declared!([alert("too-hot", B, 5)], quoted, quoted);
    declared!([alert(=, A, A)], "expected a type, as in `alert(OverTemperature)`", "`A` is declared twice");
    declared!([alert = "A"], "`alert` is followed by parentheses: `alert(A)`");
    declared!([alert = "too-hot"], "`alert` is followed by parentheses: `alert(OverTemperature)`");
    declared!([alert = [A, b::B]], "`alert` is followed by parentheses: `alert(A), alert(b::B)`");
    declared!(
        [alerts(A), format(A)],
        "unknown device key `alerts`, did you mean `alert`?",
        "`A` is declared twice"
    );
    declared!([alert(A, B), format(A), alert(b::B, B)], "`B` is declared twice", "`A` is declared twice");
}

#[test]
fn an_alert_is_a_struct_with_names() {
    alert(
        parse_quote!(
            struct A;
        ),
        &[],
    );
    alert(
        parse_quote!(
            struct A {}
        ),
        &[],
    );
    let expected = "`Alert` can only be derived for a struct with named fields, or without any";
    let found = |what: &str| format!("{expected}, found {what}");
    alert(
        parse_quote!(
            enum A {
                B,
            }
        ),
        &[&found("an enum; write `struct A { .. }`")],
    );
    alert(parse_quote!(union A { b: u8 }), &[&found("a union; write `struct A { .. }`")]);
    alert(
        parse_quote!(
            struct A(u8);
        ),
        &[&found("a tuple struct; write `struct A { .. }`")],
    );
    let why = "an alert declares one constant model; write out the type instead";
    alert(
        parse_quote!(
            struct A<T> {
                b: T,
            }
        ),
        &[&format!("`A` cannot have type parameters: {why}")],
    );
}

#[test]
fn a_field_is_not_twice_optional() {
    alert(
        parse_quote! {
            struct A {
                b: Option<Option<u8>>,
            }
        },
        &["of an `Option` in an `Option`, `null` could be either; write `Option<u8>`"],
    );
}

#[test]
fn keys_and_values_of_alerts_are_checked() {
    alert(
        parse_quote! {
            #[alert(severity = "high", retention = "discard", urn = "urn:a b", name = "a/b", level = 1)]
            struct A {
                #[alert(max = 300, severity = "low")]
                b: u8,
                #[alert(min = 2.0, max = 1.0)]
                c: f64,
                #[alert(name = "B")]
                d: String,
            }
        },
        &[
            "unknown alert key `level`, did you mean `severity`?",
            "unknown severity `high`, did you mean `significant`? (expected one of `low`, `normal`, `significant`, `critical`)",
            "unknown retention `discard`, expected one of `volatile`, `stored`",
            "`urn` is a URN, which has no white space, as in `urn:example:over-temperature`",
            "unknown field key `severity`, it belongs on the struct: `#[alert(severity = ..)]`",
            "alert name `a/b` contains '/', which has a meaning in MQTT topics; allowed are ASCII letters, digits, `_` and `-`",
            "field name `b` is first used here",
            "field name `B` is used twice, as `b`: they differ only in case",
            "`max` is 300, which no `u8` can be: it is 0..255",
            "`max` (1) is less than `min` (2) for field `c`",
        ],
    );
    let long = "d".repeat(1025);
    alert(
        parse_quote!(#[doc = #long] struct A;),
        &[
            "the first paragraph of this doc comment is the description, and has 1025 bytes, the limit is 1024; end it sooner \
           with an empty line",
        ],
    );
    let fields: Vec<TokenStream> = (0..65).map(|n| format!("f{n}: u8").parse().unwrap()).collect();
    alert(
        parse_quote!(struct A { #(#fields),* }),
        &["`A` has 65 fields, the limit is 64: this is one too many"],
    );
}
