//! The keys of each attribute. [`ATTRIBUTES`] is the whole grammar; the module `attributes` of
//! edge-runtime explains it to users.

use proc_macro2::Ident;

use super::Entry;

/// The words that may stand before `=`.
pub(crate) mod key {
    pub(crate) const ACTION: &str = "action";
    pub(crate) const ALERT: &str = "alert";
    pub(crate) const ALIAS: &str = "alias";
    pub(crate) const ASSET_TYPE: &str = "asset_type";
    pub(crate) const BATCH: &str = "batch";
    pub(crate) const CAPACITY: &str = "capacity";
    pub(crate) const CAPACITY_BYTES: &str = "capacity_bytes";
    pub(crate) const CHILD: &str = "child";
    pub(crate) const COMPUTE: &str = "compute";
    pub(crate) const CRATE: &str = "crate";
    pub(crate) const DEADBAND: &str = "deadband";
    pub(crate) const DEFAULT: &str = "default";
    pub(crate) const DESCRIPTION: &str = "description";
    pub(crate) const EVERY: &str = "every";
    pub(crate) const EXPIRY: &str = "expiry";
    pub(crate) const FORMAT: &str = "format";
    pub(crate) const KIND: &str = "kind";
    pub(crate) const MAX: &str = "max";
    pub(crate) const MAX_INTERVAL: &str = "max_interval";
    pub(crate) const MIN: &str = "min";
    pub(crate) const MIN_INTERVAL: &str = "min_interval";
    pub(crate) const MODEL: &str = "model";
    pub(crate) const NAME: &str = "name";
    pub(crate) const ON_CHANGE: &str = "on_change";
    pub(crate) const OVERFLOW: &str = "overflow";
    pub(crate) const OVERWRITE_ASSETS: &str = "overwrite_assets";
    pub(crate) const PIPELINE: &str = "pipeline";
    pub(crate) const PUBLISH: &str = "publish";
    pub(crate) const QOS: &str = "qos";
    pub(crate) const RENAME_ALL: &str = "rename_all";
    pub(crate) const RETENTION: &str = "retention";
    pub(crate) const SEVERITY: &str = "severity";
    pub(crate) const SIZE: &str = "size";
    pub(crate) const STALE_AFTER: &str = "stale_after";
    pub(crate) const STEP: &str = "step";
    pub(crate) const TIMEOUT: &str = "timeout";
    pub(crate) const TITLE: &str = "title";
    pub(crate) const UNIT: &str = "unit";
    pub(crate) const URN: &str = "urn";
    pub(crate) const VENDOR: &str = "vendor";
}

/// One attribute, in one place.
#[derive(Debug)]
pub(crate) struct Grammar {
    /// Its name.
    pub(crate) attribute: &'static str,
    /// What it says something about; for messages.
    pub(super) what: &'static str,
    /// Where it stands; for messages.
    pub(super) place: &'static str,
    /// The key without a value that tells it from another of its name.
    pub(super) flag: Option<&'static str>,
    /// The attribute in which it is a list.
    pub(super) within: Option<&'static str>,
    /// Its keys with values, each with an example of one.
    keys: &'static [(&'static str, &'static str)],
    /// Its keys with parentheses, each with an example of what stands in them. May be given several times.
    pub(super) lists: &'static [(&'static str, &'static str)],
}

/// `#[device(..)]` on the struct.
pub(crate) const DEVICE: Grammar = Grammar {
    attribute: "device",
    what: "device",
    place: "the struct",
    flag: None,
    within: None,
    keys: &[
        (key::MODEL, r#""urn:example:lamp:1""#),
        (key::TITLE, r#""Lamp""#),
        (key::DESCRIPTION, r#""Lights the room.""#),
        (key::ASSET_TYPE, r#""sensor""#),
        (key::VENDOR, r#""Acme""#),
        (key::OVERWRITE_ASSETS, "true"),
        (key::RENAME_ALL, r#""kebab-case""#),
        (key::CRATE, "::edge_runtime"),
    ],
    lists: &[
        (key::ACTION, "reboot"),
        (key::ALERT, "OverTemperature"),
        (key::BATCH, "size = 10"),
        (key::FORMAT, "Sample"),
    ],
};

/// `batch(..)` in `#[device(..)]`.
pub(crate) const BATCH: Grammar = Grammar {
    attribute: "batch",
    what: "batch",
    place: "the batch of the device",
    flag: None,
    within: Some("device"),
    keys: &[(key::SIZE, "10"), (key::EVERY, r#""1m""#), (key::SEVERITY, r#""critical""#)],
    lists: &[],
};

/// `action(name(..), ..)` in `#[device(..)]`, behind the name.
pub(crate) const ACTION: Grammar = Grammar {
    attribute: "action",
    what: "action",
    place: "an action of the device",
    flag: None,
    within: Some("device"),
    keys: &[
        (key::NAME, r#""reboot""#),
        (key::ALIAS, r#""restart""#),
        (key::TITLE, r#""Reboot""#),
        (key::DESCRIPTION, r#""Starts the device again.""#),
        (key::TIMEOUT, r#""5s""#),
    ],
    lists: &[],
};

/// `#[arg(..)]` before an argument of an action.
pub(crate) const ARGUMENT: Grammar = Grammar {
    attribute: "arg",
    what: "argument",
    place: "an argument of an action",
    flag: None,
    within: None,
    keys: &[
        (key::NAME, r#""offset""#),
        (key::DESCRIPTION, r#""How much is added""#),
        (key::UNIT, r#""°C""#),
        (key::MIN, "0"),
        (key::MAX, "100"),
        (key::STEP, "1"),
    ],
    lists: &[],
};

/// `#[asset(..)]` on a field.
pub(crate) const ASSET: Grammar = Grammar {
    attribute: "asset",
    what: "asset",
    place: "the field of an asset",
    flag: None,
    within: None,
    keys: &[
        (key::KIND, r#""sensor""#),
        (key::NAME, r#""temperature""#),
        (key::ALIAS, r#""temp""#),
        (key::TITLE, r#""Temperature""#),
        (key::DESCRIPTION, r#""Air temperature""#),
        (key::UNIT, r#""°C""#),
        (key::MIN, "0"),
        (key::MAX, "100"),
        (key::STEP, "1"),
        (key::DEFAULT, "20.0"),
        (key::COMPUTE, "mean(a, b)"),
        (key::QOS, "0"),
        (key::RETENTION, r#""stored""#),
        (key::EXPIRY, r#""7d""#),
        (key::CAPACITY, "1000"),
        (key::CAPACITY_BYTES, "65536"),
        (key::OVERFLOW, r#""drop-oldest""#),
        (key::TIMEOUT, r#""5s""#),
        (key::STALE_AFTER, r#""10m""#),
        (key::PIPELINE, "without_noise"),
    ],
    lists: &[(key::PUBLISH, "on_change")],
};

/// `publish(..)` in `#[asset(..)]`.
pub(crate) const PUBLISH: Grammar = Grammar {
    attribute: key::PUBLISH,
    what: "publish",
    place: "the policy of publishing",
    flag: Some(key::ON_CHANGE),
    within: Some("asset"),
    keys: &[(key::DEADBAND, "0.5"), (key::MIN_INTERVAL, r#""1s""#), (key::MAX_INTERVAL, r#""5m""#)],
    lists: &[],
};

/// `#[device(child, ..)]` on a field.
pub(crate) const CHILD: Grammar = Grammar {
    attribute: "device",
    what: "child device",
    place: "the field of a child device",
    flag: Some(key::CHILD),
    within: None,
    keys: &[(key::NAME, r#""drone""#)],
    lists: &[],
};

/// `#[asset_value(..)]` on an enum or a struct.
pub(crate) const ASSET_VALUE: Grammar = Grammar {
    attribute: "asset_value",
    what: "asset value",
    place: "the type",
    flag: None,
    within: None,
    keys: &[(key::RENAME_ALL, r#""kebab-case""#), (key::CRATE, "::edge_runtime")],
    lists: &[],
};

/// `#[asset_value(..)]` on a variant or a field.
pub(crate) const MEMBER: Grammar = Grammar {
    attribute: "asset_value",
    what: "asset value",
    place: "a variant or field",
    flag: None,
    within: None,
    keys: &[(key::NAME, r#""eco""#)],
    lists: &[],
};

/// `#[alert(..)]` on a struct.
pub(crate) const ALERT: Grammar = Grammar {
    attribute: "alert",
    what: "alert",
    place: "the struct",
    flag: None,
    within: None,
    keys: &[
        (key::NAME, r#""over-temperature""#),
        (key::URN, r#""urn:example:over-temperature""#),
        (key::DESCRIPTION, r#""It is too hot""#),
        (key::SEVERITY, r#""critical""#),
        (key::RETENTION, r#""stored""#),
        (key::CRATE, "::edge_runtime"),
    ],
    lists: &[],
};

/// `#[alert(..)]` on a field.
pub(crate) const ALERT_FIELD: Grammar = Grammar {
    attribute: "alert",
    what: "field",
    place: "a field",
    flag: None,
    within: None,
    keys: FIELD_KEYS,
    lists: &[],
};

/// `#[format(..)]` on a struct.
pub(crate) const FORMAT: Grammar = Grammar {
    attribute: "format",
    what: "data format",
    place: "the struct",
    flag: None,
    within: None,
    keys: &[
        (key::NAME, r#""sample""#),
        (key::URN, r#""urn:example:sample""#),
        (key::DESCRIPTION, r#""What was measured""#),
        (key::RETENTION, r#""stored""#),
        (key::CRATE, "::edge_runtime"),
    ],
    lists: &[],
};

/// `#[format(..)]` on a field.
pub(crate) const FORMAT_FIELD: Grammar = Grammar {
    attribute: "format",
    what: "field",
    place: "a field",
    flag: None,
    within: None,
    keys: FIELD_KEYS,
    lists: &[],
};

const FIELD_KEYS: &[(&str, &str)] = &[
    (key::NAME, r#""temperature""#),
    (key::DESCRIPTION, r#""What was measured""#),
    (key::UNIT, r#""°C""#),
    (key::MIN, "0"),
    (key::MAX, "100"),
    (key::STEP, "1"),
];

/// Where a key may belong that stands elsewhere. Not the lists of an action and of an argument: of those there are many, and
/// their keys are other attributes', too.
pub(super) const ATTRIBUTES: [&Grammar; 11] = [
    &DEVICE,
    &BATCH,
    &ASSET,
    &PUBLISH,
    &CHILD,
    &ASSET_VALUE,
    &MEMBER,
    &ALERT,
    &ALERT_FIELD,
    &FORMAT,
    &FORMAT_FIELD,
];

impl Grammar {
    pub(super) fn knows(&self, entry: &Entry) -> bool {
        self.words().any(|key| entry.is(key))
    }

    /// Whether the key has no value.
    pub(super) fn is_flag(&self, entry: &Entry) -> bool {
        self.flag.is_some_and(|flag| entry.is(flag))
    }

    /// What may stand in the parentheses behind a key; none if it has none.
    pub(super) fn list(&self, key: &Ident) -> Option<&'static str> {
        self.lists.iter().find(|(word, _)| key == word).map(|(_, example)| *example)
    }

    /// A value for a key, to show.
    pub(super) fn value(&self, entry: &Entry) -> &'static str {
        self.keys.iter().find(|(key, _)| entry.is(key)).map_or("..", |(_, value)| value)
    }

    /// An entry, to show.
    pub(super) fn example(&self) -> String {
        let (key, value) = self.keys[0];
        self.flag.map_or_else(|| format!("{key} = {value}"), str::to_owned)
    }

    /// The attribute with a key, to show: `#[device(child, name = ..)]`.
    pub(super) fn with(&self, entry: &Entry) -> String {
        let (attribute, key) = (self.attribute, &entry.key);
        if let Some(outer) = self.within {
            let value = if self.is_flag(entry) { "" } else { " = .." };
            return format!("#[{outer}({attribute}({key}{value}))]");
        }
        match self.flag {
            Some(flag) if entry.is(flag) => format!("#[{attribute}({flag})]"),
            Some(flag) => format!("#[{attribute}({flag}, {key} = ..)]"),
            None if self.list(key).is_some() => format!("#[{attribute}({key}(..))]"),
            None => format!("#[{attribute}({key} = ..)]"),
        }
    }

    /// All keys.
    pub(crate) fn words(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.flag.into_iter().chain(self.keys.iter().chain(self.lists).map(|(key, _)| *key))
    }
}
