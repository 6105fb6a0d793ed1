//! Where a broker is and who we are to it: `mqtt://user:password@host:port`, `mqtts://..` over TLS.

use std::fmt;
use std::str::FromStr;

use crate::secret::Secret;

const SCHEME: &str = "mqtt://";
const DEFAULT_PORT: u16 = 1883;
const TLS_SCHEME: &str = "mqtts://";
const DEFAULT_TLS_PORT: u16 = 8883;

/// A broker's address, with credentials if it has some.
#[derive(Clone, Debug)]
pub struct BrokerUrl {
    /// Over TLS.
    pub tls: bool,
    /// Name or address; an IPv6 address without its brackets.
    pub host: String,
    /// 1 to 65535.
    pub port: u16,
    /// A token, at some brokers.
    pub user: Option<Secret>,
    /// Often the token once more.
    pub password: Option<Secret>,
}

/// Why a text is no broker's URL. It never contains the text, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BrokerUrlError {
    /// Another scheme.
    #[error("the broker's URL must start with `{SCHEME}` or `{TLS_SCHEME}`")]
    Scheme,
    /// Nothing to connect to.
    #[error("the broker's URL has no host")]
    Host,
    /// Not a number from 1 to 65535.
    #[error("the port in the broker's URL is not a number from 1 to 65535")]
    Port,
    /// A path, a query or a fragment.
    #[error("the broker's URL has something after the port")]
    Rest,
    /// Several hosts where one is meant.
    #[error("the broker's URL has more than one host")]
    Several,
    /// A `%` without two hexadecimal digits, or bytes that are no UTF-8.
    #[error("user or password in the broker's URL are not percent-encoded UTF-8")]
    Encoding,
}

impl FromStr for BrokerUrl {
    type Err = BrokerUrlError;

    fn from_str(text: &str) -> Result<Self, BrokerUrlError> {
        let mut nodes = Self::nodes(text)?;
        match (nodes.pop(), nodes.is_empty()) {
            (Some(only), true) => Ok(only),
            _ => Err(BrokerUrlError::Several),
        }
    }
}

impl BrokerUrl {
    /// Reads the address of a cluster: one URL with all of its nodes, `mqtt://user:password@one:1883,two,three:1884`.
    /// Each of the results is a node's, at least one; scheme and credentials are those of all.
    ///
    /// # Errors
    /// When it is none.
    pub fn nodes(text: &str) -> Result<Vec<Self>, BrokerUrlError> {
        let (tls, rest) = match (text.strip_prefix(TLS_SCHEME), text.strip_prefix(SCHEME)) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(BrokerUrlError::Scheme),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (credentials, authority) = match rest.rsplit_once('@') {
            Some((credentials, authority)) => (Some(credentials), authority),
            None => (None, rest),
        };
        let (user, password) = credentials.map_or(Ok((None, None)), split_credentials)?;
        let default = if tls { DEFAULT_TLS_PORT } else { DEFAULT_PORT };
        let node = |authority| {
            let (host, port) = split_port(authority, default)?;
            Ok(Self { tls, host, port, user: user.clone(), password: password.clone() })
        };
        authority.split(',').map(node).collect()
    }

    /// Whether it is on this machine.
    pub fn is_loopback(&self) -> bool {
        match self.host.parse::<std::net::IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => self.host.eq_ignore_ascii_case("localhost"),
        }
    }
}

/// Without user and password.
impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

fn split_port(authority: &str, default: u16) -> Result<(String, u16), BrokerUrlError> {
    if authority.contains(['/', '?', '#']) {
        return Err(BrokerUrlError::Rest);
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or(BrokerUrlError::Host)?;
            (host, port.strip_prefix(':'))
        }
        None => match authority.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    if host.is_empty() {
        return Err(BrokerUrlError::Host);
    }
    let port = match port {
        Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or(BrokerUrlError::Port)?,
        None => default,
    };
    Ok((host.into(), port))
}

fn split_credentials(text: &str) -> Result<(Option<Secret>, Option<Secret>), BrokerUrlError> {
    let (user, password) = match text.split_once(':') {
        Some((user, password)) => (user, Some(Secret::new(decode(password)?))),
        None => (text, None),
    };
    Ok((Some(Secret::new(decode(user)?)), password))
}

fn decode(text: &str) -> Result<String, BrokerUrlError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.ok_or(BrokerUrlError::Encoding)?);
        rest = &tail[2..];
    }
    String::from_utf8(bytes).map_err(|_| BrokerUrlError::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(&str, Option<&str>, Option<&str>), BrokerUrlError>) {
        let url: Result<BrokerUrl, _> = text.parse();
        let text = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
        let found = url.as_ref().map(|url| (url.to_string(), text(&url.user), text(&url.password)));
        let expected = expected.map(|(address, user, password)| {
            (address.to_owned(), user.map(str::to_owned), password.map(str::to_owned))
        });
        assert_eq!(found.map_err(Clone::clone), expected);
    }

    #[test]
    fn address_user_and_password_are_read() {
        check("mqtt://localhost", Ok(("localhost:1883", None, None)));
        check("mqtts://localhost", Ok(("localhost:8883", None, None)));
        check("mqtts://me@localhost:1883", Ok(("localhost:1883", Some("me"), None)));
        check("mqtt://10.0.0.1:1884/", Ok(("10.0.0.1:1884", None, None)));
        check("mqtt://[::1]:1", Ok(("[::1]:1", None, None)));
        check("mqtt://me:p%40ss:w@broker:9", Ok(("broker:9", Some("me"), Some("p@ss:w"))));
        check("mqtt://maker%3A4x@broker", Ok(("broker:1883", Some("maker:4x"), None)));
    }

    #[test]
    fn a_cluster_has_several_nodes_and_one_password() {
        let nodes = |text: &str| {
            let nodes = BrokerUrl::nodes(text)?;
            Ok(nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(nodes("mqtt://one"), Ok("one:1883".to_owned()));
        assert_eq!(nodes("mqtts://a:b,c@one,two:9,[::1]:7/"), Ok("one:8883 two:9 [::1]:7".to_owned()));
        let secrets = BrokerUrl::nodes("mqtt://me:a,b@one,two").unwrap();
        assert!(secrets.iter().all(|node| node.password.as_ref().unwrap().expose() == "a,b"));
        assert_eq!(nodes("mqtt://one,,two"), Err(BrokerUrlError::Host));
        assert_eq!(nodes("mqtt://one,two:x"), Err(BrokerUrlError::Port));
        assert_eq!("mqtt://one,two".parse::<BrokerUrl>().unwrap_err(), BrokerUrlError::Several);
    }

    #[test]
    fn everything_else_is_refused_without_showing_it() {
        check("tcp://x", Err(BrokerUrlError::Scheme));
        check("mqtt://", Err(BrokerUrlError::Host));
        check("mqtt://:1883", Err(BrokerUrlError::Host));
        check("mqtt://x:0", Err(BrokerUrlError::Port));
        check("mqtt://x:99999", Err(BrokerUrlError::Port));
        check("mqtt://x:1/path", Err(BrokerUrlError::Rest));
        check("mqtt://%4@x", Err(BrokerUrlError::Encoding));
        let url: BrokerUrl = "mqtt://s3cret:s3cret@x".parse().unwrap();
        assert!(!format!("{url:?} {url}").contains("s3cret"));
    }
}
