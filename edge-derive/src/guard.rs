//! What stands around a derive: reads the item, and turns a panic of ours into an error that asks for
//! a report.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::{Span, TokenStream};
use syn::DeriveInput;

/// Parses the item and expands it.
pub(crate) fn run(derive: &str, input: TokenStream, expand: fn(&DeriveInput) -> TokenStream) -> TokenStream {
    let expand = AssertUnwindSafe(|| syn::parse2(input).map(|item| expand(&item)));
    match catch_unwind(expand) {
        Ok(Ok(tokens)) => tokens,
        Ok(Err(error)) => error.into_compile_error(),
        Err(panic) => bug(derive, panic.downcast_ref::<String>().map(String::as_str)),
    }
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

    #[test]
    fn a_panic_becomes_an_error() {
        let tokens = run(
            "Device",
            quote!(
                struct X;
            ),
            |item| panic!("at {}", item.ident),
        )
        .to_string();
        assert!(tokens.contains("this is a bug of edge-derive, please report it (at X)"), "{tokens}");
    }
}
