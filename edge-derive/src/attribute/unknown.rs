//! What is said of a key that an attribute does not have: where it belongs, what is called so here, or which keys there are.

use proc_macro2::Ident;
use syn::ext::IdentExt;

use super::grammar::{ACTION, ALERT, ARGUMENT, ASSET_VALUE, ATTRIBUTES, BATCH, DEVICE, FORMAT, PUBLISH, key};
use super::synonym::{ELSEWHERE, SYNONYMS};
use super::{Entry, Grammar};
use crate::model::{KINDS, SEVERITIES};
use crate::suggest::{nearest, one_of};

/// Those that stand in parentheses in others.
const LISTS: [&Grammar; 2] = [&BATCH, &PUBLISH];

impl Grammar {
    /// What is wrong with a key that this attribute does not have.
    pub(super) fn unknown(&self, entry: &Entry) -> String {
        let key = entry.key.unraw().to_string();
        if self.attribute == ACTION.attribute && entry.value.is_none() {
            return format!("each action has a list of its own: write `action({key})` for `{key}`");
        }
        // What others call so is looked up before where the same word stands here: it may mean something else there.
        let remedy = self
            .elsewhere(&key)
            .or_else(|| self.synonym(&key))
            .or_else(|| self.home(entry))
            .or_else(|| self.word(entry))
            .or_else(|| self.attribute(&key))
            .or_else(|| self.near(&key))
            .unwrap_or_else(|| format!("expected {}", one_of(self.words())));
        format!("unknown {} key `{key}`, {remedy}", self.what)
    }

    /// The key that was probably meant: what others call so, or what is written nearly so.
    pub(super) fn own(&self, entry: &Entry) -> Option<&'static str> {
        let key = entry.key.unraw().to_string();
        let mut synonyms = SYNONYMS.iter().filter(|(word, _)| *word == key).map(|(_, own)| *own);
        synonyms.find(|own| self.words().any(|word| word == *own)).or_else(|| nearest(&key, self.words()))
    }

    /// The key with parentheses that is written nearly so.
    pub(super) fn nearest_list(&self, key: &Ident) -> Option<&'static str> {
        if self.words().any(|word| key == word) {
            return None;
        }
        let near = nearest(&key.to_string(), self.words())?;
        self.lists.iter().map(|(word, _)| *word).find(|word| *word == near)
    }

    /// The attributes next to this one that have the key.
    pub(super) fn homes(&self, entry: &Entry) -> impl Iterator<Item = &'static Grammar> {
        let others: &[_] = match self.attribute {
            attribute if attribute == ACTION.attribute => &[&ARGUMENT],
            attribute if attribute == ARGUMENT.attribute => &[],
            _ => &ATTRIBUTES,
        };
        let (item, holds_batch) = (self.item(), self.what == DEVICE.what);
        others.iter().copied().filter(move |other| {
            // Only the device has a batch: what is said so of an asset, or of a child, is not said of all.
            let is_near = other.attribute != BATCH.attribute || holds_batch;
            is_near && (other.item() == item || self.attribute == ACTION.attribute) && other.knows(entry)
        })
    }

    /// The attribute of the item on which it stands, or of whose field.
    fn item(&self) -> &'static str {
        let own = [&ASSET_VALUE, &ALERT, &FORMAT].map(|grammar| grammar.attribute);
        own.into_iter().find(|own| self.attribute == *own).unwrap_or(DEVICE.attribute)
    }

    /// What to write instead of a key that says what another thing says here.
    fn elsewhere(&self, key: &str) -> Option<String> {
        let is_meant =
            |(what, words, _): &&(&[&str], &[&str], _)| what.contains(&self.what) && words.contains(&key);
        ELSEWHERE.iter().find(is_meant).map(|(_, _, remedy)| (*remedy).to_owned())
    }

    /// What other libraries call so, here or in a list that stands here.
    fn synonym(&self, key: &str) -> Option<String> {
        SYNONYMS.iter().filter(|(word, _)| *word == key).find_map(|(_, own)| self.meant(own))
    }

    /// The places where it belongs.
    fn home(&self, entry: &Entry) -> Option<String> {
        let homes: Vec<_> =
            self.homes(entry).map(|home| format!("on {}: `{}`", home.place, home.with(entry))).collect();
        (!homes.is_empty()).then(|| format!("it belongs {}", homes.join(", or ")))
    }

    /// What is a value here, as in `#[asset(sensor)]` and `#[alert(critical)]`.
    fn word(&self, entry: &Entry) -> Option<String> {
        let has = |key| entry.value.is_none() && self.words().any(|word| word == key);
        let mut kinds = KINDS.into_iter().filter(|_| has(key::KIND));
        if let Some((kind, _)) = kinds.find(|(word, _)| entry.is(word)) {
            return Some(format!("write `kind = \"{kind}\"`"));
        }
        let mut severities = SEVERITIES.into_iter().filter(|_| has(key::SEVERITY));
        severities
            .find(|(word, _)| entry.is(word))
            .map(|(severity, _)| format!("write `severity = \"{severity}\"`"))
    }

    /// The attribute of its own that has this name.
    fn attribute(&self, key: &str) -> Option<String> {
        let other = ATTRIBUTES.into_iter().find(|other| other.within.is_none() && key == other.attribute)?;
        let (attribute, example) = (other.attribute, other.example());
        let where_it_is = match attribute == self.attribute {
            true => "its keys stand here by themselves".to_owned(),
            false => format!("it is an attribute of its own, on {}", other.place),
        };
        Some(format!("{where_it_is}: `#[{attribute}({example})]`"))
    }

    /// The key that is written nearly so, here or in a list that stands here.
    fn near(&self, key: &str) -> Option<String> {
        let in_lists = self.nested().flat_map(|list| list.words());
        self.meant(nearest(key, self.words().chain(in_lists))?)
    }

    /// That a key was meant, if it is one, here or in a list that stands here.
    fn meant(&self, own: &str) -> Option<String> {
        if self.words().any(|word| word == own) {
            return Some(format!("did you mean `{own}`?"));
        }
        let list = self.nested().find(|list| list.words().any(|word| word == own))?;
        let value = if list.flag == Some(own) { "" } else { " = .." };
        Some(format!("write `{}({own}{value})`", list.attribute))
    }

    /// The lists that may stand here.
    fn nested(&self) -> impl Iterator<Item = &'static Grammar> {
        LISTS.into_iter().filter(|list| self.lists.iter().any(|(word, _)| *word == list.attribute))
    }
}
