//! Why a document is no device model.

use super::check::UrnError;
use crate::model::ModelError;
use crate::name::NameError;
use crate::profile::Refusal;

/// See the module.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Not JSON, or not of the schema.
    #[error("not a device model: {0}")]
    Malformed(String),
    /// What should say which model it is says nothing.
    #[error("the URN {0}")]
    Urn(UrnError),
    /// A name that cannot go on the wire.
    #[error("{of} `{name}`: {error}")]
    Name {
        /// What it is the name of: `attribute`, `alias`, `action`, ..
        of: &'static str,
        /// The name.
        name: String,
        /// What is wrong with it.
        error: NameError,
    },
    /// Two of one name, case ignored.
    #[error("{of} `{second}` is there already, as `{first}`")]
    Duplicate {
        /// What the second one is.
        of: &'static str,
        /// The one that was first.
        first: String,
        /// The other.
        second: String,
    },
    /// More attributes than a device can have.
    #[error("the model has {attributes} attributes, the limit is {limit}")]
    TooMany {
        /// How many it has.
        attributes: usize,
        /// How many it may have.
        limit: usize,
    },
    /// More arguments of an action than a method may have.
    #[error("the action `{action}` has {arguments} arguments, the limit is {limit}")]
    TooManyArguments {
        /// The action's name.
        action: String,
        /// How many it has.
        arguments: usize,
        /// How many it may have.
        limit: usize,
    },
    /// More fields in an alert or a record than are sent.
    #[error("the format `{format}` has {fields} fields, the limit is {limit}")]
    TooManyFields {
        /// The format's name.
        format: String,
        /// How many it has.
        fields: usize,
        /// How many it may have.
        limit: usize,
    },
    /// A longer description of an alert than is sent.
    #[error("the description of the alert `{alert}` has {bytes} bytes, the limit is {limit}")]
    Description {
        /// The alert's name.
        alert: String,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    },
    /// A type that there is not.
    #[error("`{of}`: the type `{word}` is none of {}", super::words::LIST)]
    Type {
        /// The attribute, field or argument.
        of: String,
        /// What came.
        word: String,
    },
    /// A range that is none.
    #[error("`{of}`: the range `{range}` {reason}")]
    Range {
        /// The attribute, field or argument.
        of: String,
        /// What came.
        range: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A default that is no value of its attribute.
    #[error("`{attribute}`: the default: {refusal}")]
    Default {
        /// The attribute.
        attribute: String,
        /// What is wrong with it.
        refusal: Refusal,
    },
    /// Two members say different things.
    #[error("`{of}`: `{member}` contradicts `{other}`")]
    Contradiction {
        /// The attribute, field or argument.
        of: String,
        /// One of them.
        member: &'static str,
        /// The other.
        other: &'static str,
    },
    /// What nothing can be declared with.
    #[error(transparent)]
    Model(#[from] ModelError),
}
