//! Which states wait for others: `batch(size = 10, every = "1m")` in `#[device(..)]`.

use syn::parse::ParseStream;
use syn::spanned::Spanned as _;
use syn::{Expr, ExprLit, Lit, MetaList};

use super::duration::Duration;
use super::report::severity;
use crate::attribute::{BATCH, Entry, Given, key, peel};
use crate::diagnostics::Diagnostics;

/// When states are sent together.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) size: Option<u32>,
    pub(crate) every: Option<Duration>,
    /// The variant of edge-runtime's `Severity`.
    pub(crate) severity: Option<&'static str>,
}

impl Batch {
    /// Reads the lists that are batches; there is one at most.
    pub(super) fn read(lists: &[MetaList], diagnostics: &mut Diagnostics) -> Option<Self> {
        let [list, more @ ..] = lists else { return None };
        for second in more {
            diagnostics.at(list.path.span(), "`batch` is first given here");
            diagnostics.at(second.path.span(), "`batch` is given twice");
        }
        let before = diagnostics.count();
        let read = |input: ParseStream<'_>| Given::parse(input, &BATCH, diagnostics);
        let mut given = match list.parse_args_with(read) {
            Ok(given) => given,
            Err(error) => {
                diagnostics.push(error);
                return None;
            }
        };
        let batch = Self {
            size: given.take(key::SIZE).and_then(|entry| size(&entry, diagnostics)),
            every: given.take(key::EVERY).and_then(|entry| Duration::read(&entry, diagnostics)),
            severity: given.take(key::SEVERITY).and_then(|entry| severity(entry, &BATCH, diagnostics)),
        };
        if batch.size.is_none() && batch.every.is_none() && diagnostics.count() == before {
            let message = "`batch` needs `size` or `every`, as in `batch(size = 10, every = \"1m\")`: \
                           otherwise states wait for ever";
            diagnostics.at(list.path.span(), message);
        }
        Some(batch)
    }
}

fn size(entry: &Entry, diagnostics: &mut Diagnostics) -> Option<u32> {
    let value = peel(entry.value.as_ref()?);
    if let Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) = value
        && number.suffix().is_empty()
        && let Ok(size @ 1..) = number.base10_parse()
    {
        return Some(size);
    }
    let message =
        "`size` is how many states are sent together, a whole number from 1 to 4294967295, as in `10`";
    diagnostics.over(value, message);
    None
}
