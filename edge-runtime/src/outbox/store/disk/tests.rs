//! Files of other versions, and damaged ones.

use super::*;

#[test]
fn a_file_of_a_newer_version_is_left_alone() {
    let folder = std::env::temp_dir().join(format!("edge-store-{}", uuid::Uuid::new_v4()));
    let path = folder.join("NEW-1.outbox");
    let (mut disk, _) = Disk::open(&path, DiskFaults::default()).unwrap();
    let write = disk.connect().unwrap().begin_write().unwrap();
    write.open_table(META).unwrap().insert(VERSION_KEY, VERSION + 1).unwrap();
    write.commit().unwrap();
    drop(disk);
    let before = std::fs::metadata(&path).unwrap().len();
    let error = Disk::open(&path, DiskFaults::default()).unwrap_err();
    assert!(matches!(error, StoreError::Version { found: 3, known: 2, .. }), "{error:?}");
    assert_eq!(std::fs::metadata(&path).unwrap().len(), before);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing was moved away");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_file_of_an_older_version_is_opened_and_is_of_ours_from_then_on() {
    let folder = std::env::temp_dir().join(format!("edge-store-{}", uuid::Uuid::new_v4()));
    let path = folder.join("OLD-1.outbox");
    let (mut disk, _) = Disk::open(&path, DiskFaults::default()).unwrap();
    let record = br#"{"device":"OLD-1","session":7,"seq":1,"at":"1970-01-01T00:00:00Z","accepted":"1970-01-01T00:00:00Z","values":[["temperature",1.5]]}"#;
    let record: Record = serde_json::from_slice(record).unwrap();
    let write = disk.connect().unwrap().begin_write().unwrap();
    write.open_table(META).unwrap().insert(VERSION_KEY, VERSION - 1).unwrap();
    write.open_table(RECORDS).unwrap().insert(4, &*record::write(4, 4, &record)).unwrap();
    write.commit().unwrap();
    drop(disk);
    let (mut disk, contents) = Disk::open(&path, DiskFaults::default()).unwrap();
    assert_eq!(contents.records.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [4]);
    let read = disk.connect().unwrap().begin_read().unwrap();
    let version = read.open_table(META).unwrap().get(VERSION_KEY).unwrap().unwrap().value();
    assert_eq!(version, VERSION);
    drop((read, disk));
    std::fs::remove_dir_all(folder).unwrap();
}

fn record(seq: u64, set_by: i64) -> Record {
    let record = format!(
        r#"{{"device":"SET-1","session":7,"seq":{seq},"at":"1970-01-01T00:00:00Z","accepted":"1970-01-01T00:00:00Z","set_by":{set_by},"values":[["temperature",1.5]]}}"#
    );
    serde_json::from_str(&record).unwrap()
}

/// A file with a record in row 4 of when the clock was set by 5 ms; then it was set by 7 all in all. `damage` is done to it.
/// By how much the clock was set when it is opened again, and once more.
fn set_by_after(damage: impl FnOnce(&redb::WriteTransaction)) -> (i64, i64) {
    let folder = std::env::temp_dir().join(format!("edge-store-{}", uuid::Uuid::new_v4()));
    let path = folder.join("SET-1.outbox");
    let open = || Disk::open(&path, DiskFaults::default()).unwrap();
    let (mut disk, _) = open();
    disk.commit(&[(4, &record::write(4, 4, &record(1, 5)))], &[], 5).unwrap();
    disk.set_by(7);
    disk.commit(&[], &[], 5).unwrap();
    let write = disk.connect().unwrap().begin_write().unwrap();
    damage(&write);
    write.commit().unwrap();
    drop(disk);
    let (disk, first) = open();
    drop(disk);
    let (disk, second) = open();
    assert_eq!(first.records.len(), second.records.len());
    drop(disk);
    std::fs::remove_dir_all(&folder).unwrap();
    (first.set_by, second.set_by)
}

#[test]
fn by_how_much_the_clock_was_set_outlives_a_damaged_record() {
    // It was read from the last record, which was older than what the file knew.
    let set_by = set_by_after(|write| {
        write.open_table(RECORDS).unwrap().insert(3, b"no record".as_slice()).unwrap();
    });
    assert_eq!(set_by, (7, 7));
}

#[test]
fn by_how_much_the_clock_was_set_is_what_a_file_says_that_cannot_say_it_elsewhere() {
    let set_by = set_by_after(|write| {
        write.delete_table(META).unwrap();
        write.open_table(META).unwrap().insert(VERSION_KEY, VERSION).unwrap();
        write.open_table(RECORDS).unwrap().insert(3, b"no record".as_slice()).unwrap();
    });
    assert_eq!(set_by, (5, 5));
}

#[test]
fn by_how_much_the_clock_was_set_comes_with_what_is_behind_the_last_commit() {
    // As a commit leaves it that cannot be read: the record is in the file, and in no table.
    const ELSEWHERE: TableDefinition<'_, Row, &[u8]> = TableDefinition::new("elsewhere");
    let set_by = set_by_after(|write| {
        let bytes = record::write(5, 4, &record(2, 9));
        write.open_table(ELSEWHERE).unwrap().insert(5, &*bytes).unwrap();
    });
    assert_eq!(set_by, (9, 9));
}
