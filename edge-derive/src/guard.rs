//! What stands around a derive: reads the item, and turns a panic of ours into an error that asks for
//! a report, beside what is written for an item that is refused. Of an item that cannot be read, as one in which a comma is missing, rustc has said what is wrong with it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::DeriveInput;

/// Writes something for an item.
pub(crate) type Write = fn(&DeriveInput) -> TokenStream;

/// Parses the item and expands it. `stub`: what is written instead where that panics.
pub(crate) fn run(derive: &str, input: TokenStream, expand: Write, stub: Write) -> TokenStream {
    let Ok(Ok(item)) = catch_unwind(AssertUnwindSafe(|| syn::parse2(input))) else {
        return TokenStream::new();
    };
    let written = |write: Write| catch_unwind(AssertUnwindSafe(|| write(&item)));
    match written(expand) {
        Ok(tokens) => tokens,
        // What cannot be read twice has no stub.
        Err(panic) => {
            let stub = written(stub).unwrap_or_default();
            let error = bug(derive, reason(panic.as_ref()));
            quote!(#stub #error)
        }
    }
}

/// What a panic says: formatted, or as it stands in the code.
fn reason(panic: &(dyn Any + Send)) -> Option<&str> {
    panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied())
}

fn bug(derive: &str, reason: Option<&str>) -> TokenStream {
    let reason = reason.unwrap_or("no reason given");
    let message =
        format!("`derive({derive})` failed: this is a bug of edge-derive, please report it ({reason})");
    syn::Error::new(Span::call_site(), message).into_compile_error()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expand;

    #[track_caller]
    fn check(expand: Write, expected: &str) {
        let item = quote!(
            struct X;
        );
        let tokens = run("Device", item, expand, |_| TokenStream::new()).to_string();
        let message = format!("this is a bug of edge-derive, please report it ({expected})");
        assert!(tokens.contains(&message), "{tokens}");
    }

    #[test]
    fn a_panic_becomes_an_error() {
        check(|item| panic!("at {}", item.ident), "at X");
        check(|_| panic!("somewhere"), "somewhere");
        check(|_| std::panic::panic_any(5), "no reason given");
    }

    #[test]
    fn what_uses_the_item_is_not_left_alone() {
        let device = || {
            quote!(
                struct Lamp {
                    #[asset]
                    level: u8,
                    #[asset(kind = "actuator")]
                    on: bool,
                }
            )
        };
        let value = || {
            quote!(
                enum Mode {
                    Eco,
                }
            )
        };
        let report = || {
            quote!(
                struct TooHot {
                    celsius: f64,
                }
            )
        };
        let stubs: [(TokenStream, Write, &[&str]); 4] = [
            (device(), expand::device_stub, &["fn set_level", "fn level", "fn on_on", "Device for Lamp"]),
            (value(), expand::asset_value_stub, &["AssetValue for Mode"]),
            (report(), expand::alert_stub, &["Alert for TooHot"]),
            (report(), expand::format_stub, &["Format for TooHot"]),
        ];
        for (item, stub, expected) in stubs {
            let tokens = run("Device", item, |_| panic!("somewhere"), stub);
            syn::parse2::<syn::File>(tokens.clone()).unwrap();
            let tokens = tokens.to_string();
            assert_eq!(tokens.matches("this is a bug of edge-derive").count(), 1, "{tokens}");
            for item in expected {
                assert!(tokens.contains(item), "no {item} in {tokens}");
            }
        }
    }

    #[test]
    fn a_panic_of_the_stub_says_nothing_more() {
        let item = quote!(
            struct X;
        );
        let tokens = run("Device", item, |_| panic!("first"), |_| panic!("second")).to_string();
        assert!(tokens.contains("(first)") && !tokens.contains("second"), "{tokens}");
    }
}
