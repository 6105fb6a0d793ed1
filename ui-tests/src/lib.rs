//! What the macros say about wrong input, and what they must accept. See `README.md`.

/// The pass cases with the richest expansions, as doctests: in edition 2021.
///
/// ```edition2021
#[doc = include_str!("../tests/ui/pass/children.rs")]
/// ```
///
/// ```edition2021
#[doc = include_str!("../tests/ui/pass/greenhouse.rs")]
/// ```
///
/// ```edition2021
#[doc = include_str!("../tests/ui/pass/values.rs")]
/// ```
///
/// ```edition2021
#[doc = include_str!("../tests/ui/pass/visibility.rs")]
/// ```
#[cfg(doctest)]
pub struct Edition2021;
