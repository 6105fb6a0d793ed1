//! What stands around a derive: reads the item, and turns a panic of ours into an error that asks for
//! a report. Of an item that cannot be read, as one in which a comma is missing, rustc has said what is wrong with it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::{Span, TokenStream};
use syn::DeriveInput;

/// Parses the item and expands it.
pub(crate) fn run(derive: &str, input: TokenStream, expand: fn(&DeriveInput) -> TokenStream) -> TokenStream {
    let expand = AssertUnwindSafe(|| match syn::parse2(input) {
        Ok(item) => expand(&item),
        Err(_) => TokenStream::new(),
    });
    match catch_unwind(expand) {
        Ok(tokens) => tokens,
        Err(panic) => bug(derive, reason(panic.as_ref())),
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
    use quote::quote;

    use super::*;

    #[track_caller]
    fn check(expand: fn(&DeriveInput) -> TokenStream, expected: &str) {
        let item = quote!(
            struct X;
        );
        let tokens = run("Device", item, expand).to_string();
        let message = format!("this is a bug of edge-derive, please report it ({expected})");
        assert!(tokens.contains(&message), "{tokens}");
    }

    #[test]
    fn a_panic_becomes_an_error() {
        check(|item| panic!("at {}", item.ident), "at X");
        check(|_| panic!("somewhere"), "somewhere");
        check(|_| std::panic::panic_any(5), "no reason given");
    }
}
