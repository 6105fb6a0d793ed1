//! A stored transaction as bytes: framed and checksummed, so that it can be found in a damaged file and is never
//! taken for what it is not. Pure.

use std::collections::{BTreeMap, BTreeSet};

use edge_proto::payload::Severity;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Row;

/// The format of records and tables.
///
/// 1 knew states only; 2 has reports as well. A program that knows only 1 would take a report for a message without
/// states.
pub(super) const VERSION: u64 = 2;

/// Begins every record.
const MAGIC: [u8; 4] = *b"eob\x01";
/// Magic, length, checksum, row, lowest row.
const HEADER: usize = 4 + 4 + 4 + 8 + 8;

/// States of one message, or a report, as they are stored. Assets are named: the next program may have others.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Record {
    pub(crate) device: String,
    /// The session in which they were accepted; 0: before there was one.
    pub(crate) session: u64,
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
    /// That time was taken from a clock that was not to be believed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) unsynced: bool,
    /// When they were accepted, by the clock on the wall.
    pub(crate) accepted: Timestamp,
    /// ... which was not to be believed then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) doubtful: bool,
    /// By how many milliseconds that clock was seen to be set, in all lives of the store until then.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) set_by: i64,
    /// Empty where it is a report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) values: Vec<(String, Box<RawValue>)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) report: Option<StoredReport>,
    /// The rows of the transaction that it is a part of, if there are several: the first, and how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) part_of: Option<(Row, u64)>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// An alert or data, as they are stored.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct StoredReport {
    pub(crate) name: String,
    /// Only alerts have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) severity: Option<Severity>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) description: String,
    pub(crate) value: Box<RawValue>,
}

/// A record that was read, and what it says of others.
#[derive(Debug)]
pub(super) struct Framed {
    pub(super) row: Row,
    /// When it was written, no lower row was needed any longer.
    pub(super) lowest: Row,
    pub(super) record: Record,
    /// How long it is.
    pub(super) bytes: usize,
}

/// Writes a record.
pub(super) fn write(row: Row, lowest: Row, record: &Record) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER + 192);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&row.to_le_bytes());
    out.extend_from_slice(&lowest.to_le_bytes());
    // Nothing in it can fail: texts, numbers, and JSON as it is.
    let _ = serde_json::to_writer(&mut out, record);
    let length = u32::try_from(out.len()).unwrap_or(u32::MAX);
    out[4..8].copy_from_slice(&length.to_le_bytes());
    let checksum = crc32fast::hash(&out[12..]);
    out[8..12].copy_from_slice(&checksum.to_le_bytes());
    out
}

/// Reads the record at the beginning of these bytes, if there is one that is whole.
pub(super) fn read(bytes: &[u8]) -> Option<Framed> {
    let header = bytes.first_chunk::<HEADER>().filter(|header| header.starts_with(&MAGIC))?;
    let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let length = usize::try_from(word(4)).ok().filter(|length| *length >= HEADER)?;
    let frame = bytes.get(..length)?;
    if crc32fast::hash(&frame[12..]) != word(8) {
        return None;
    }
    let number = |at: usize| header[at..at + 8].try_into().map(u64::from_le_bytes).ok();
    let record = serde_json::from_slice(&frame[HEADER..]).ok()?;
    Some(Framed { row: number(12)?, lowest: number(20)?, record, bytes: length })
}

/// All whole records in what may be anything, each row once, without those that were known not to be needed any
/// longer.
pub(in crate::outbox) fn salvage(bytes: &[u8]) -> Vec<(Row, Record)> {
    let mut found = BTreeMap::new();
    let (mut at, mut lowest) = (0, 0);
    while let Some(ahead) = bytes[at..].windows(MAGIC.len()).position(|window| window == MAGIC) {
        at += ahead;
        match read(&bytes[at..]) {
            Some(framed) => {
                lowest = lowest.max(framed.lowest);
                at += framed.bytes;
                found.insert(framed.row, framed.record);
            }
            None => at += MAGIC.len(),
        }
    }
    found.into_iter().filter(|(row, _)| *row >= lowest).collect()
}

/// What of the whole records was written behind the last commit that can be read, by transactions of which all is
/// there.
pub(super) fn behind(next: Row, salvaged: Vec<(Row, Record)>) -> Vec<(Row, Record)> {
    let rows: BTreeSet<Row> = salvaged.iter().map(|(row, _)| *row).collect();
    let is_whole = |record: &Record| match record.part_of {
        Some((first, count)) => (first..first.saturating_add(count)).all(|row| rows.contains(&row)),
        None => true,
    };
    salvaged.into_iter().filter(|(row, record)| *row >= next && is_whole(record)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(seq: u64) -> Record {
        let value = RawValue::from_string(format!("{seq}.5")).unwrap();
        let at = Timestamp::UNIX_EPOCH;
        let values = vec![("temperature".to_owned(), value)];
        Record {
            device: "GH-1".into(),
            session: 7,
            seq,
            at,
            unsynced: true,
            accepted: at,
            doubtful: false,
            set_by: 0,
            values,
            report: None,
            part_of: None,
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = write(9, 3, &record(1));
        let framed = read(&bytes).unwrap();
        assert_eq!((framed.row, framed.lowest, framed.bytes), (9, 3, bytes.len()));
        assert_eq!((framed.record.seq, framed.record.values[0].1.get()), (1, "1.5"));
    }

    #[test]
    fn a_report_is_read_and_so_is_what_knew_of_none() {
        let value = RawValue::from_string(r#"{"temperature":91.5}"#.into()).unwrap();
        let severity = Some(Severity::Critical);
        let report =
            StoredReport { name: "over-temperature".into(), severity, description: String::new(), value };
        let bytes = write(9, 3, &Record { values: Vec::new(), report: Some(report), ..record(1) });
        let report = read(&bytes).unwrap().record.report.unwrap();
        assert_eq!((report.name.as_str(), report.severity), ("over-temperature", severity));
        assert_eq!(report.value.get(), r#"{"temperature":91.5}"#);
        // As version 1 wrote it.
        let old = r#"{"device":"GH-1","session":7,"seq":1,"at":"1970-01-01T00:00:00Z","accepted":"1970-01-01T00:00:00Z","values":[["temperature",1.5]]}"#;
        let old: Record = serde_json::from_str(old).unwrap();
        assert!(old.report.is_none() && old.values.len() == 1);
        assert!(!old.unsynced && read(&write(9, 3, &record(1))).unwrap().record.unsynced);
    }

    #[test]
    fn no_flipped_bit_and_no_cut_is_taken_for_a_record() {
        let bytes = write(9, 3, &record(1));
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(read(&damaged).is_none(), "bit {bit}");
        }
        assert!((0..bytes.len()).all(|length| read(&bytes[..length]).is_none()));
    }

    #[test]
    fn records_are_found_in_rubble() {
        let mut rubble = b"eob\x01 nothing eob".to_vec();
        for row in [4, 5, 6, 2] {
            rubble.extend(write(row, 4, &record(row)));
            rubble.extend(MAGIC);
        }
        let torn = write(7, 4, &record(7));
        rubble.extend(&torn[..torn.len() - 1]);
        let rows: Vec<Row> = salvage(&rubble).into_iter().map(|(row, _)| row).collect();
        assert_eq!(rows, [4, 5, 6]);
    }

    #[test]
    fn behind_the_last_commit_only_whole_transactions_count() {
        let part = |row, part_of| (row, Record { part_of, ..record(row) });
        let salvaged = vec![
            part(1, None),
            part(2, Some((1, 2))),
            part(3, Some((3, 2))),
            part(4, Some((3, 2))),
            part(5, Some((5, 2))),
            part(7, None),
        ];
        let rows: Vec<Row> = behind(2, salvaged).into_iter().map(|(row, _)| row).collect();
        assert_eq!(rows, [2, 3, 4, 7]);
    }
}
