//! What errors are told by: their causes, for logs and for the other side, and what there is instead.

use std::error::Error;
use std::fmt::Write as _;

/// An error with its causes, on one line. Some libraries' errors end with their cause already: that is not said
/// again.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            let _ = write!(text, ": {said}");
        }
        cause = error.source();
    }
    text
}

/// What there is instead of a name that there is not.
pub(crate) fn only(known: &[&str]) -> String {
    let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    if known.is_empty() { "and no other".to_owned() } else { format!("only {}", known.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Link {
        text: &'static str,
        source: Option<Box<Self>>,
    }

    #[test]
    fn every_cause_is_said_once() {
        let link = |text, source: Option<Link>| Link { text, source: source.map(Box::new) };
        let error = link("not connected", Some(link("TLS: expired", Some(link("expired", None)))));
        assert_eq!(chain(&error), "not connected: TLS: expired");
    }
}
