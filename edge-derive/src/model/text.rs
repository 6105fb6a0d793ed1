//! Texts for people: doc comments, titles, descriptions, units.

use syn::{Attribute, Expr, Lit, Meta};

use crate::attribute::{Entry, Grammar};
use crate::case::in_words;
use crate::diagnostics::Diagnostics;

/// The most bytes that a text for people may have: those of what an alert says, in edge-proto.
pub(crate) const MAX_TEXT: usize = 1024;

/// The first paragraph of the doc comment as a description: what is too long for one is not cut where its writer would not.
pub(super) fn documented(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> String {
    let text = doc(attributes);
    let problem = match text.chars().find(|c| c.is_control()) {
        _ if text.len() > MAX_TEXT => {
            format!("has {} bytes, the limit is {MAX_TEXT}; end it sooner with an empty line", text.len())
        }
        Some(control) => format!("contains the control character U+{:04X}", control as u32),
        None => return text,
    };
    let message = format_args!("the first paragraph of this doc comment is the description, and {problem}");
    diagnostics.over(attributes.iter().find(|attribute| line(attribute).is_some()), message);
    String::new()
}

/// The first paragraph of the doc comment on one line; empty if there is none.
fn doc(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes.iter().filter_map(line).collect();
    let text = lines.join("\n");
    let paragraph = text.trim().lines().map(str::trim).take_while(|line| !line.is_empty());
    paragraph.collect::<Vec<_>>().join(" ").replace('\t', " ")
}

/// The text of a `#[doc = ".."]`, which may be a whole block comment.
fn line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    let Expr::Lit(literal) = &pair.value else { return None };
    let Lit::Str(text) = &literal.lit else { return None };
    let value = text.value();
    let is_block = value.contains('\n');
    let undecorated = |line: &str| line.trim().trim_start_matches('*').to_owned();
    let block = || value.lines().map(undecorated).collect::<Vec<_>>().join("\n");
    pair.path.is_ident("doc").then(|| if is_block { block() } else { value.clone() })
}

/// A text of an attribute, if it was given and is one. `without`: what comes of giving none, as in `have none`.
pub(super) fn given(
    entry: Option<Entry>,
    without: &str,
    grammar: &Grammar,
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    let key = entry.as_ref()?.key.clone();
    let text = entry?.text(grammar, diagnostics)?;
    if let Some(problem) = problem(&text.value, without) {
        diagnostics.at(text.span, format_args!("`{key}` {problem}"));
        return None;
    }
    Some(text.value)
}

/// The title of what is called `own`, which without one is that in words.
pub(super) fn title(
    entry: Option<Entry>,
    own: &str,
    grammar: &Grammar,
    diagnostics: &mut Diagnostics,
) -> String {
    let own = in_words(own);
    given(entry, &format!("use \"{own}\""), grammar, diagnostics).unwrap_or(own)
}

/// The description, without which there is the doc comment.
pub(super) fn description(
    entry: Option<Entry>,
    attributes: &[Attribute],
    grammar: &Grammar,
    diagnostics: &mut Diagnostics,
) -> String {
    match entry {
        Some(_) => given(entry, "use the doc comment", grammar, diagnostics).unwrap_or_default(),
        None => documented(attributes, diagnostics),
    }
}

fn problem(text: &str, without: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some(format!("is empty; remove it to {without}"));
    }
    if text.len() > MAX_TEXT {
        return Some(format!("has {} bytes, the limit is {MAX_TEXT}", text.len()));
    }
    let control = text.chars().find(|c| c.is_control())?;
    Some(format!("contains the control character U+{:04X}", control as u32))
}

#[cfg(test)]
mod tests {
    use syn::{DeriveInput, parse_quote};

    use super::*;

    #[track_caller]
    fn check(item: DeriveInput, expected: &str) {
        assert_eq!(doc(&item.attrs), expected);
    }

    #[test]
    fn a_description_is_the_first_paragraph_on_one_line() {
        check(
            parse_quote! {
                /// Keeps a greenhouse
                /// cool.
                ///
                /// And more.
                struct X;
            },
            "Keeps a greenhouse cool.",
        );
        check(
            parse_quote!(
                struct X;
            ),
            "",
        );
        check(
            parse_quote! {
                #[doc = "\n * In a\n * block.\n *\n * More\n "]
                #[doc(hidden)]
                struct X;
            },
            "In a block.",
        );
    }
}
