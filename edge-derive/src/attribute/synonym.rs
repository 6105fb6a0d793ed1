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
    ("filter", key::PIPELINE),
    ("smoothing", key::PIPELINE),
    ("keep_alive", key::MAX_INTERVAL),
    ("label", key::TITLE),
    ("lifetime", key::EXPIRY),
    ("lower", key::MIN),
    ("max_age", key::EXPIRY),
    ("max_bytes", key::CAPACITY_BYTES),
    ("manufacturer", key::VENDOR),
    ("multiple_of", key::STEP),
    ("overwrite", key::OVERWRITE_ASSETS),
    ("overwrite_policy", key::OVERWRITE_ASSETS),
    ("policy", key::OVERWRITE_ASSETS),
    ("reconcile", key::OVERWRITE_ASSETS),
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
    ("message", key::DESCRIPTION),
    ("text", key::DESCRIPTION),
    ("title", key::DESCRIPTION),
    ("max_value", key::MAX),
    ("maximum_value", key::MAX),
    ("min_value", key::MIN),
    ("minimum_value", key::MIN),
    ("max_period", key::MAX_INTERVAL),
    ("max_rate", key::MIN_INTERVAL),
    ("min_period", key::MIN_INTERVAL),
    ("rate_limit", key::MIN_INTERVAL),
    ("level", key::SEVERITY),
    ("priority", key::SEVERITY),
];

/// What has limits.
const LIMITED: &[&str] = &["asset", "argument", "field"];

/// What other libraries have keys for, and is said in another way here: of what, in which words, and how.
pub(super) const ELSEWHERE: &[(&[&str], &[&str], &str)] = &[
    (LIMITED, &["range", "limits", "bounds", "between"], "limits are two keys: `min = 0, max = 100`"),
    (
        LIMITED,
        &["length", "len", "max_length", "min_length", "max_len", "min_len", "size", "max_size", "min_size"],
        "limits are of numbers: texts and lists have none",
    ),
    (
        LIMITED,
        &["enum", "values", "allowed", "options", "choices", "one_of"],
        "which values there are is said by the type: an enum with `#[derive(AssetValue)]`",
    ),
    (
        &["asset"],
        &["skip", "ignore", "hidden", "private", "internal"],
        "a field without an attribute is not published: remove `#[asset]`",
    ),
    (
        &["asset"],
        &["readonly", "read_only", "ro"],
        "what the platform cannot set is a sensor: write `kind = \"sensor\"`",
    ),
    (
        &["asset"],
        &["writable", "writeable", "read_write", "rw", "settable"],
        "what the platform sets is an actuator or a config: write `kind = \"config\"`",
    ),
    (
        LIMITED,
        &["optional", "nullable", "required"],
        "what may be unset is an `Option`, as in `level: Option<u8>`",
    ),
    (&["argument"], &["default"], "an argument has no default; one that is an `Option` may be left out"),
    (
        &["asset"],
        &["interval", "period"],
        "write `publish(min_interval = \"5s\")` to tell values no more often, \
         `publish(max_interval = \"5s\")` to tell them at least so often",
    ),
    (
        &["publish"],
        &["interval", "period"],
        "write `min_interval` to tell values no more often, `max_interval` to tell them at least so often",
    ),
    (&["batch"], &["interval", "period", "max_interval"], "did you mean `every`?"),
    (
        &["asset", "publish"],
        &["sample_rate", "sampling", "sample_interval", "poll", "poll_interval", "rate", "frequency"],
        "the program measures when it likes; how often values are told at most is said by \
         `publish(min_interval = \"1s\")`",
    ),
    (
        &["device"],
        &["interval", "period", "heartbeat", "keep_alive", "throttle"],
        "how often values are told is said of each asset: `#[asset(publish(max_interval = \"5m\"))]`",
    ),
    (
        &["asset", "child device"],
        &["overwrite", "overwrite_policy", "policy", "prune", "reconcile"],
        "which assets of the platform are overwritten is said on the struct: `#[device(overwrite_assets = true)]`",
    ),
    (&["device"], &["prune", "delete_orphans"], "write `overwrite_assets = \"prune\"`"),
    (
        &["child device"],
        &["id", "sn", "serial", "serial_number", "device_id", "number", "uuid"],
        "that of a child is its parent's with the child's name behind it; another one is given where the parent starts: \
         `.child_sn(\"..\", \"..\")`",
    ),
    (&["device"], &["assets", "fields"], "each asset is a field of the struct, with `#[asset]`"),
    (
        &["device"],
        &["name"],
        "a name for people is its `title`, that of its model is `model = \"urn:example:lamp:1\"`; \
         each device has its own where it starts: `platform.device(\"..\", ..)`",
    ),
    (
        &["device"],
        &["id", "sn", "serial", "serial_number", "device_id", "number", "uuid"],
        "each device has its own where it starts: `platform.device(\"..\", ..)`",
    ),
];
