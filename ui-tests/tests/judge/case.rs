//! A case, and what its last lines say of the errors that it must make.

use std::path::PathBuf;

use super::compiler::{Edit, Error};

/// A file that does not compile.
pub(crate) struct Case {
    /// `rule-mistake`.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) expected: Vec<Expected>,
    source: String,
    replacements: Vec<(String, String)>,
    /// Why it is not corrected: `//~ uncorrected: why`.
    pub(crate) uncorrected: Option<String>,
    /// Why what rustc proposes by itself is wrong: `//~ misled: why`.
    pub(crate) misled: Option<String>,
}

/// One error: ``//~ `mx`: unknown, max``.
pub(crate) struct Expected {
    /// What is underlined: its first line.
    pub(crate) text: String,
    /// What must be said, in the message or around it.
    pub(crate) words: Vec<String>,
    /// What to write instead: `//~ fix: max` in the next line.
    fix: Option<String>,
}

impl Case {
    /// Reads a case; none for other files.
    pub(crate) fn read(path: PathBuf) -> Option<Self> {
        if path.extension()? != "rs" {
            return None;
        }
        let rule = path.parent()?.file_name()?.to_str()?;
        let name = format!("{rule}-{}", path.file_stem()?.to_str()?);
        let source = std::fs::read_to_string(&path).unwrap();
        let mut case = Self {
            name,
            path,
            expected: Vec::new(),
            source: String::new(),
            replacements: Vec::new(),
            uncorrected: None,
            misled: None,
        };
        let (code, lines): (Vec<_>, Vec<_>) = source.lines().partition(|line| !line.starts_with("//~"));
        lines.iter().for_each(|line| case.note(line.trim_start_matches("//~").trim()));
        // The lines of a corrected case stay where they are.
        case.source = format!("{}\n", code.join("\n"));
        Some(case)
    }

    fn note(&mut self, line: &str) {
        if let Some(fix) = line.strip_prefix("fix:") {
            let last = self.expected.last_mut().expect("a fix stands below its error");
            last.fix = Some(fix.trim().to_owned());
        } else if let Some(replacement) = line.strip_prefix("replace:") {
            let (old, new) = replacement.rsplit_once("=>").expect("replace: OLD => NEW");
            // A line's end cannot be written in a line.
            let lines = |text: &str| text.trim().replace('↵', "\n");
            self.replacements.push((lines(old), lines(new)));
        } else if let Some(why) = line.strip_prefix("uncorrected: ") {
            self.uncorrected = Some(why.to_owned());
        } else if let Some(why) = line.strip_prefix("misled: ") {
            self.misled = Some(why.to_owned());
        } else {
            let (text, words) = line.rsplit_once("`: ").expect("`underlined`: word, word");
            let text = text.trim_start_matches('`').to_owned();
            let words = words.split(", ").map(str::to_owned).collect();
            self.expected.push(Expected { text, words, fix: None });
        }
    }

    /// Whether it says how it is corrected.
    pub(crate) fn is_corrected(&self) -> bool {
        !self.replacements.is_empty() || self.expected.iter().any(|expected| expected.fix.is_some())
    }

    /// The file as its user would write it after reading the errors.
    pub(crate) fn corrected(&self, errors: &[Error]) -> Option<String> {
        if !self.is_corrected() {
            return None;
        }
        let fixes = errors.iter().zip(&self.expected);
        let fixes = fixes.filter_map(|(error, expected)| Some((error.place.clone(), expected.fix.clone()?)));
        let mut text = edited(&self.source, fixes.collect());
        for (old, new) in &self.replacements {
            assert!(text.contains(old), "{}: there is no `{old}` to replace", self.name);
            text = text.replacen(old, new, 1);
        }
        Some(text)
    }

    /// Whether a text has less of some words than the file.
    pub(crate) fn is_without(&self, words: &str, corrected: &str) -> bool {
        corrected.matches(words).count() < self.source.matches(words).count()
    }

    /// The file as an editor writes it when rustc's own proposals are taken; none where an error has none.
    pub(crate) fn proposed(&self, errors: &[Error]) -> Option<String> {
        let proposals: Option<Vec<_>> = errors.iter().map(|error| error.proposal.clone()).collect();
        let edits = proposals.filter(|proposals| !proposals.is_empty())?.concat();
        Some(edited(&self.source, edits))
    }
}

fn edited(source: &str, mut edits: Vec<Edit>) -> String {
    let mut text = source.to_owned();
    // From the end, so that places stay valid.
    edits.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    for (place, new) in edits {
        text.replace_range(place, &new);
    }
    text
}
