//! A second judge of the cases in `ui/fail`, who reads what the editor reads (`cargo check --message-format=json`)
//! and minds the wording less: how many errors, at which words, and what they must and must not say. Whatever
//! offers a correction is corrected, and then compiles. See `README.md`.

#![allow(clippy::unwrap_used, reason = "a test, whatever its files are called")]

mod analyzer;
mod case;
mod compiler;
mod language_server;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use case::{Case, Expected};
use compiler::{Error, Package, check};

/// What users must not read: names of ours, and a macro that gave up.
const FORBIDDEN: [&str; 4] = ["__", "macro panicked", "derive panicked", "bug of edge-derive"];

/// How a message offers a correction.
const OFFERS: [&str; 8] = [
    "did you mean",
    "write `",
    "remove",
    "rename the field",
    "it belongs",
    "add `",
    "in lower case",
    "missing before",
];

#[test]
fn errors_are_where_and_what_they_should_be() {
    let cases = cases();
    let sources = cases.iter().map(|case| (case.name.clone(), case.path.clone())).collect();
    let mut found = check(&Package::new("wrong"), &sources);
    let mut problems = Vec::new();
    let mut corrected = HashMap::new();
    for case in &cases {
        let errors = found.remove(&case.name).unwrap_or_default();
        problems.extend(judge(case, &errors).into_iter().map(|problem| format!("{}: {problem}", case.name)));
        corrected
            .extend(case.corrected(&errors).map(|text| (case.name.clone(), write_corrected(case, &text))));
    }
    for (name, errors) in check(&Package::new("corrected"), &corrected) {
        problems.extend(errors.iter().map(|error| format!("{name}, corrected: {}", error.message)));
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    assert!(corrected.len() > 40, "only {} corrections were tried", corrected.len());
}

/// The cases in `ui/pass` as trybuild does not compile them: in the older edition, and with the fields that are configured
/// away there.
#[test]
fn accepted_in_both_editions_and_configurations() {
    let packages = [
        ("accepted_2021", "2021", ""),
        ("accepted_2021_other", "2021", "other"),
        ("accepted_2024_other", "2024", "other"),
    ];
    for (name, edition, features) in packages {
        accepted(&Package { edition, features, ..Package::new(name) }, "pass");
    }
}

#[test]
fn accepted_where_the_dependency_is_renamed() {
    accepted(&Package { runtime: "device", ..Package::new("renamed") }, "renamed");
}

fn accepted(package: &Package, folder: &str) {
    let files = entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui").join(folder));
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let errors = check(package, &files.into_iter().map(|path| (name(&path), path)).collect());
    let messages: Vec<_> = errors
        .iter()
        .flat_map(|(name, errors)| errors.iter().map(move |error| (name, &error.message)))
        .collect();
    assert!(messages.is_empty(), "{messages:#?}");
}

/// What is wrong with the errors of a case.
fn judge(case: &Case, errors: &[Error]) -> Vec<String> {
    let mut problems = Vec::new();
    if errors.len() != case.expected.len() {
        let messages: Vec<_> = errors.iter().map(|error| &error.message).collect();
        problems.push(format!("{} errors instead of {}: {messages:?}", errors.len(), case.expected.len()));
        return problems;
    }
    for (error, expected) in errors.iter().zip(&case.expected) {
        problems.extend(differences(error, expected));
        let offer = OFFERS.into_iter().find(|offer| error.message.contains(offer));
        if let Some(offer) = offer.filter(|_| !case.is_corrected()) {
            problems.push(format!("`{}` offers a correction (`{offer}`), which is not tried", error.message));
        }
    }
    problems
}

fn differences(error: &Error, expected: &Expected) -> Vec<String> {
    let said = error.said.to_lowercase();
    let missing = expected.words.iter().filter(|word| !said.contains(&word.to_lowercase()));
    let forbidden = FORBIDDEN.into_iter().filter(|word| said.contains(word));
    let place =
        (error.text != expected.text).then(|| format!("is at `{}`, not at `{}`", error.text, expected.text));
    let words = missing.map(|word| format!("does not say `{word}`"));
    let slips = forbidden.map(|word| format!("says `{word}`"));
    words.chain(slips).chain(place).map(|problem| format!("`{}` {problem}", error.message)).collect()
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/fail");
    let mut cases: Vec<Case> =
        entries(&folder).iter().flat_map(|rule| entries(rule)).filter_map(Case::read).collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

fn entries(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn write_corrected(case: &Case, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("judge/sources");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{}.rs", case.name));
    std::fs::write(&path, text).unwrap();
    path
}
