//! How a session of a device is asked for.

use crate::object::Sha256;

/// Who asks a registry for a session, and what it says of the [document](crate::ModelDocument) of the model that the device is
/// of: its digest, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Not the device: no session is opened, the answer has the number of the last one.
    Look,
    /// A device that may still refuse to start: the document by which it is judged stays.
    Ask(Option<Sha256>),
    /// A device that starts: from now on it is judged by this document, or judges alone.
    Start(Option<Sha256>),
}

impl Opening {
    /// As it is asked before it is clear that the device may start.
    #[must_use]
    pub fn unless_refused(self) -> Self {
        match self {
            Self::Start(document) => Self::Ask(document),
            Self::Look | Self::Ask(_) => self,
        }
    }

    /// The document that is named.
    pub fn document(self) -> Option<Sha256> {
        match self {
            Self::Look => None,
            Self::Ask(document) | Self::Start(document) => document,
        }
    }
}
