//! What users read of what does not compile, on the pages `refused` and `forms` of edge-runtime, held against what the macros say: an
//! example in which something else had become wrong would be refused as well.

use syn::{Block, DeriveInput, Item, Stmt};

use crate::check;
use crate::diagnostics::Diagnostics;
use crate::model::{AssetValue, Device, Report, Sort};

const PAGES: [&str; 2] = [
    include_str!("../../../edge-runtime/src/attributes/forms.rs"),
    include_str!("../../../edge-runtime/src/attributes/refused.rs"),
];

/// How an example begins that is refused by the macros. Where rustc says something, its error's number stands behind it.
const FENCE: &str = "```compile_fail";

#[test]
fn every_example_is_refused_for_what_it_says() {
    let mut examples = 0;
    for page in PAGES {
        let lines =
            page.lines().map(|line| line.trim_start_matches("//!").strip_prefix(' ').unwrap_or_default());
        let mut lines = lines.skip_while(|line| *line != FENCE).peekable();
        while lines.next().is_some() {
            let example: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            check(&example);
            examples += 1;
            while lines.next_if(|line| *line != FENCE).is_some() {}
        }
    }
    assert!(examples > 50, "only {examples} examples were read");
}

#[track_caller]
fn check(example: &[&str]) {
    let text = example.join("\n");
    let said: Vec<_> = example.iter().filter_map(|line| Some(line.split_once("// ")?.1)).collect();
    assert!(!said.is_empty(), "nothing is said of {text}");
    // Hidden lines are read like any other.
    let code: Vec<_> = example.iter().map(|line| line.strip_prefix("# ").unwrap_or(line)).collect();
    let block: Block = syn::parse_str(&format!("{{{}\n}}", code.join("\n"))).expect(&text);
    let errors: Vec<_> = block.stmts.iter().flat_map(errors).collect();
    let errors = errors.join("\n");
    for words in said.join(" ").split("..").map(|words| words.trim_matches([' ', ',', ';'])) {
        assert!(!errors.is_empty() && errors.contains(words), "`{words}` is not in {errors:?} of {text}");
    }
}

fn errors(statement: &Stmt) -> Vec<String> {
    let Stmt::Item(item) = statement else { return Vec::new() };
    let input: DeriveInput = match item {
        Item::Struct(item) => item.clone().into(),
        Item::Enum(item) => item.clone().into(),
        Item::Union(item) => item.clone().into(),
        _ => return Vec::new(),
    };
    let mut diagnostics = Diagnostics::default();
    let errors = &mut diagnostics;
    let report = |sort, errors: &mut _| {
        check::report(&input, &mut Report::read(&input, sort, errors), errors);
    };
    for derive in derives(&input) {
        match derive.as_str() {
            "Device" => drop(check::device(&input, &mut Device::read(&input, errors), errors)),
            "AssetValue" => drop(check::asset_value(&input, &AssetValue::read(&input, errors), errors)),
            "Alert" => report(Sort::Alert, errors),
            "Format" => report(Sort::Format, errors),
            _ => {}
        }
    }
    diagnostics.texts()
}

/// The last words of what is derived.
fn derives(input: &DeriveInput) -> Vec<String> {
    let mut derives = Vec::new();
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        let note = |meta: syn::meta::ParseNestedMeta<'_>| {
            derives.extend(meta.path.segments.last().map(|last| last.ident.to_string()));
            Ok(())
        };
        attribute.parse_nested_meta(note).expect("a list of derives");
    }
    derives
}
