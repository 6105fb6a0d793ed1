//! The page `virtual-device` has a row for every class and method of the client library that it is about, and what it says is here is.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use edge_tests::TestResult;

const PAGE: &str = include_str!("../../../docs/virtual-device.md");

/// The sections of the page, with the classes in them and their methods and properties. The first class of a section is the one
/// that its rows are of; rows of the others begin with the class.
const LIBRARY: [(&str, &[Class]); 5] = [
    (
        "AbstractVirtualDevice",
        &[
            (
                "AbstractVirtualDevice",
                &[
                    "finish",
                    "get",
                    "getDeviceModel",
                    "getEndpointId",
                    "getLastKnown",
                    "set",
                    "setOnChange",
                    "setOnError",
                    "update",
                ],
            ),
            ("ChangeCallback", &["onChange"]),
            ("ChangeEvent", &["getNamedValue", "getVirtualDevice"]),
            ("ErrorCallback", &["onError"]),
            ("ErrorEvent", &["getMessage"]),
            ("Event", &["getNamedValue", "getVirtualDevice"]),
            ("NamedValue", &["getName", "getValue", "next"]),
        ],
    ),
    ("Client", &[("Client", &["createStorageObject", "createVirtualDevice", "getDeviceModel"])]),
    ("DeviceModel", &[("DeviceModel", &["getDescription", "getName", "getURN"])]),
    (
        "ExternalObject and StorageObject",
        &[
            (
                "StorageObject",
                &[
                    "delegate",
                    "getContentType",
                    "getCustomMetadata",
                    "getDate",
                    "getEncoding",
                    "getInputPath",
                    "getLength",
                    "getName",
                    "getOutputPath",
                    "getSyncCallback",
                    "getSyncStatus",
                    "inputPath",
                    "outputPath",
                    "setCustomMetadata",
                    "setInputPath",
                    "setOnSync",
                    "setOutputPath",
                    "setSyncStatus",
                    "sync",
                    "syncCallback",
                    "syncStatus",
                    // Of the class beside it, whose only one it is.
                    "getURI",
                ],
            ),
            ("ExternalObject", &[]),
            ("SyncCallback", &["onSync"]),
            ("SyncEvent", &["getName", "getSource", "getVirtualDevice"]),
            ("SyncStatus", &["IN_SYNC", "NOT_IN_SYNC", "SYNC_FAILED", "SYNC_PENDING"]),
        ],
    ),
    (
        "Exceptions",
        &[
            ("ValueError", &[]),
            ("StateException", &[]),
            ("OSError", &[]),
            ("TransportException", &[]),
            ("SecurityException", &[]),
        ],
    ),
];

/// Its name, and what it has.
type Class = (&'static str, &'static [&'static str]);

/// The first cells of a section's rows: what stands in backticks, as far as a parenthesis.
fn rows(section: &str) -> Vec<Vec<&'static str>> {
    let start = PAGE.find(&format!("\n## {section}\n")).unwrap_or_else(|| panic!("no section {section}")) + 1;
    let text = &PAGE[start..];
    let text = &text[..text.find("\n## ").unwrap_or(text.len())];
    let cells = text.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let words = |cell: &'static str| {
        let quoted = cell.split('`').skip(1).step_by(2);
        quoted.map(|word| word.split('(').next().unwrap_or_default()).collect()
    };
    cells.map(words).filter(|words: &Vec<_>| !words.is_empty()).collect()
}

#[test]
fn every_class_and_method_of_the_library_is_on_the_page() {
    let mut missing = Vec::new();
    for (section, classes) in LIBRARY {
        let rows = rows(section);
        for (place, (class, methods)) in classes.iter().enumerate() {
            let is_of_class = |word: &str| word.split('.').next() == Some(class);
            if !rows.iter().flatten().any(|word| is_of_class(word)) {
                missing.push((*class).to_owned());
            }
            let own = rows.iter().filter(|words| place == 0 || words.iter().any(|word| is_of_class(word)));
            let own: Vec<_> = own.flatten().collect();
            let is_there = |method: &str| {
                own.iter().any(|word| **word == method || **word == format!("{class}.{method}"))
            };
            let absent = methods.iter().filter(|method| !is_there(method));
            missing.extend(absent.map(|method| format!("{class}.{method}")));
        }
    }
    assert!(missing.is_empty(), "without a row on the page: {missing:?}");
}

/// What the derive makes of the name of an asset, and what everything has.
fn is_nowhere_written(method: &str) -> bool {
    method == "to_string" || ["temperature", "vent"].iter().any(|asset| method.ends_with(asset))
}

/// All of the runtime's source.
fn source(folder: &Path, text: &mut String) -> TestResult {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => source(&path, text)?,
            false => text.push_str(&fs::read_to_string(path)?),
        }
    }
    Ok(())
}

#[test]
fn every_method_that_the_page_says_is_here_is_in_the_source() -> TestResult {
    let mut text = String::new();
    source(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../edge-runtime/src"), &mut text)?;
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let quoted = rows.flat_map(|(_, here)| here.split('`').skip(1).step_by(2));
    let calls = quoted.flat_map(|code| code.split('(').rev().skip(1));
    let methods: BTreeSet<&str> = calls
        .filter_map(|call| Some(call.rsplit_once('.')?.1))
        .filter(|method| !method.is_empty() && method.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .filter(|method| !is_nowhere_written(method))
        .collect();
    assert!(methods.len() > 40, "{methods:?}");
    let is_there = |method: &str| ["(", "<"].iter().any(|end| text.contains(&format!("fn {method}{end}")));
    let missing: Vec<_> = methods.into_iter().filter(|method| !is_there(method)).collect();
    assert!(missing.is_empty(), "no such methods: {missing:?}");
    Ok(())
}
