//! What other libraries have keys for.

use super::key;

/// What other libraries call a key.
pub(super) const SYNONYMS: &[(&str, &str)] = &[
    ("backpressure", key::OVERFLOW),
    ("buffer", key::CAPACITY),
    ("buffer_size", key::CAPACITY),
    ("cache", key::CAPACITY),
    ("deadline", key::TIMEOUT),
    ("default_value", key::DEFAULT),
    ("doc", key::DESCRIPTION),
    ("durability", key::RETENTION),
    ("every", key::MAX_INTERVAL),
    ("formula", key::COMPUTE),
    ("handler_timeout", key::TIMEOUT),
    ("heartbeat", key::MAX_INTERVAL),
    ("hysteresis", key::DEADBAND),
    ("id", key::NAME),
    ("init", key::DEFAULT),
    ("initial", key::DEFAULT),
    ("keep_alive", key::MAX_INTERVAL),
    ("label", key::TITLE),
    ("lifetime", key::EXPIRY),
    ("lower", key::MIN),
    ("max_age", key::EXPIRY),
    ("max_bytes", key::CAPACITY_BYTES),
    ("manufacturer", key::VENDOR),
    ("multiple_of", key::STEP),
    ("persist", key::RETENTION),
    ("persistence", key::RETENTION),
    ("persistent", key::RETENTION),
    ("queue", key::CAPACITY),
    ("queue_size", key::CAPACITY),
    ("resolution", key::STEP),
    ("role", key::KIND),
    ("reliability", key::QOS),
    ("rename", key::NAME),
    ("retain", key::RETENTION),
    ("stale", key::STALE_AFTER),
    ("stored", key::RETENTION),
    ("ttl", key::EXPIRY),
    ("type", key::KIND),
    ("upper", key::MAX),
    ("threshold", key::DEADBAND),
    ("throttle", key::MIN_INTERVAL),
    ("urn", key::MODEL),
    ("level", key::SEVERITY),
    ("priority", key::SEVERITY),
];

/// What other libraries have keys for, and is said in another way here.
pub(super) const ELSEWHERE: &[(&[&str], &str)] = &[
    (&["range", "limits", "bounds", "between"], "limits are two keys: `min = 0, max = 100`"),
    (
        &["enum", "values", "allowed", "options", "choices", "one_of"],
        "which values there are is said by the type: an enum with `#[derive(AssetValue)]`",
    ),
    (
        &["skip", "ignore", "hidden", "private", "internal"],
        "a field without an attribute is not published: remove `#[asset]`",
    ),
    (&["readonly", "read_only", "ro"], "what the platform cannot set is a sensor: write `kind = \"sensor\"`"),
    (
        &["writable", "writeable", "read_write", "rw", "settable"],
        "what the platform sets is an actuator or a config: write `kind = \"config\"`",
    ),
    (&["optional", "nullable", "required"], "what may be unset is an `Option`, as in `level: Option<u8>`"),
];
