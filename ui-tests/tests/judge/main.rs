//! A second judge of the cases in `ui/fail`, who reads what the editor reads (`cargo check --message-format=json`)
//! and minds the wording less: how many errors, at which words, and what they must and must not say. Whatever
//! offers a correction is corrected, and then compiles; as does what rustc proposes by itself. See `README.md`.

#![allow(clippy::unwrap_used, reason = "a test, whatever its files are called")]

mod analyzer;
mod case;
mod compiler;
mod language_server;
mod words;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use case::{Case, Expected};
use compiler::{Error, Package, check};
use words::unreadable;

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
        let proposed = case.proposed(&errors).filter(|_| case.misled.is_none());
        for (text, how) in [(case.corrected(&errors), "corrected"), (proposed, "proposed")] {
            let name = format!("{}-{how}", case.name);
            corrected.extend(text.map(|text| (name.clone(), write_corrected(&name, &text))));
        }
    }
    for (name, errors) in check(&Package::new("corrected"), &corrected) {
        problems.extend(errors.iter().map(|error| format!("{name}: {}", error.message)));
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    assert!(corrected.len() > 400, "only {} corrections were tried", corrected.len());
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
    for (name, edition) in [("renamed_2021", "2021"), ("renamed_2024", "2024")] {
        accepted(&Package { runtime: "device", edition, ..Package::new(name) }, "renamed");
    }
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
    }
    // Which words offer a correction, no list would know: so each case has one, or says why there is none.
    match (case.is_corrected(), &case.uncorrected) {
        (false, None) => problems.push("is not corrected, and does not say why (`uncorrected:`)".to_owned()),
        (true, Some(_)) => problems.push("is corrected, and says why it is not".to_owned()),
        _ => {}
    }
    let corrected = case.corrected(errors).unwrap_or_default();
    let words = errors.iter().flat_map(|error| offered(&error.message)).filter(|_| case.is_corrected());
    let missing = words.filter(|words| !corrected.contains(*words));
    problems.extend(missing.map(|words| format!("is not corrected as it is told to: `{words}`")));
    let removed = errors.iter().flat_map(|error| unwanted(&error.message)).filter(|_| case.is_corrected());
    let kept = removed.filter(|words| !case.is_without(words, &corrected));
    problems.extend(kept.map(|words| format!("does not leave out what it is told to: `{words}`")));
    if case.misled.is_some() && case.proposed(errors).is_none() {
        problems.push("rustc proposes nothing that could be wrong".to_owned());
    }
    problems
}

/// What a message tells to write, word for word.
fn offered(message: &str) -> impl Iterator<Item = &str> {
    let told = ["did you mean `", "write `", "as in `", "needs a value: `", "remove the quotes: `"]
        .into_iter()
        .flat_map(|words| message.split(words).skip(1));
    told.filter_map(|rest| rest.split('`').next()).filter(|words| !words.contains(".."))
}

/// What a message tells to leave out, word for word. Of an attribute it shows no keys.
fn unwanted(message: &str) -> impl Iterator<Item = &str> {
    let told = message.split("remove `").skip(1).filter_map(|rest| rest.split('`').next());
    told.map(|words| words.trim_end_matches(']')).filter(|words| !words.contains(".."))
}

fn differences(error: &Error, expected: &Expected) -> Vec<String> {
    let said = error.said.to_lowercase();
    let missing = expected.words.iter().filter(|word| !said.contains(&word.to_lowercase()));
    let place =
        (error.text != expected.text).then(|| format!("is at `{}`, not at `{}`", error.text, expected.text));
    let words = missing.map(|word| format!("does not say `{word}`"));
    let slips = unreadable(&error.said).map(|word| format!("says `{word}`"));
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

fn write_corrected(name: &str, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("judge/sources");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{name}.rs"));
    std::fs::write(&path, text).unwrap();
    path
}
