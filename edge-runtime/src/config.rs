//! Why there is no platform at an address.

/// Why there is no platform at an address. No variant holds a credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Not an address.
    #[error("{setting}: `{address}` is not an address: {reason}; write {example}")]
    Address {
        /// The variable or argument.
        setting: &'static str,
        /// As it was given, without credentials.
        address: String,
        /// What is wrong.
        reason: String,
        /// How it should look.
        example: &'static str,
    },
    /// Tokens and values would go over a network in clear.
    #[error(
        "{setting}: `{address}` is not on this machine, and nothing but loopback is spoken to without \
         TLS; to do it all the same, set EDGE_PLAINTEXT=allow or call `.allow_plaintext()`"
    )]
    Plaintext {
        /// The variable or argument.
        setting: &'static str,
        /// The address without credentials.
        address: String,
    },
    /// The token has characters that cannot be sent.
    #[error("EDGE_TOKEN has characters that a token cannot have")]
    Token,
    /// A certificate or a key that cannot be used, or none to trust.
    #[error("{setting}: the certificate cannot be used: {reason}")]
    Certificate {
        /// The variable or argument.
        setting: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A variable that is not text.
    #[error("{variable} is not valid Unicode")]
    NotText {
        /// Its name.
        variable: &'static str,
    },
}
