//! The page on which users look keys up, the module `attributes` of edge-runtime, held against the grammar: each key has a row in
//! the table of its attribute, an example that the macros read as they read any program, and a case in ui-tests of what is said
//! when it is wrong.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use syn::{Block, Stmt};

use super::shown::{Shown, place};
use crate::attribute::{
    ACTION, ALERT, ALERT_FIELD, ARGUMENT, ASSET, ASSET_VALUE, BATCH, CHILD, DEVICE, FORMAT, FORMAT_FIELD,
    Grammar, MEMBER, PUBLISH,
};

/// The page with the tables.
const PAGE: &str = include_str!("../../../edge-runtime/src/attributes/mod.rs");

/// Those with the examples.
const EXAMPLES: [&str; 8] = [
    include_str!("../../../edge-runtime/src/attributes/action.rs"),
    include_str!("../../../edge-runtime/src/attributes/asset.rs"),
    include_str!("../../../edge-runtime/src/attributes/asset_value.rs"),
    include_str!("../../../edge-runtime/src/attributes/child.rs"),
    include_str!("../../../edge-runtime/src/attributes/delivery.rs"),
    include_str!("../../../edge-runtime/src/attributes/device.rs"),
    include_str!("../../../edge-runtime/src/attributes/publish.rs"),
    include_str!("../../../edge-runtime/src/attributes/report.rs"),
];

/// The headings of the tables, and the attributes whose keys are in each.
const TABLES: [(&str, &[&Grammar]); 11] = [
    ("## `#[device(..)]`, on the struct", &[&DEVICE]),
    ("### `batch(..)`, in `#[device(..)]`", &[&BATCH]),
    ("### `action(..)`, in `#[device(..)]`", &[&ACTION]),
    ("### `#[arg(..)]`, before an argument of an action", &[&ARGUMENT]),
    ("## `#[asset(..)]`, on a field", &[&ASSET]),
    ("### `publish(..)`, in `#[asset(..)]`", &[&PUBLISH]),
    ("## `#[device(child)]`, on a field", &[&CHILD]),
    ("## `#[asset_value(..)]`, on the type", &[&ASSET_VALUE]),
    ("## `#[asset_value(..)]`, on a variant or a field", &[&MEMBER]),
    ("## `#[alert(..)]` or `#[format(..)]`, on the struct", &[&ALERT, &FORMAT]),
    ("## `#[alert(..)]` or `#[format(..)]`, on a field", &[&ALERT_FIELD, &FORMAT_FIELD]),
];

/// How many columns each table has.
const COLUMNS: usize = 5;

#[test]
fn every_key_has_a_row() {
    for (heading, grammars) in TABLES {
        let rows = rows(heading);
        let keys: HashSet<&str> = grammars.iter().flat_map(|grammar| grammar.words()).collect();
        let missing: Vec<_> = keys.iter().filter(|key| !rows.contains(key)).collect();
        let unknown: Vec<_> = rows.iter().filter(|key| !keys.contains(*key)).collect();
        assert!(missing.is_empty(), "no row under {heading}: {missing:?}");
        assert!(unknown.is_empty(), "no keys, but rows under {heading}: {unknown:?}");
        assert_eq!(rows.len(), keys.len(), "a key has two rows under {heading}");
    }
}

#[test]
fn every_key_has_an_example() {
    let mut shown = Shown::default();
    for example in EXAMPLES.into_iter().flat_map(examples) {
        for statement in &example.stmts {
            if let Stmt::Item(item) = statement {
                shown.read(item);
            }
        }
    }
    all_in(&shown, "an example");
}

#[test]
fn every_key_has_a_case_in_which_it_is_wrong() {
    let mut shown = Shown::default();
    for path in cases() {
        let case = std::fs::read_to_string(&path).expect("a case");
        // Some are no Rust at all.
        let Ok(file) = syn::parse_file(&case) else { continue };
        let underlined = |line: &str| Some(line.strip_prefix("//~ `")?.rsplit_once("`: ")?.0.to_owned());
        shown.wrong = Some(case.lines().filter_map(underlined).collect());
        file.items.iter().for_each(|item| shown.read(item));
    }
    all_in(&shown, "a case in which it is wrong");
}

/// That no key is missing.
#[track_caller]
fn all_in(shown: &Shown, what: &str) {
    let missing: Vec<_> = TABLES
        .into_iter()
        .flat_map(|(_, grammars)| grammars)
        .flat_map(|grammar| grammar.words().map(|key| (place(grammar), key)))
        .filter(|key| !shown.keys.contains(key))
        .collect();
    assert!(missing.is_empty(), "without {what}: {missing:#?}");
}

/// The cases of ui-tests that do not compile.
fn cases() -> Vec<PathBuf> {
    let entries = |path: &Path| {
        let entries = std::fs::read_dir(path).expect("a folder of cases");
        entries.map(|entry| entry.expect("an entry").path()).collect::<Vec<_>>()
    };
    let folders = entries(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../ui-tests/tests/ui/fail")));
    let files = folders.iter().flat_map(|folder| entries(folder));
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The keys in the first column of the tables under a heading.
fn rows(heading: &str) -> Vec<&'static str> {
    let lines = PAGE.lines().map(|line| line.trim_start_matches("//!").trim());
    let below = lines.skip_while(|line| *line != heading).skip(1).take_while(|line| !line.starts_with('#'));
    let rows: Vec<_> = below.filter(|line| line.starts_with("| `")).collect();
    assert!(!rows.is_empty(), "no table under {heading}");
    rows.into_iter().map(key_of_row).collect()
}

/// `` | `name` | .. ``; a list's parentheses belong to the example.
fn key_of_row(row: &'static str) -> &'static str {
    let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
    assert_eq!(cells.len(), COLUMNS, "{row}");
    assert!(cells.iter().all(|cell| !cell.is_empty()), "nothing is said in a cell of {row}");
    let word = cells[0].strip_prefix('`').and_then(|cell| cell.strip_suffix('`')).expect(row);
    assert!(!word.contains('`'), "two keys in one row: {row}");
    word.split('(').next().expect("splitting gives something")
}

/// The programs of a page that compile.
fn examples(page: &str) -> Vec<Block> {
    let lines = page.lines().map(|line| line.trim_start_matches("//!").strip_prefix(' ').unwrap_or_default());
    let mut examples = Vec::new();
    let mut code: Option<String> = None;
    for line in lines {
        match (&mut code, line) {
            (None, "```") => code = Some(String::new()),
            (None, _) => assert!(!line.starts_with("```"), "another sort of example: {line}"),
            (Some(text), "```") => {
                examples.push(syn::parse_str(&format!("{{{text}}}")).expect(text));
                code = None;
            }
            // Hidden lines are read like any other.
            (Some(text), _) => *text += &format!("{}\n", line.strip_prefix("# ").unwrap_or(line)),
        }
    }
    examples
}
