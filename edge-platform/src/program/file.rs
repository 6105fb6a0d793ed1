//! The TOML file with settings. Its errors name keys and lines, never values: tokens are values.

use std::path::PathBuf;

use toml::{Table, Value};

use super::args::{ServeArgs, address};

/// Why a file has no settings.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FileError {
    #[error("{message}{}", line.map(|line| format!(" (line {line})")).unwrap_or_default())]
    Syntax { message: String, line: Option<usize> },
    #[error("unknown key `{key}`, expected one of {}", KEYS.join(", "))]
    UnknownKey { key: String },
    #[error("`{key}` must be {expected}")]
    Type { key: &'static str, expected: &'static str },
    #[error("`{key}`: {message}")]
    Address { key: &'static str, message: String },
}

const GRPC: &str = "grpc";
const HTTP: &str = "http";
const MQTT: &str = "mqtt";
const BROKER: &str = "broker";
const ALLOW_PLAINTEXT: &str = "allow_plaintext";
const DATABASE: &str = "database";
const OBJECTS: &str = "objects";
const MAX_OBJECT: &str = "max_object";
const MAX_OBJECTS: &str = "max_objects";
const TOKENS: &str = "tokens";
const READY_FILE: &str = "ready_file";
const TLS_CERT: &str = "tls_cert";
const TLS_KEY: &str = "tls_key";
const TLS_CLIENT_CA: &str = "tls_client_ca";
const AUTO_CREATE: &str = "auto_create";
const HISTORY: &str = "history";
const KEYS: [&str; 16] = [
    GRPC,
    TLS_CERT,
    TLS_KEY,
    TLS_CLIENT_CA,
    HTTP,
    MQTT,
    BROKER,
    ALLOW_PLAINTEXT,
    DATABASE,
    OBJECTS,
    MAX_OBJECT,
    MAX_OBJECTS,
    TOKENS,
    AUTO_CREATE,
    HISTORY,
    READY_FILE,
];

/// Reads the file's text.
pub(super) fn read(text: &str) -> Result<ServeArgs, FileError> {
    let table: Table = text.parse().map_err(|error| syntax(text, &error))?;
    if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(FileError::UnknownKey { key: key.escape_debug().to_string() });
    }
    let get_address = |key| match string(&table, key)? {
        Some(text) => address(&text).map(Some).map_err(|message| FileError::Address { key, message }),
        None => Ok(None),
    };
    Ok(ServeArgs {
        config: None,
        grpc: get_address(GRPC)?,
        tls_cert: path(&table, TLS_CERT)?,
        tls_key: path(&table, TLS_KEY)?,
        tls_client_ca: path(&table, TLS_CLIENT_CA)?,
        http: get_address(HTTP)?,
        mqtt: get_address(MQTT)?,
        broker: string(&table, BROKER)?,
        allow_plaintext: boolean(&table, ALLOW_PLAINTEXT)?,
        database: string(&table, DATABASE)?,
        objects: string(&table, OBJECTS)?,
        max_object: number(&table, MAX_OBJECT)?,
        max_objects: number(&table, MAX_OBJECTS)?,
        token: strings(&table, TOKENS)?,
        auto_create: boolean(&table, AUTO_CREATE)?,
        history: number(&table, HISTORY)?,
        ready_file: path(&table, READY_FILE)?,
    })
}

fn syntax(text: &str, error: &toml::de::Error) -> FileError {
    let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    FileError::Syntax { message: "not TOML".into(), line }
}

fn string(table: &Table, key: &'static str) -> Result<Option<String>, FileError> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let wrong = FileError::Type { key, expected: "a text" };
    table.get(key).map(|value| text(value).ok_or(wrong)).transpose()
}

fn path(table: &Table, key: &'static str) -> Result<Option<PathBuf>, FileError> {
    Ok(string(table, key)?.map(PathBuf::from))
}

fn boolean(table: &Table, key: &'static str) -> Result<bool, FileError> {
    let wrong = FileError::Type { key, expected: "true or false" };
    table.get(key).map_or(Ok(false), |value| value.as_bool().ok_or(wrong))
}

fn number(table: &Table, key: &'static str) -> Result<Option<u64>, FileError> {
    let read = |value: &Value| value.as_integer().and_then(|number| number.try_into().ok());
    let wrong = FileError::Type { key, expected: "a whole number from 0" };
    table.get(key).map(|value| read(value).ok_or(wrong)).transpose()
}

fn strings(table: &Table, key: &'static str) -> Result<Vec<String>, FileError> {
    let wrong = || FileError::Type { key, expected: "an array of texts" };
    let Some(value) = table.get(key) else { return Ok(Vec::new()) };
    let values = value.as_array().ok_or_else(wrong)?;
    values.iter().map(|value| value.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(read(text).unwrap_err().to_string(), expected);
    }

    #[test]
    fn settings_are_read() {
        let args =
            read("grpc = '127.0.0.1:1'\ntokens = ['a:b', 'c=GH-1']\nready_file = 'r'\nhistory = 7").unwrap();
        assert_eq!(args.history, Some(7));
        assert_eq!(args.grpc.unwrap().port(), 1);
        assert_eq!(args.token, ["a:b", "c=GH-1"]);
        assert_eq!(args.ready_file.unwrap(), PathBuf::from("r"));
    }

    #[test]
    fn mistakes_are_named_without_their_values() {
        check("tokens = 's3cret'", "`tokens` must be an array of texts");
        check("grpc = 1", "`grpc` must be a text");
        check("history = -1", "`history` must be a whole number from 0");
        check("a = 1\ntokens = ['s3cret", "not TOML (line 2)");
        let keys = "expected one of grpc, tls_cert, tls_key, tls_client_ca, http, mqtt, broker, \
                    allow_plaintext, database, objects, max_object, max_objects, tokens, auto_create, history, ready_file";
        check("token = 's3cret'", &format!("unknown key `token`, {keys}"));
        assert!(read("grpc = 'here'").unwrap_err().to_string().starts_with("`grpc`: not a `host:port`"));
    }
}
