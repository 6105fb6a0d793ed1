//! From flags, variables and file to one configuration.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use edge_platform::{
    BrokerUrlError, Config, ConfigError, DatabaseUrl, DatabaseUrlError, History, ObjectsUrlError, TlsFiles,
    TokenError, Tokens,
};

use super::args::{ServeArgs, WhereArgs};
use super::file::{self, FileError};

/// The variable with tokens, separated by whitespace. (`EDGE_TOKEN` is a device's, and `EDGE_MQTT` the
/// broker that a device connects to.)
const TOKENS: &str = "EDGE_TOKENS";

/// As for devices: `allow` lets other machines be spoken to without TLS.
const PLAINTEXT: &str = "EDGE_PLAINTEXT";
const ALLOW: &str = "allow";

const GRPC_PORT: u16 = 8010;
const HTTP_PORT: u16 = 8080;
const MQTT_PORT: u16 = 1883;
const DATABASE: &str = "edge-platform.db";

/// Why the program does not even try to start. None of it repeats a secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageError {
    #[error("cannot read the configuration file {}", path.display())]
    ReadFile { path: PathBuf, source: std::io::Error },
    #[error("the configuration file {}", path.display())]
    File { path: PathBuf, source: FileError },
    #[error("--broker")]
    Broker(#[source] BrokerUrlError),
    #[error("--database")]
    Database(#[source] DatabaseUrlError),
    #[error("--objects")]
    Objects(#[source] ObjectsUrlError),
    #[error("--tls-cert and --tls-key belong together, and --tls-client-ca to them")]
    Tls,
    #[error("--token")]
    Token(#[source] TokenError),
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// The one configuration.
#[derive(Debug)]
pub(crate) struct Settings(pub(crate) Config);

impl Settings {
    /// Reads the file that the flags name, and puts everything together.
    pub(crate) fn load(mut args: ServeArgs) -> Result<Self, UsageError> {
        let file = match &args.config {
            Some(path) => read_file(path.clone())?,
            None => ServeArgs::default(),
        };
        args.allow_plaintext |= std::env::var(PLAINTEXT).is_ok_and(|value| value == ALLOW);
        let tokens = std::env::var(TOKENS).unwrap_or_default();
        Self::merge(args, &tokens, file)
    }

    fn merge(args: ServeArgs, tokens: &str, file: ServeArgs) -> Result<Self, UsageError> {
        let on = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut config = Config::default();
        config.grpc = args.grpc.or(file.grpc).unwrap_or(on(GRPC_PORT));
        let cert = args.tls_cert.or(file.tls_cert);
        let key = args.tls_key.or(file.tls_key);
        config.tls = tls(cert, key, args.tls_client_ca.or(file.tls_client_ca))?;
        config.http = args.http.or(file.http).unwrap_or(on(HTTP_PORT));
        config.mqtt = args.mqtt.or(file.mqtt).unwrap_or(on(MQTT_PORT));
        let broker = args.broker.or(file.broker);
        config.broker = broker.map(|url| url.parse()).transpose().map_err(UsageError::Broker)?;
        config.allow_plaintext = args.allow_plaintext || file.allow_plaintext;
        config.database = parse_database(args.database.or(file.database))?;
        let objects = args.objects.or(file.objects);
        config.objects = objects.map(|place| place.parse()).transpose().map_err(UsageError::Objects)?;
        config.max_object = args.max_object.or(file.max_object).unwrap_or(config.max_object);
        config.max_objects = args.max_objects.or(file.max_objects).unwrap_or(config.max_objects);
        config.tokens = pick_tokens(args.token, tokens, file.token).map_err(UsageError::Token)?;
        config.auto_create = args.auto_create || file.auto_create;
        config.history = args.history.or(file.history).map_or_else(History::default, History::per_asset);
        config.ready_file = args.ready_file.or(file.ready_file);
        config.check()?;
        Ok(Self(config))
    }
}

/// The database that a command without a platform is for.
pub(crate) fn database(place: &WhereArgs) -> Result<DatabaseUrl, UsageError> {
    let file = place.config.clone().map(read_file).transpose()?.unwrap_or_default();
    parse_database(place.database.clone().or(file.database))
}

fn parse_database(url: Option<String>) -> Result<DatabaseUrl, UsageError> {
    match url {
        Some(url) => url.parse().map_err(UsageError::Database),
        None => Ok(DatabaseUrl::sqlite(DATABASE)),
    }
}

fn tls(
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    client_ca: Option<PathBuf>,
) -> Result<Option<TlsFiles>, UsageError> {
    match (cert, key, client_ca) {
        (Some(cert), Some(key), None) => Ok(Some(TlsFiles::new(cert, key))),
        (Some(cert), Some(key), Some(ca)) => Ok(Some(TlsFiles::new(cert, key).with_client_ca(ca))),
        (None, None, None) => Ok(None),
        _ => Err(UsageError::Tls),
    }
}

/// The first place that names a token names all of them.
fn pick_tokens(flags: Vec<String>, variable: &str, file: Vec<String>) -> Result<Tokens, TokenError> {
    if flags.is_empty() && !variable.trim().is_empty() {
        return variable.parse();
    }
    let texts = if flags.is_empty() { file } else { flags };
    texts.iter().try_fold(Tokens::default(), |tokens, text| tokens.with_text(text))
}

fn read_file(path: PathBuf) -> Result<ServeArgs, UsageError> {
    match std::fs::read_to_string(&path) {
        Ok(text) => file::read(&text).map_err(|source| UsageError::File { path, source }),
        Err(source) => Err(UsageError::ReadFile { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_variable_and_the_variable_over_the_file() {
        let args = |token: &[&str]| ServeArgs {
            grpc: Some("127.0.0.1:1".parse().unwrap()),
            token: token.iter().map(|&token| token.to_owned()).collect(),
            ..ServeArgs::default()
        };
        let file = || ServeArgs {
            grpc: Some("127.0.0.1:2".parse().unwrap()),
            http: Some("127.0.0.1:3".parse().unwrap()),
            token: vec!["file".into()],
            ..ServeArgs::default()
        };
        let Settings(config) = Settings::merge(args(&["flag"]), "variable", file()).unwrap();
        assert_eq!([config.grpc.port(), config.http.port(), config.mqtt.port()], [1, 3, MQTT_PORT]);
        assert_eq!(config.database, DatabaseUrl::sqlite(DATABASE));
        let opens = |tokens: &Tokens, text| tokens.access(Some(text)).is_some();
        assert!(opens(&config.tokens, "flag") && !opens(&config.tokens, "variable"));
        let Settings(config) = Settings::merge(args(&[]), "variable", file()).unwrap();
        assert!(opens(&config.tokens, "variable") && !opens(&config.tokens, "file"));
        let Settings(config) = Settings::merge(args(&[]), "", file()).unwrap();
        assert!(opens(&config.tokens, "file"));
    }

    #[test]
    fn other_addresses_than_loopback_need_a_token() {
        let args = |token: &str| ServeArgs {
            http: Some("0.0.0.0:0".parse().unwrap()),
            token: token.split_whitespace().map(str::to_owned).collect(),
            ..ServeArgs::default()
        };
        let refused = Settings::merge(args(""), "", ServeArgs::default());
        assert!(matches!(refused, Err(UsageError::Config(ConfigError::Open { .. }))));
        assert!(Settings::merge(args("t"), "", ServeArgs::default()).is_ok());
    }
}
