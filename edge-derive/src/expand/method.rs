//! The methods of assets, of which there are many: what they have in common is text, which the compiler reads at once.
//!
//! The macro is built without optimization, and of what it writes each token and each bracket costs thousands of instructions; a
//! token of a text costs a tenth of that. The signature has what the user wrote, at its place.

use proc_macro2::TokenStream;

/// A method that only calls something.
pub(super) struct Method {
    pub(super) doc: String,
    /// From the visibility to the type that it returns.
    pub(super) signature: TokenStream,
    /// The call, in which nothing is the user's: what is wrong with it, rustc says of the derive.
    pub(super) call: String,
}

/// How many tokens `#[doc = ".."] #[inline]` are.
const ATTRIBUTES: usize = 4;

/// All of them.
pub(super) fn join(methods: Vec<Method>) -> TokenStream {
    let around = |Method { doc, call, .. }: &Method| format!("#[doc = {doc:?}] #[inline] {{ {call} }}");
    let around: String = methods.iter().map(around).collect();
    let mut around = read(&around).into_iter();
    let mut parts = vec![around.by_ref().take(ATTRIBUTES).collect()];
    for Method { signature, .. } in methods {
        // The body, and what stands above the next one.
        parts.extend([signature, around.by_ref().take(1 + ATTRIBUTES).collect()]);
    }
    parts.into_iter().collect()
}

/// The text's tokens. Not by `TokenStream::from_str`: that reads the text by itself first, without optimization.
fn read(text: &str) -> TokenStream {
    const SOUND: &str = "attributes, and calls in brackets";
    match proc_macro::is_available() {
        true => text.parse::<proc_macro::TokenStream>().expect(SOUND).into(),
        // A test.
        false => text.parse().expect(SOUND),
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;
    use syn::{Expr, ExprLit, ImplItem, ItemImpl, Lit, parse_quote};

    use super::*;

    fn docs(written: &[&str]) -> Vec<String> {
        let method =
            |doc: &&str| Method { doc: (*doc).to_owned(), signature: quote!(fn f()), call: "g()".to_owned() };
        let methods = join(written.iter().map(method).collect());
        let item: ItemImpl = parse_quote!(impl Lamp { #methods });
        let doc = |item: &ImplItem| match item {
            ImplItem::Fn(it) => it.attrs[0].meta.require_name_value().unwrap().value.clone(),
            other => panic!("no method: {other:?}"),
        };
        let text = |doc: Expr| match doc {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => text.value(),
            other => panic!("no text: {other:?}"),
        };
        item.items.iter().map(|item| text(doc(item))).collect()
    }

    #[test]
    fn docs_are_read_as_they_were_written() {
        let written = ["", " says \"5 %\" # {x} \\n */", " a\nb\t\0'c'", " °\u{301}\u{202e}\u{1f4a1}"];
        assert_eq!(docs(&written), written);
        assert_eq!(docs(&[]), [""; 0]);
    }
}
