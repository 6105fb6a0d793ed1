//! Addresses as people write them, without the credentials that some put there.

#![cfg_attr(
    not(all(feature = "allthingstalk", feature = "grpc")),
    allow(dead_code, reason = "each kind of platform uses a part of it")
)]

use std::fmt;
use std::net::IpAddr;

use url::Url;

use crate::config::ConfigError;

pub(crate) const HTTP: &str = "http";
pub(crate) const HTTPS: &str = "https";
pub(crate) const DEFAULT_HOST: &str = "localhost";

/// Where a server is that speaks HTTP, or gRPC on top of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Over TLS.
    pub(crate) tls: bool,
    /// IPv6 in brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// As `http://host:port`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { HTTPS } else { HTTP };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl Address {
    /// Reads `http[s]://host[:port]`. Without a port it is `port`, or else the scheme's own.
    pub(crate) fn parse(
        setting: &'static str,
        text: &str,
        port: Option<u16>,
        example: &'static str,
    ) -> Result<Self, ConfigError> {
        let wrong = |reason: &dyn fmt::Display| ConfigError::Address {
            setting,
            address: redact(text),
            reason: reason.to_string(),
            example,
        };
        let url = Url::parse(text).map_err(|error| wrong(&error))?;
        if ![HTTP, HTTPS].contains(&url.scheme()) {
            return Err(wrong(&format_args!("`{}://` is not supported", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong(&"it has a user, give a token instead"));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong(&"there is something behind host and port"));
        }
        let Some(host) = url.host_str() else { return Err(wrong(&"it has no host")) };
        // `Url` forgets a port that is its scheme's own.
        let default = if has_port(text) { None } else { port };
        let port = default.or_else(|| url.port_or_known_default()).unwrap_or_default();
        Ok(Self { tls: url.scheme() == HTTPS, host: host.to_owned(), port })
    }

    /// Refuses to speak in clear to another machine.
    pub(crate) fn check_plaintext(&self, setting: &'static str) -> Result<(), ConfigError> {
        if self.tls || is_loopback(&self.host) {
            return Ok(());
        }
        Err(ConfigError::Plaintext { setting, address: self.to_string() })
    }
}

/// Host and port as a URL; IPv6 may come without its brackets.
pub(crate) fn join(host: &str, port: impl fmt::Display) -> String {
    match host.parse::<std::net::Ipv6Addr>() {
        Ok(address) => format!("{HTTP}://[{address}]:{port}"),
        Err(_) => format!("{HTTP}://{host}:{port}"),
    }
}

pub(crate) fn with_scheme(scheme: &str, text: &str) -> String {
    if text.contains("://") { text.to_owned() } else { format!("{scheme}://{text}") }
}

/// What may be shown of an address: scheme, host and a port that is one. Anything else may be a secret that was
/// put into the wrong place, or whose address lacks its `@host`.
pub(crate) fn redact(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or_default();
    let rest = if scheme.is_empty() { address } else { rest };
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let tail = if rest[authority.len()..].len() > 1 { "/.." } else { "" };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let authority = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') && !is_port(port) => format!("{host}:.."),
        _ => authority.to_owned(),
    };
    let separator = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{separator}{authority}{tail}")
}

pub(crate) fn is_loopback(host: &str) -> bool {
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    ip.map_or_else(|_| host.eq_ignore_ascii_case(DEFAULT_HOST), |ip| ip.is_loopback())
}

fn has_port(url: &str) -> bool {
    let authority = url.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> String {
        match Address::parse("EDGE_CONNECTOR", text, Some(8010), "http://localhost:8010") {
            Ok(address) => address.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_port_is_the_default_unless_another_one_is_given() {
        for (text, expected) in [
            ("http://localhost", "http://localhost:8010"),
            ("http://Host:80", "http://host:80"),
            ("https://host", "https://host:8010"),
            ("https://host:443/", "https://host:443"),
            ("http://[::1]", "http://[::1]:8010"),
            ("http://[::1]:80", "http://[::1]:80"),
            ("http://10.0.0.1:9", "http://10.0.0.1:9"),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        let own = |text| Address::parse("X", text, None, "").unwrap().port;
        assert_eq!((own("http://host"), own("https://host"), own("https://host:7")), (80, 443, 7));
        assert_eq!(join("::1", 9), "http://[::1]:9");
        assert_eq!(join("host", 9), "http://host:9");
    }

    #[test]
    fn what_is_no_address_is_told_without_its_password() {
        for (text, reason) in [
            ("mqtt://host", "`mqtt://` is not supported"),
            ("http://me:canary@host", "it has a user"),
            ("http://host/prefix", "there is something behind"),
            ("http://host:port", "invalid port number"),
            ("http://", "empty host"),
        ] {
            let error = parse(text);
            assert!(error.contains(reason) && !error.contains("canary"), "{text}: {error}");
        }
    }

    #[test]
    fn of_an_address_only_scheme_host_and_port_are_shown() {
        for (text, expected) in [
            ("http://localhost:8010", "http://localhost:8010"),
            ("http://localhost:8010/", "http://localhost:8010"),
            ("localhost", "localhost"),
            ("mqtts://me:canary@[::1]:7", "mqtts://[::1]:7"),
            ("mqtt://[::1]", "mqtt://[::1]"),
            ("me:can/ary@host", "host"),
            ("mqtt://me:canary", "mqtt://me:.."),
            ("http://host:1/?token=canary", "http://host:1/.."),
            ("http://host#canary", "http://host/.."),
            ("://canary@x", "x"),
        ] {
            assert_eq!(redact(text), expected, "{text}");
        }
    }

    #[test]
    fn only_loopback_is_spoken_to_in_clear() {
        let check = |text: &str| {
            let address = Address::parse("EDGE_CONNECTOR", text, None, "").unwrap();
            address.check_plaintext("EDGE_CONNECTOR")
        };
        for host in ["LOCALHOST", "127.9.9.9:1", "[::1]"] {
            assert_eq!(check(&with_scheme(HTTP, host)), Ok(()), "{host}");
        }
        assert_eq!(check("https://example.org"), Ok(()));
        for host in ["example.org", "10.0.0.1", "localhost.example.org", "[::2]"] {
            assert!(check(&with_scheme(HTTP, host)).is_err(), "{host}");
        }
    }
}
