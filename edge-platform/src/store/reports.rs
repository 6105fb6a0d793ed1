//! Alerts and data of devices: each kept once, trimmed as the history is, read in pages.

use std::collections::{HashMap, HashSet};

use edge_proto::payload::{FormatKind, Report, Severity, Stamp};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::history::{History, PAGE, Span};
use super::record::is_false;
use super::{Store, StoreError, row};

/// A report that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) device: String,
    pub(crate) report: Report,
    /// When it came: without a time of its own it holds then.
    pub(crate) now: Timestamp,
}

/// An alert or data, as the store has them.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct StoredReport {
    /// When it held.
    pub at: Timestamp,
    /// The device did not believe the clock that `at` was taken from.
    #[serde(skip_serializing_if = "is_false")]
    pub unsynced: bool,
    /// What it is.
    #[serde(flatten)]
    pub name: ReportName,
    /// How much it matters; only of alerts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// What it says to people; only of alerts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The fields: a JSON object.
    pub value: Box<RawValue>,
    /// Where it stands in its device's history, if the device says that.
    #[serde(flatten, serialize_with = "stamp")]
    pub stamp: Option<Stamp>,
}

/// The name of an alert, or of the format of data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ReportName {
    /// An alert's.
    Alert(String),
    /// A format's.
    Format(String),
}

fn stamp<S: Serializer>(stamp: &Option<Stamp>, serializer: S) -> Result<S::Ok, S::Error> {
    let members = stamp.iter().flat_map(|stamp| [("session", stamp.session), ("seq", stamp.seq)]);
    serializer.collect_map(members)
}

/// What became of a report.
#[derive(Clone, Debug)]
pub(crate) enum Kept {
    /// It is new.
    New(StoredReport),
    /// It was there already.
    Again,
    /// It does not belong into the store; why.
    Refused(String),
}

/// Which reports are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) kind: FormatKind,
    /// Of one alert or format.
    pub(crate) name: Option<String>,
    /// At least this.
    pub(crate) severity: Severity,
    pub(crate) span: Span,
}

const INSERT: &str = "INSERT INTO reports \
    (device_id, kind, name, at, arrived, severity, description, value, session, seq, unsynced) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (device_id, session, seq) DO NOTHING";

const DEVICE: &str = "SELECT id FROM devices WHERE sn = $1";

/// The newest stay.
const TRIM: &str = "DELETE FROM reports WHERE device_id = $1 AND kind = $2 AND (at, arrived) < \
    (SELECT at, arrived FROM reports WHERE device_id = $1 AND kind = $2 \
    ORDER BY at DESC, arrived DESC LIMIT 1 OFFSET $3)";

const SELECT: &str = "SELECT r.kind, r.name, r.at, r.severity, r.description, r.value, r.session, r.seq, r.unsynced \
    FROM reports r JOIN devices d ON d.id = r.device_id \
    WHERE d.sn = $1 AND r.kind = $2 AND r.at >= $3 AND r.at <= $4 \
    AND COALESCE(r.severity, 0) >= $5 AND (r.name = $6 OR $6 = '') \
    ORDER BY r.at DESC, r.arrived DESC LIMIT $7 OFFSET $8";

impl Store {
    /// Keeps reports that are new, and says of each what became of it. When this returns, they are committed.
    pub(crate) async fn keep_reports(&self, arrivals: &[Arrival]) -> Result<Vec<Kept>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let mut devices = HashMap::new();
        let mut kept = Vec::with_capacity(arrivals.len());
        let mut grown = HashSet::new();
        for arrival in arrivals {
            let id = match devices.get(&arrival.device) {
                Some(id) => Option::clone(id),
                None => {
                    let id = device_id(&mut transaction, &arrival.device).await?;
                    devices.insert(&arrival.device, id.clone());
                    id
                }
            };
            let Some(id) = id else {
                kept.push(Kept::Refused("the device is not registered".to_owned()));
                continue;
            };
            let done = keep(&mut transaction, &self.reports, &id, arrival).await?;
            if matches!(done, Kept::New(_)) && self.reports.has_grown(&key(&id, arrival.report.kind())) {
                grown.insert((id, row::word(arrival.report.kind())));
            }
            kept.push(done);
        }
        for (id, kind) in grown {
            let keep = i64::try_from(self.reports.kept().saturating_sub(1)).unwrap_or(i64::MAX);
            sqlx::query(TRIM).bind(id).bind(kind).bind(keep).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(kept)
    }

    /// A page of a device's alerts or data, the newest first.
    pub(crate) async fn reports(
        &self,
        device: &str,
        filter: &Filter,
    ) -> Result<Vec<StoredReport>, StoreError> {
        let Filter { kind, name, severity, span } = filter;
        let query = sqlx::query(SELECT)
            .bind(device)
            .bind(row::word(kind))
            .bind(span.from.map_or(i64::MIN, Timestamp::as_microsecond))
            .bind(span.to.map_or(i64::MAX, Timestamp::as_microsecond))
            .bind(rank(*severity))
            .bind(name.as_deref().unwrap_or_default())
            .bind(PAGE as i64)
            .bind(i64::from(span.page) * PAGE as i64);
        query.fetch_all(&self.pool).await?.iter().map(stored).collect()
    }
}

/// By which it is known how much has come.
fn key(device_id: &str, kind: FormatKind) -> String {
    [device_id, "/", &row::word(kind)].concat()
}

fn rank(severity: Severity) -> i64 {
    severity as i64
}

async fn device_id(connection: &mut AnyConnection, sn: &str) -> Result<Option<String>, StoreError> {
    let row = sqlx::query(DEVICE).bind(sn).fetch_optional(connection).await?;
    Ok(row.map(|row| row.try_get("id")).transpose()?)
}

async fn keep(
    connection: &mut AnyConnection,
    history: &History,
    device_id: &str,
    Arrival { report, now, .. }: &Arrival,
) -> Result<Kept, StoreError> {
    let signed = |count| i64::try_from(count).ok();
    let stamp = match report.mark.stamp {
        None => None,
        Some(Stamp { session, seq }) => match (signed(session), signed(seq)) {
            (Some(session), Some(seq)) => Some((session, seq)),
            _ => return Ok(Kept::Refused("session or number is too large".to_owned())),
        },
    };
    let stored = of(report, *now);
    if history.kept() == 0 {
        return Ok(Kept::New(stored));
    }
    let done = sqlx::query(INSERT)
        .bind(device_id)
        .bind(row::word(report.kind()))
        .bind(&report.name)
        .bind(stored.at.as_microsecond())
        .bind(history.place())
        .bind(report.severity.map(rank))
        .bind(report.description.as_ref().map(|text| Value::from(text.as_str()).to_string()))
        .bind(stored.value.get())
        .bind(stamp.map(|(session, _)| session))
        .bind(stamp.map(|(_, seq)| seq))
        .bind(i64::from(stored.unsynced))
        .execute(connection)
        .await?;
    Ok(if done.rows_affected() > 0 { Kept::New(stored) } else { Kept::Again })
}

/// As it will be when it is read again.
fn of(report: &Report, now: Timestamp) -> StoredReport {
    let fields: Object<'_> = Object(&report.fields);
    StoredReport {
        at: row::kept(report.at.unwrap_or(now)),
        unsynced: report.mark.unsynced,
        name: named(report.kind(), report.name.clone()),
        severity: report.severity,
        description: report.description.clone(),
        value: to_raw_value(&fields).expect("fields are JSON already"),
        stamp: report.mark.stamp,
    }
}

fn named(kind: FormatKind, name: String) -> ReportName {
    match kind {
        FormatKind::Alert => ReportName::Alert(name),
        FormatKind::Data => ReportName::Format(name),
    }
}

/// Fields in their order.
struct Object<'a>(&'a [(String, Box<RawValue>)]);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

fn stored(found: &AnyRow) -> Result<StoredReport, StoreError> {
    let severity = found.try_get::<Option<i64>, _>("severity")?;
    let severity = severity.and_then(|rank| Severity::ALL.get(usize::try_from(rank).ok()?).copied());
    let stamp = match (found.try_get::<Option<i64>, _>("session")?, found.try_get::<Option<i64>, _>("seq")?) {
        (Some(session), Some(seq)) => {
            Some(Stamp { session: row::unsigned(session)?, seq: row::unsigned(seq)? })
        }
        _ => None,
    };
    let description = found.try_get::<Option<String>, _>("description")?;
    let description = description.map(|json| serde_json::from_str(&json));
    Ok(StoredReport {
        at: row::time(found.try_get("at")?)?,
        unsynced: row::is_set(found, "unsynced")?,
        name: named(row::read_word(found.try_get("kind")?, "kind")?, found.try_get("name")?),
        severity,
        description: description.transpose().map_err(StoreError::corrupt("description"))?,
        value: RawValue::from_string(found.try_get("value")?).map_err(StoreError::corrupt("value"))?,
        stamp,
    })
}
