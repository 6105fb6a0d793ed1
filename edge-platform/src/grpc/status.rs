//! From errors to status codes, with what is to be done about them as google.rpc details.
//!
//! All of it travels in HTTP/2 headers, so no text of a caller's is repeated at length.

use std::time::Duration;

use edge_proto::model::ModelError;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

use crate::store::{EditError, StoreError};

/// How much of a caller's text is repeated.
const SHOWN: usize = 64;

/// How long the description of one mistake may be.
const MAX_DESCRIPTION: usize = 256;

/// How many mistakes are told at once.
const MAX_VIOLATIONS: usize = 8;

/// When to try again.
const RETRY: Duration = Duration::from_secs(1);

/// The mistakes in a request, as they are found.
#[derive(Debug, Default)]
pub(super) struct Violations(Vec<FieldViolation>);

impl Violations {
    /// Notes one; beyond the limit they are dropped.
    pub(super) fn add(&mut self, field: impl ToString, description: impl ToString) {
        if self.0.len() < MAX_VIOLATIONS {
            let description = cut(&description.to_string(), MAX_DESCRIPTION);
            self.0.push(FieldViolation::new(field.to_string(), description));
        }
    }

    /// Whether nothing more is told.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= MAX_VIOLATIONS
    }

    /// All of them, if there are any.
    pub(super) fn into_result(self) -> Result<(), Status> {
        if self.0.is_empty() {
            return Ok(());
        }
        let text = |violation: &FieldViolation| format!("{}: {}", violation.field, violation.description);
        let message = self.0.iter().map(text).collect::<Vec<_>>().join("; ");
        let details = ErrorDetails::with_bad_request(self.0);
        let message = cut(&message, 2 * MAX_DESCRIPTION);
        Err(Status::with_error_details(Code::InvalidArgument, message, details))
    }
}

/// One field that cannot be taken.
pub(super) fn invalid(field: impl ToString, description: impl ToString) -> Status {
    let mut violations = Violations::default();
    violations.add(field, description);
    violations.into_result().err().unwrap_or_else(|| Status::invalid_argument(""))
}

/// A caller's text, short and without control characters.
pub(super) fn shown(text: &str) -> String {
    let start: String = text.chars().take(SHOWN + 1).collect();
    let shown = start.escape_debug().to_string();
    if shown.len() > SHOWN { cut(&shown, SHOWN) } else { shown }
}

fn cut(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = (0..=bytes).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{}..", &text[..end])
}

/// There is no such thing, or none that the caller may see.
pub(super) fn not_found(what: &str, field: &str, value: &str) -> Status {
    Status::not_found(format!("no {what} with {field} `{}`", shown(value)))
}

/// The caller may not.
pub(super) fn denied(message: impl Into<String>) -> Status {
    Status::permission_denied(message)
}

/// More than there is room for at the moment.
pub(super) fn exhausted(message: impl Into<String>) -> Status {
    Status::with_error_details(Code::ResourceExhausted, message, ErrorDetails::with_retry_info(Some(RETRY)))
}

/// The caller is told that it was not its fault; the log is told why.
pub(super) fn failed(error: StoreError) -> Status {
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    tracing::error!(%error, ?cause, "the store failed");
    match error {
        StoreError::Database { .. } => {
            let details = ErrorDetails::with_retry_info(Some(RETRY));
            Status::with_error_details(Code::Unavailable, "the store cannot be reached, try again", details)
        }
        _ => Status::internal("the store failed"),
    }
}

/// What a change was about: for messages, and for the paths of fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    /// What stands before the fields of the device, with a dot.
    pub(super) prefix: &'static str,
    /// A device, or a part of one.
    pub(super) what: &'static str,
    /// By what it was looked up.
    pub(super) field: &'static str,
    pub(super) value: &'a str,
}

impl<'a> Subject<'a> {
    /// A device by its serial number.
    pub(super) fn device(prefix: &'static str, sn: &'a str) -> Self {
        Self { prefix, what: "device", field: "sn", value: sn }
    }

    /// Why a change of it was not made.
    pub(super) fn refused(self, error: EditError) -> Status {
        let message = error.to_string();
        let invalid = |field: &str| invalid(format!("{}{field}", self.prefix), &message);
        match error {
            EditError::NotFound => not_found(self.what, self.field, self.value),
            EditError::Conflict { .. } => Status::aborted(message),
            EditError::Taken { .. } | EditError::AssetTaken { .. } => Status::already_exists(message),
            EditError::Parent { .. } | EditError::Cycle { .. } => invalid("parent_sn"),
            EditError::TooDeep | EditError::TooMany { .. } => invalid("sub_assets"),
            EditError::Organization { .. } => invalid("organization_id"),
            EditError::Invalid(error) => invalid(field_of(&error)),
            EditError::Store(error) => failed(error),
        }
    }
}

/// For rules that are broken only together with what is registered already.
fn field_of(error: &ModelError) -> &'static str {
    match error {
        ModelError::SerialNumber(_) => "sn",
        ModelError::Parent(_) | ModelError::Cycle { .. } => "parent_sn",
        _ => "sub_assets",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_text_is_repeated_short_and_harmless() {
        assert_eq!(shown("GH-1"), "GH-1");
        assert_eq!(shown("a\n\0\u{202e}"), "a\\n\\0\\u{202e}");
        let long = shown(&"\u{202e}".repeat(1_000_000));
        assert!(long.len() <= SHOWN + 2 && long.ends_with(".."), "{long}");
    }

    #[test]
    fn what_may_be_tried_again_says_when() {
        let away = failed(StoreError::Database { source: "away".into() });
        for (status, code) in [(away, Code::Unavailable), (exhausted("full"), Code::ResourceExhausted)] {
            assert_eq!(status.code(), code);
            assert_eq!(status.get_details_retry_info().unwrap().retry_delay, Some(RETRY));
        }
        let corrupt = failed(StoreError::Corrupt { what: "kind", source: "s3cret".into() });
        assert_eq!((corrupt.code(), corrupt.message()), (Code::Internal, "the store failed"));
    }

    #[test]
    fn many_mistakes_stay_small() {
        let mut violations = Violations::default();
        for index in 0..1000 {
            violations.add(format!("a[{index}]"), "x".repeat(10_000));
        }
        let status = violations.into_result().unwrap_err();
        assert!(status.message().len() < 600 && status.details().len() < 8 * 400);
        assert_eq!(status.get_error_details().bad_request().unwrap().field_violations.len(), 8);
    }
}
