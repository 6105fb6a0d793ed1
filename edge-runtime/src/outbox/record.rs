//! Entries as they are stored, and back.

use super::store::{self, Record, StoredReport};
use super::{Body, Entry, Report, Said, Scope, States};
use crate::clock::{Lasting, Moment};
use crate::origin::Origin;

/// An entry as it is stored; `None` of what never is.
pub(super) fn record(entry: &Entry, accepted: Lasting) -> Option<Record> {
    let json = |json: &[u8]| serde_json::from_slice(json).expect("encoded values are JSON");
    let name = |asset: usize| entry.origin.model.assets[asset].name.to_owned();
    let (session, seq, moment) = match &entry.body {
        Body::States(states) => (states.session(), states.seq, states.moment),
        Body::Report(report) => (report.session, report.seq, report.moment),
        Body::Outcome(_) | Body::Presence(_) => return None,
    };
    let mut record = Record {
        device: entry.origin.id.to_string(),
        session: session.unwrap_or_else(|| entry.origin.session()),
        seq,
        at: moment.at,
        unsynced: moment.is_unsynced,
        accepted: accepted.moment.at,
        doubtful: accepted.moment.is_unsynced,
        set_by: store::milliseconds(accepted.set_by),
        values: Vec::new(),
        report: None,
        part_of: None,
    };
    match &entry.body {
        Body::Report(report) => {
            let Report { said, .. } = &**report;
            record.report = Some(StoredReport {
                name: said.name.to_string(),
                severity: said.severity,
                description: said.description.to_string(),
                value: json(&said.value),
            });
        }
        _ => {
            let states = entry.states()?;
            record.values = states.values.iter().map(|(asset, value)| (name(*asset), json(value))).collect();
        }
    }
    Some(record)
}

/// A record as it is sent.
pub(super) fn body(origin: &Origin, mut record: Record) -> Body {
    let Some(report) = record.report.take() else { return Body::States(states(origin, record)) };
    let said = Said {
        name: report.name.into(),
        severity: report.severity,
        description: report.description.into(),
        value: report.value.get().into(),
        is_to_be_stored: true,
    };
    let session = (record.session > 0).then_some(record.session);
    let moment = Moment { at: record.at, is_unsynced: record.unsynced };
    Body::Report(Box::new(Report { moment, seq: record.seq, session, said, is_recovered: true }))
}

/// States of a record. An asset that there is no longer is left out.
fn states(origin: &Origin, record: Record) -> States {
    let index = |name: &str| {
        let index = origin.model.assets.iter().position(|asset| asset.name == name);
        if index.is_none() {
            tracing::warn!(device = %origin.id, asset = name, "stored states of an asset that there is no longer");
        }
        index
    };
    let values = record.values.into_iter();
    let moment = Moment { at: record.at, is_unsynced: record.unsynced };
    let values = values.filter_map(|(name, json)| Some((index(&name)?, json.get().as_bytes().into())));
    let mut states = States::new(moment, record.seq, Scope::Recovered, values.collect());
    let rest = states.rest_mut();
    rest.session = (record.session > 0).then_some(record.session);
    states
}
