//! Files of other versions.

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
