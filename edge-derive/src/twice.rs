//! A derive that stands twice at one item. Whatever it writes would be there twice, and rustc would say so of each part; a
//! derive sees of its item neither the other derives nor the module, so it remembers where it was.
//!
//! rustc starts anew for each crate, and what is remembered with it. Other servers of macros, as that of rust-analyzer, live on
//! while the text changes; they know no places as rustc prints them, and of them nothing is remembered.

use std::collections::HashMap;
use std::fs::read_to_string;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use proc_macro::Span;
use syn::{Data, DeriveInput};

/// The places of the derives, by themselves and by the items that they stand at.
static SEEN: Mutex<Option<HashMap<String, Range<Place>>>> = Mutex::new(None);

/// A line and a column, from 1.
type Place = (usize, usize);

/// Whether the derive that is being expanded is the second of its name at the item.
pub(crate) fn is_again(derive: &str, input: &DeriveInput) -> bool {
    if !proc_macro::is_available() {
        return false; // a test
    }
    let here = Span::call_site();
    let Some(key) = key(derive, input) else { return false };
    let place = place(here);
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let first = seen.get_or_insert_default().entry(key).or_insert(place.clone()).clone();
    // A macro may put one item into two places, with a derive of its own in each.
    first.start != place.start && text(here).is_some_and(|text| is_one_list(&text, first.end, place.start))
}

/// What tells one item from another: where its keyword and its name come from.
fn key(derive: &str, input: &DeriveInput) -> Option<String> {
    let keyword = match &input.data {
        Data::Struct(data) => data.struct_token.span,
        Data::Enum(data) => data.enum_token.span,
        Data::Union(data) => data.union_token.span,
    };
    let places = format!("{:?} {:?}", keyword, input.ident.span());
    places.contains(" bytes(").then(|| format!("{derive} {} {places}", input.ident))
}

fn place(span: Span) -> Range<Place> {
    let (start, end) = (span.start(), span.end());
    (start.line(), start.column())..(end.line(), end.column())
}

/// The file in which the derive is.
fn text(span: Span) -> Option<String> {
    read_to_string(span.local_file()?).ok()
}

/// Whether there is nothing but attributes between two places.
fn is_one_list(text: &str, from: Place, to: Place) -> bool {
    let between = |(index, line): (usize, &'_ str)| {
        let start = if index + 1 == from.0 { from.1 - 1 } else { 0 };
        let end = if index + 1 == to.0 { to.1 - 1 } else { usize::MAX };
        line.chars().take(end).skip(start).collect::<String>()
    };
    let lines = text.lines().enumerate().take(to.0).skip(from.0 - 1);
    from < to && !lines.map(between).any(|line| line.contains(['{', '}', ';']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: bool) {
        let place = |at: usize| {
            let before = &text[..at];
            (before.lines().count(), before.len() - before.rfind('\n').map_or(0, |end| end + 1) + 1)
        };
        let (first, second) = (text.find("Device").unwrap(), text.rfind("Device").unwrap());
        assert_eq!(is_one_list(text, place(first + "Device".len()), place(second)), expected, "{text}");
    }

    #[test]
    fn only_attributes_are_between_derives_of_one_item() {
        check("#[derive(Device, Clone, Device)]", true);
        check("#[derive(Device)]\n#[device(title = \"x\")]\n#[derive(\n    Device,\n)]", true);
        check("{ #[derive(Device)]\n  $item }\nmod other { #[derive(Device)] $item }", false);
        check("#[derive(Device)] struct A; #[derive(Device)] struct B;", false);
    }
}
