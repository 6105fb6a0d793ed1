//! The environment variables that say where a platform is.

use std::env::VarError;

use super::builder::ConnectorBuilder;
use crate::address::{DEFAULT_HOST, join};
use crate::config::ConfigError;
#[cfg(feature = "mqtt")]
use crate::tls::CRL;

pub(crate) const CONNECTOR: &str = "EDGE_CONNECTOR";
pub(crate) const CONNECTOR_HOST: &str = "CONNECTOR_SERVICE_HOST";
pub(crate) const CONNECTOR_PORT: &str = "CONNECTOR_SERVICE_PORT";
pub(crate) const TOKEN: &str = "EDGE_TOKEN";
pub(crate) const CA: &str = "EDGE_CA";
pub(crate) const PLAINTEXT: &str = "EDGE_PLAINTEXT";
pub(crate) const ALLOW: &str = "allow";
pub(super) const DEFAULT_PORT: u16 = 8010;
pub(super) const EXAMPLE: &str = "http://localhost:8010";

/// Finds a variable; an empty one is none.
pub(crate) trait Variables: Fn(&'static str) -> Result<Option<String>, ConfigError> {}

impl<F: Fn(&'static str) -> Result<Option<String>, ConfigError>> Variables for F {}

/// The process's own variables.
pub(crate) fn process(name: &'static str) -> Result<Option<String>, ConfigError> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(ConfigError::NotText { variable: name }),
    }
}

/// The Connector that the variables name.
pub(crate) fn connector(variable: &impl Variables) -> Result<ConnectorBuilder, ConfigError> {
    let mut builder = ConnectorBuilder::new(CONNECTOR, url(variable)?);
    if let Some(token) = variable(TOKEN)? {
        builder = builder.token(token);
    }
    if let Some(pem) = ca(variable)? {
        builder = builder.ca(pem);
    }
    #[cfg(feature = "mqtt")]
    if let Some(pem) = crl(variable)? {
        builder = builder.crl(pem);
    }
    if variable(PLAINTEXT)?.as_deref() == Some(ALLOW) {
        builder = builder.allow_plaintext();
    }
    Ok(builder)
}

/// The authorities that the variables name.
pub(crate) fn ca(variable: &impl Variables) -> Result<Option<Vec<u8>>, ConfigError> {
    file(CA, variable)
}

/// Their lists of what they have revoked.
#[cfg(feature = "mqtt")]
pub(crate) fn crl(variable: &impl Variables) -> Result<Option<Vec<u8>>, ConfigError> {
    file(CRL, variable)
}

fn file(setting: &'static str, variable: &impl Variables) -> Result<Option<Vec<u8>>, ConfigError> {
    let read = |path: String| {
        let reason = |error| format!("`{path}`: {error}");
        std::fs::read(&path).map_err(|error| ConfigError::Certificate { setting, reason: reason(error) })
    };
    variable(setting)?.map(read).transpose()
}

fn url(variable: &impl Variables) -> Result<String, ConfigError> {
    if let Some(url) = variable(CONNECTOR)? {
        return Ok(url);
    }
    let host = variable(CONNECTOR_HOST)?.unwrap_or_else(|| DEFAULT_HOST.to_owned());
    let port = variable(CONNECTOR_PORT)?.unwrap_or_else(|| DEFAULT_PORT.to_string());
    Ok(join(&host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(variables: &'static [(&'static str, &'static str)]) -> String {
        let find =
            |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        match connector(&|name| Ok(find(name))).and_then(ConnectorBuilder::build) {
            Ok(client) => format!("{client:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_environment_has_good_defaults() {
        for (variables, expected) in [
            (&[][..], "http://localhost:8010"),
            (&[(CONNECTOR_HOST, "127.0.0.1")], "http://127.0.0.1:8010"),
            (&[(CONNECTOR_HOST, "::1"), (CONNECTOR_PORT, "9")], "http://[::1]:9"),
            (&[(CONNECTOR, "localhost:7"), (CONNECTOR_HOST, "10.0.0.1")], "http://localhost:7"),
            (&[(CONNECTOR_HOST, "10.0.0.1"), (PLAINTEXT, ALLOW), (TOKEN, "t")], "http://10.0.0.1:8010"),
        ] {
            let client = client(variables);
            assert!(client.starts_with("ConnectorClient") && client.contains(expected), "{client}");
        }
    }

    #[test]
    fn mistakes_are_named_and_secrets_are_not() {
        for (variables, expected) in [
            (
                &[(CONNECTOR_HOST, "10.0.0.1")][..],
                "EDGE_CONNECTOR: `http://10.0.0.1:8010` is not on this machine",
            ),
            (&[(CONNECTOR_PORT, "many")], "EDGE_CONNECTOR: `http://localhost:..` is not an address"),
            (&[(TOKEN, "canary\n")], "EDGE_TOKEN has characters that a token cannot have"),
            (&[(CA, "/no/such/file")], "EDGE_CA: the certificate cannot be used: `/no/such/file`: "),
        ] {
            let text = client(variables);
            assert!(text.starts_with(expected) && !text.contains("canary"), "{text}");
        }
    }
}
