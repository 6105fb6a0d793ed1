//! `publish(..)`, `stale_after` and `pipeline`: what becomes of values before they are told.

use proc_macro2::Span;
use syn::{MetaList, Path};

use super::duration::Duration;
use super::limits::Bound;
use super::rules::{Rule, rule};
use crate::attribute::{ASSET, Given, PUBLISH, key};
use crate::diagnostics::Diagnostics;

const ALONE: &str = "`on_change` has no value; write `publish(on_change)`";

/// When values of an asset are told, and through which pipeline they go before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Publish {
    pub(crate) on_change: Option<Span>,
    pub(crate) deadband: Option<Bound>,
    pub(crate) min_interval: Option<Rule<Duration>>,
    pub(crate) max_interval: Option<Rule<Duration>>,
    pub(crate) stale_after: Option<Rule<Duration>>,
    pub(crate) pipeline: Option<Rule<Path>>,
}

impl Publish {
    pub(super) fn read(given: &mut Given, diagnostics: &mut Diagnostics) -> Self {
        let lists = given.take_lists(key::PUBLISH);
        let publish = lists.first().map(|list| Self::policy(list, diagnostics)).unwrap_or_default();
        for list in lists.iter().skip(1) {
            diagnostics.over(&lists[0].path, "`publish` is first given here");
            diagnostics.over(&list.path, "`publish` is given twice");
        }
        let duration = |entry, diagnostics: &mut Diagnostics| Duration::read(&entry, diagnostics);
        Self {
            stale_after: rule(given.take(key::STALE_AFTER), diagnostics, duration),
            pipeline: rule(given.take(key::PIPELINE), diagnostics, |entry, diagnostics| {
                entry.path(&ASSET, diagnostics)
            }),
            ..publish
        }
    }

    fn policy(list: &MetaList, diagnostics: &mut Diagnostics) -> Self {
        if list.tokens.is_empty() {
            diagnostics.over(&list.path, "`publish()` says nothing; as in `publish(on_change)`");
        }
        let given = list
            .parse_args_with(|input: syn::parse::ParseStream<'_>| Given::parse(input, &PUBLISH, diagnostics));
        let mut given = match given {
            Ok(given) => given,
            Err(error) => {
                diagnostics.push(error);
                return Self::default();
            }
        };
        let on_change = given.take(key::ON_CHANGE);
        if let Some(stray) = on_change.as_ref().and_then(|entry| entry.value.as_ref()) {
            diagnostics.over(stray, ALONE);
        }
        let duration = |entry, diagnostics: &mut Diagnostics| Duration::read(&entry, diagnostics);
        Self {
            on_change: on_change.map(|entry| entry.key.span()),
            deadband: given.take(key::DEADBAND).and_then(|entry| Bound::read(entry, diagnostics)),
            min_interval: rule(given.take(key::MIN_INTERVAL), diagnostics, duration),
            max_interval: rule(given.take(key::MAX_INTERVAL), diagnostics, duration),
            ..Self::default()
        }
    }

    /// Whether it says when values are told.
    pub(crate) fn is_policy(&self) -> bool {
        let Self { on_change, deadband, min_interval, max_interval, .. } = self;
        on_change.is_some() || deadband.is_some() || min_interval.is_some() || max_interval.is_some()
    }
}
