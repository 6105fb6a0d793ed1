//! Many files in one run of cargo: each a program of a package that is made for the purpose.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What stands at a place instead of what is there, in bytes.
pub(crate) type Edit = (Range<usize>, String);

/// An error as cargo tells it to editors.
pub(crate) struct Error {
    pub(crate) message: String,
    /// The message, its labels, its notes and theirs.
    pub(crate) said: String,
    /// What is underlined: its first line.
    pub(crate) text: String,
    /// Where that is in the file, in bytes.
    pub(crate) place: Range<usize>,
    /// What rustc proposes by itself, and is sure of: editors write it when they are told to.
    pub(crate) proposal: Option<Vec<Edit>>,
}

/// A package of programs.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) edition: &'static str,
    /// What it calls edge-runtime.
    pub(crate) runtime: &'static str,
    /// The features that are on.
    pub(crate) features: &'static str,
}

impl Package {
    /// As users have it by default.
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, edition: "2024", runtime: "edge-runtime", features: "" }
    }
}

/// Checks files, by their names; gives the errors of those that have any.
pub(crate) fn check(package: &Package, sources: &HashMap<String, PathBuf>) -> BTreeMap<String, Vec<Error>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("judge").join(package.name);
    write_package(&folder, package, sources);
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["check", "--offline", "--quiet", "--bins", "--keep-going", "--message-format=json"]);
    cargo.args(["--features", package.features]);
    cargo.env("CARGO_TARGET_DIR", folder.with_file_name("target")).env("CARGO_INCREMENTAL", "0");
    let output = cargo.env_remove("RUSTFLAGS").current_dir(&folder).output().unwrap();
    let mut errors = BTreeMap::<_, Vec<_>>::new();
    let mut messages = 0;
    for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line: Value = serde_json::from_slice(line).unwrap();
        messages += 1;
        let name = line["target"]["name"].as_str().unwrap_or_default().to_owned();
        let source = sources.get(&name).map(|path| std::fs::read_to_string(path).unwrap());
        if let Some(error) = source.and_then(|source| read(&line["message"], &source)) {
            errors.entry(name).or_default().push(error);
        }
    }
    assert!(messages > 0, "cargo said nothing: {}", String::from_utf8_lossy(&output.stderr));
    errors
}

/// Writes a package whose programs are the files.
pub(crate) fn write_package(folder: &Path, package: &Package, sources: &HashMap<String, PathBuf>) {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let Package { name, edition, runtime, .. } = package;
    let mut manifest = format!(
        "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = {edition:?}\n\n\
         [workspace]\n\n[features]\nother = []\n\n\
         [dependencies]\n{runtime} = {{ package = \"edge-runtime\", path = {:?} }}\n\
         serde_json = \"1\"\ntokio = {{ version = \"1\", features = [\"rt-multi-thread\"] }}\n",
        workspace.join("edge-runtime"),
    );
    for (name, path) in sources {
        manifest += &format!("\n[[bin]]\nname = {name:?}\npath = {path:?}\n");
    }
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    std::fs::copy(workspace.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
}

/// An error of a message; none for warnings, and for the summary at the end.
fn read(message: &Value, source: &str) -> Option<Error> {
    let text = message["message"].as_str().filter(|text| !text.starts_with("aborting due to"))?;
    if message["level"] != "error" {
        return None;
    }
    let primary = spans(message).find(|span| span["is_primary"] == true);
    let place = primary.map_or(0..0, place);
    let notes = || message["children"].as_array().into_iter().flatten();
    let labels = std::iter::once(message).chain(notes()).flat_map(spans);
    let labels = labels.filter_map(|span| span["label"].as_str());
    let notes_said = notes().filter_map(|note| note["message"].as_str());
    let said = std::iter::once(text).chain(labels).chain(notes_said).collect::<Vec<_>>().join("\n");
    let underlined =
        source.get(place.clone()).and_then(|text| text.lines().next()).unwrap_or_default().to_owned();
    let proposal = notes().find_map(proposal);
    Some(Error { message: text.to_owned(), said, text: underlined, place, proposal })
}

fn spans(said: &Value) -> impl Iterator<Item = &Value> {
    said["spans"].as_array().into_iter().flatten()
}

fn place(span: &Value) -> Range<usize> {
    let at = |key: &str| span[key].as_u64().map_or(0, |at| at as usize);
    at("byte_start")..at("byte_end")
}

/// The edits of a help that need nobody to fill them in.
fn proposal(help: &Value) -> Option<Vec<Edit>> {
    let edit = |span: &Value| {
        let is_sure = span["suggestion_applicability"] == "MachineApplicable";
        Some((place(span), span["suggested_replacement"].as_str().filter(|_| is_sure)?.to_owned()))
    };
    let edits: Option<Vec<_>> = spans(help).map(edit).collect();
    edits.filter(|edits| !edits.is_empty())
}
