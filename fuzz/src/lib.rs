//! What must hold of anything that comes from outside: it is read or refused, and what was read can be written and
//! read again. One function for each kind of input; all of them panic when it does not hold.
//!
//! libFuzzer calls them (see `README.md` beside this crate), and so does an ordinary test with the corpus, on any
//! compiler.

use std::collections::BTreeMap;

use edge_proto::payload::{self, FormatKind, Outcome, PayloadError, Presence, Report, State};
use edge_proto::topic::{self, DeviceStream, Stream, Topic};
use edge_proto::{BrokerUrl, DeviceId, Limits, ModelDocument, Profile, name};
use edge_runtime::types::{Bytes, Timestamp, Uuid};
use edge_runtime::{AssetValue, ExternalObject, GeoLocation, StorageObject};
use serde_json::Value;
use serde_json::value::RawValue;

/// A target's name, which is its corpus' folder as well, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 9] = [
    ("payloads", payloads),
    ("cbor", cbor),
    ("topics", topics),
    ("names", names),
    ("schemas", schemas),
    ("values", values),
    ("addresses", addresses),
    ("store", store),
    ("models", models),
];

/// Documents of device models.
pub fn models(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(model) = ModelDocument::from_json(text) else { return };
    assert_eq!(model.check(), Ok(()));
    assert_eq!(ModelDocument::from_json(&model.to_json()), Ok(model));
}

/// Commands, states, alerts, data, outcomes and presences.
pub fn payloads(data: &[u8]) {
    command(data);
    if let Ok(state) = payload::read_state(data) {
        state_survives(&state);
    }
    for (_, state) in payload::read_states(data).unwrap_or_default() {
        state_survives(&state);
    }
    for kind in [FormatKind::Alert, FormatKind::Data] {
        if let Ok(report) = payload::read_report(kind, data) {
            report_survives(kind, &report);
        }
    }
    if let Ok(outcome) = payload::from_json::<Outcome>(data) {
        let text = payload::to_json(&outcome);
        let again: Outcome = payload::from_json(&text).expect("an outcome is read as it was written");
        assert_eq!(payload::to_json(&again), text);
    }
    if let Ok(presence) = payload::from_json::<Presence>(data) {
        assert_eq!(payload::from_json(&payload::to_json(&presence)), Ok(presence));
    }
}

fn command(data: &[u8]) {
    let (command, read) = payload::read_command(data);
    let Some(id) = &command.id else { return };
    assert!(id.len() <= payload::MAX_ID_BYTES);
    let Ok(()) = read else { return };
    let at = command.at.unwrap_or(Timestamp::UNIX_EPOCH);
    if let Some(value) = &command.value {
        let mut text = Vec::new();
        payload::write_command(&mut text, id, at, command.expires, value);
        let Some(again) = command_survives(&command, &text) else { return };
        assert_eq!(again.value.and_then(|value| parsed(&value)), parsed(value));
    }
    let mut text = Vec::new();
    let arguments = command.arguments.iter().map(|(name, value)| (name.as_str(), &**value));
    payload::write_action(&mut text, id, at, command.expires, arguments);
    let Some(again) = command_survives(&command, &text) else { return };
    assert_eq!(by_name(&again.arguments), by_name(&command.arguments));
}

/// `None`: it became too large, because the time was not said, or in another way.
fn command_survives(command: &payload::Command, text: &[u8]) -> Option<payload::Command> {
    let (again, read) = payload::read_command(text);
    match read {
        Ok(()) => {}
        Err(PayloadError::TooLarge(bytes)) if bytes == text.len() => return None,
        Err(error) => panic!("{error}: {}", String::from_utf8_lossy(text)),
    }
    let at = command.at.unwrap_or(Timestamp::UNIX_EPOCH);
    assert_eq!((&again.id, again.at, again.expires), (&command.id, Some(at), command.expires));
    Some(again)
}

fn by_name(entries: &[(String, Box<RawValue>)]) -> BTreeMap<&str, &str> {
    entries.iter().map(|(name, value)| (name.as_str(), value.get())).collect()
}

fn report_survives(kind: FormatKind, report: &Report) {
    assert_eq!(report.kind(), kind);
    assert!(report.fields.len() <= payload::MAX_FIELDS);
    for name in report.fields.iter().map(|(name, _)| name).chain([&report.name]) {
        name::check(name).expect("names are checked");
    }
    let at = report.at.unwrap_or(Timestamp::UNIX_EPOCH);
    let value = serde_json::to_vec(
        &by_name(&report.fields)
            .into_iter()
            .map(|(name, value)| (name, raw(value)))
            .collect::<BTreeMap<_, _>>(),
    );
    let words = (&*report.name, report.severity, report.description.as_deref());
    let mut text = Vec::new();
    payload::write_report(&mut text, words, at, &value.expect("values are JSON"), report.mark);
    let again = match payload::read_report(kind, &text) {
        Ok(again) => again,
        Err(PayloadError::TooLarge(_)) => return,
        Err(error) => panic!("{error}: {}", String::from_utf8_lossy(&text)),
    };
    assert_eq!((&again.name, again.mark), (&report.name, report.mark));
    assert_eq!((again.severity, &again.description), (report.severity, &report.description));
    assert_eq!(by_name(&again.fields), by_name(&report.fields));
}

fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).expect("it was JSON")
}

/// `None`: it is JSON by its shape, and has something in it that no text or number can hold, such as half a
/// character or 1e999. That is refused where the value is looked at.
fn parsed(value: &RawValue) -> Option<Value> {
    serde_json::from_str(value.get()).ok()
}

fn state_survives(state: &State) {
    let value = state.value.as_ref().expect("a state has a value");
    let at = state.at.unwrap_or(Timestamp::UNIX_EPOCH);
    payload::check_time(at).expect("times are checked");
    let State { stamp, historical, dropped, unsynced, .. } = *state;
    let mark = payload::Mark { stamp, historical, dropped, unsynced };
    let mut text = Vec::new();
    payload::write_state(&mut text, at, value.get().as_bytes(), mark);
    let again = match payload::read_state(&text) {
        Ok(again) => again,
        Err(PayloadError::TooLarge(_)) => return,
        Err(error) => panic!("{error}: {}", String::from_utf8_lossy(&text)),
    };
    assert_eq!((again.stamp, again.historical, again.dropped), (stamp, historical, dropped));
    assert_eq!(again.unsynced, unsynced);
    assert_eq!(again.value.map(|value| value.get().to_owned()), Some(value.get().to_owned()));
    let micros = |at: Timestamp| at.as_nanosecond().div_euclid(1000);
    let written = again.at.map(micros).expect("a time is written");
    assert!((written - micros(at)).abs() <= 1, "{at}");
}

/// States in CBOR.
pub fn cbor(data: &[u8]) {
    if let Ok(state) = payload::read_cbor_state(data) {
        state_survives(&state);
    }
    for (_, state) in payload::read_cbor_states(data).unwrap_or_default() {
        state_survives(&state);
    }
    let _ = payload::read_state(data);
    let _ = payload::read_states(data);
}

/// Topics as they come.
pub fn topics(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some(topic) = Topic::parse(&text) else { return };
    assert_eq!(topic.to_string(), text);
    assert!(!text.contains(['+', '#', '\0', '$']), "{text:?}");
    let levels = match topic {
        Topic::Asset { .. } => 5,
        Topic::Action { .. } => 4,
        Topic::Device { .. } | Topic::AssetId { .. } => 3,
    };
    assert_eq!(text.split('/').count(), levels, "{text:?}");
    if let Some(device) = topic.device() {
        DeviceId::new(device).expect("a topic's device is a name");
    }
}

/// A device's serial number and an asset's name, with a line's end between.
pub fn names(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (sn, asset) = text.split_once('\n').unwrap_or((&text, "a"));
    for name in [sn, asset] {
        if let Err(error) = name::check(name) {
            let text = error.to_string();
            assert!(!text.contains(char::is_control), "{text:?}");
        }
    }
    let (Ok(id), Ok(())) = (DeviceId::new(sn), name::check(asset)) else { return };
    assert_eq!(id.as_str(), sn);
    for stream in [Stream::State, Stream::Command, Stream::Feed, Stream::Event] {
        let text = topic::asset(&id, asset, stream);
        assert_eq!(Topic::parse(&text), Some(Topic::Asset { device: sn, asset, stream }));
    }
    for stream in [DeviceStream::Outcome, DeviceStream::Alert, DeviceStream::Data] {
        let text = topic::device(&id, stream);
        assert_eq!(Topic::parse(&text), Some(Topic::Device { device: sn, stream }));
    }
    let text = topic::action(&id, asset);
    assert_eq!(Topic::parse(&text), Some(Topic::Action { device: sn, action: asset }));
    for filter in [topic::all_assets(&id, Stream::Command), topic::all_actions(&id)] {
        assert_eq!(filter.split('/').nth(1), Some(sn));
    }
}

/// A schema and a value, with a line's end between.
pub fn schemas(data: &[u8]) {
    let (schema, value) = split(data);
    let value: Value = serde_json::from_slice(value).unwrap_or_default();
    let profiles = [
        serde_json::from_slice::<Value>(schema).ok().and_then(|schema| Profile::from_schema(&schema).ok()),
        serde_json::from_slice::<Profile>(schema).ok(),
    ];
    for profile in profiles.into_iter().flatten() {
        let json = serde_json::to_value(&profile).expect("a profile is JSON");
        let again: Profile =
            serde_json::from_value(json.clone()).expect("a profile is read as it was written");
        assert_eq!(again, profile);
        let text = serde_json::to_string(&profile).expect("a profile is JSON");
        assert_eq!(serde_json::from_str::<Profile>(&text).ok().as_ref(), Some(&profile));
        let coerced = profile.coerce(&value).unwrap_or_else(|| value.clone());
        for value in [&value, &coerced] {
            if let Err(refusal) = profile.check(value) {
                let _ = refusal.to_string();
            }
        }
    }
}

fn split(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, b"null"),
    }
}

/// A type of a user's own that is one of several words.
#[derive(AssetValue, Clone, Copy, Debug, PartialEq)]
enum Mode {
    Heat,
    Cool,
}

/// And one that has members.
#[derive(AssetValue, Clone, Debug, PartialEq)]
struct Place {
    name: String,
    floor: u8,
    tags: Vec<Option<i16>>,
}

/// A value of any of the types that assets have; the first byte says which.
pub fn values(data: &[u8]) {
    let Some((first, json)) = data.split_first() else { return };
    let Ok(json) = serde_json::from_slice::<Value>(json) else { return };
    match first % 24 {
        0 => value::<bool>(json),
        1 => value::<u8>(json),
        2 => value::<i8>(json),
        3 => value::<u16>(json),
        4 => value::<i32>(json),
        5 => value::<u32>(json),
        6 => value::<i64>(json),
        7 => value::<u64>(json),
        8 => value::<f32>(json),
        9 => value::<f64>(json),
        10 => value::<String>(json),
        11 => value::<Option<u8>>(json),
        12 => value::<Option<String>>(json),
        13 => value::<Vec<f64>>(json),
        14 => value::<Vec<Vec<Option<bool>>>>(json),
        15 => value::<Bytes>(json),
        16 => value::<Timestamp>(json),
        17 => value::<std::time::Duration>(json),
        18 => value::<Uuid>(json),
        19 => value::<GeoLocation>(json),
        20 => value::<ExternalObject>(json),
        21 => value::<Option<StorageObject>>(json),
        22 => value::<Mode>(json),
        _ => value::<Place>(json),
    }
}

/// What was decoded fits the type's profile, and is the same when it is written and read again.
fn value<T: AssetValue>(json: Value) {
    let Ok(value) = T::decode(json.clone()) else { return };
    T::profile().check(&json).unwrap_or_else(|refusal| panic!("decoded, and refused: {refusal}: {json}"));
    if value.check(&Limits::NONE).is_err() {
        return;
    }
    let text = written(&value);
    let again: Value = serde_json::from_slice(&text).expect("a value is written as JSON");
    let again =
        T::decode(again).unwrap_or_else(|refusal| panic!("{refusal}: {}", String::from_utf8_lossy(&text)));
    assert_eq!(written(&again), text, "from {json}");
}

fn written<T: AssetValue>(value: &T) -> Vec<u8> {
    let mut text = Vec::new();
    value.encode(&mut text);
    text
}

/// A broker's URL.
pub fn addresses(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match text.parse::<BrokerUrl>() {
        Ok(url) => {
            assert!(!url.host.is_empty() && url.port > 0);
            let shown = format!("{url} {url:?}");
            for secret in [&url.user, &url.password].into_iter().flatten() {
                // A short one, one that is the host as well, or one that is escaped may be seen by chance.
                let is_plain = secret.expose().bytes().all(|byte| byte.is_ascii_alphanumeric());
                let is_chance = secret.expose().len() < 12 || !is_plain || url.host.contains(secret.expose());
                assert!(is_chance || !shown.contains(secret.expose()), "{shown}");
            }
        }
        Err(error) => assert!(error.to_string().is_ascii(), "{error}"),
    }
}

/// A damaged store: whole records are found, each row once, and what is found is found again.
pub fn store(data: &[u8]) {
    let found = edge_runtime::__private::salvage(data);
    assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0), "{found:?}");
    // Nothing before it that a record could begin with.
    let again = edge_runtime::__private::salvage(&[b"rubbish", data, b"eob"].concat());
    assert_eq!(again, found);
}
