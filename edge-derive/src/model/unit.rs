//! Units: texts for people, of which any will do. Of a word that is a slip whatever it stands for, the macro says so.

use super::text;
use crate::attribute::{Entry, Grammar};
use crate::diagnostics::Diagnostics;

/// What is often written for what. A list of units would refuse some that are right; so would a guess by likeness, as of
/// a unit in another language.
const SLIPS: [(&str, &str); 9] = [
    ("celcius", "celsius"),
    ("celisus", "celsius"),
    ("celsuis", "celsius"),
    ("fahrenheight", "fahrenheit"),
    ("fahrenhiet", "fahrenheit"),
    ("farenheight", "fahrenheit"),
    ("farenheit", "fahrenheit"),
    ("persent", "percent"),
    ("precent", "percent"),
];

/// The unit; empty if it is not given.
pub(super) fn read(entry: Option<Entry>, grammar: &Grammar, diagnostics: &mut Diagnostics) -> String {
    let literal = entry.as_ref().and_then(|entry| entry.value.clone());
    let unit = text::given(entry, "have none", grammar, diagnostics).unwrap_or_default();
    for word in unit.split_whitespace() {
        if let Some((_, meant)) = SLIPS.into_iter().find(|(slip, _)| word.eq_ignore_ascii_case(slip)) {
            diagnostics.over(&literal, format_args!("`{word}` is misspelled, did you mean `{meant}`?"));
        }
    }
    unit
}
