//! Files that are damaged, in use, not to be had, or not where they seem to be.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use edge_runtime::{ConnectError, StoreError};

use super::disk::SmallDisk;
use super::{FIRST, Place, SN, life};
use crate::faults::chance;
use crate::faults::world::{Result, within};

/// A store with so many energies in it.
fn filled(place: &Place, energies: u64) -> Result {
    life(async {
        let meter = place.alone().await?;
        let setters = (1..=energies).map(|energy| {
            let meter = meter.clone();
            async move { meter.set_energy(energy).await.map(drop) }
        });
        futures_util::future::try_join_all(setters).await?;
        Ok(())
    })
}

/// How many energies are whole in these bytes: records are framed, and say how long they are.
fn whole_energies(bytes: &[u8]) -> usize {
    let frames = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"eob\x01"));
    let frames = frames.filter_map(|at| {
        let length = bytes.get(at + 4..at + 8)?.try_into().map(u32::from_le_bytes).ok()?;
        let frame = bytes.get(at..at + length as usize)?;
        let row = frame.get(12..20)?.to_vec();
        frame.windows(9).any(|window| window == b"[\"energy\"").then_some(row)
    });
    frames.collect::<BTreeSet<_>>().len()
}

/// How many energies are delivered from what is in the store; none that was never set.
fn recovered(place: &Place, states: u64) -> Result<usize> {
    place.memory.set_registry_away(false);
    life(async {
        let meter = place.meter().await?;
        while meter.stats().pending > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        within(10, meter.close()).await??;
        Ok(())
    })?;
    let energies: BTreeSet<u64> = place.energies().into_iter().map(|(energy, _)| energy).collect();
    let torn: Vec<_> = energies.iter().filter(|energy| !(1..=states).contains(*energy)).collect();
    assert!(torn.is_empty(), "never set: {torn:?}");
    Ok(energies.len())
}

const STATES: u64 = 500;

/// A file of a store with these bytes in it: so many energies are delivered at least.
fn check(damage: &str, bytes: &[u8], least: usize) -> Result {
    let place = Place::new()?;
    fs::create_dir(place.folder.path().join("store"))?;
    fs::write(place.file(), bytes)?;
    let delivered = recovered(&place, STATES).map_err(|error| format!("{damage}: {error}"))?;
    assert!(delivered >= least, "{damage}: {delivered} of {STATES}, not {least}");
    let files = fs::read_dir(place.folder.path().join("store"))?;
    let names: Vec<_> =
        files.map(|file| file.map(|file| file.file_name())).collect::<std::result::Result<_, _>>()?;
    let is_aside = names.iter().any(|name| name.to_string_lossy().contains("damaged"));
    println!("r08: {damage}: {delivered} of {STATES} delivered, moved aside: {is_aside}");
    Ok(())
}

/// One bit is another one.
fn flipped(random: &mut fastrand::Rng, bytes: &[u8]) -> Result {
    let mut flipped = bytes.to_vec();
    let (at, bit) = (random.usize(0..bytes.len()), random.u8(0..8));
    flipped[at] ^= 1 << bit;
    check(&format!("bit {bit} of byte {at} flipped"), &flipped, STATES as usize * 99 / 100)
}

/// What is cut off is gone.
fn cut(bytes: &[u8], length: usize) -> Result {
    let rest = &bytes[..length];
    check(&format!("cut to {length} of {}", bytes.len()), rest, whole_energies(rest) * 99 / 100)
}

/// The bytes of a good store.
fn good() -> Result<Vec<u8>> {
    let whole = Place::new()?;
    filled(&whole, STATES)?;
    Ok(fs::read(whole.file())?)
}

#[test]
fn r08_from_a_damaged_file_all_is_taken_that_is_whole() -> Result {
    let mut random = fastrand::Rng::with_seed(8);
    let bytes = good()?;
    let left = whole_energies(&bytes[..bytes.len() / 2]);
    assert!(left > STATES as usize / 10, "it is whether something is left: {left}");
    cut(&bytes, bytes.len() / 2)?;
    for _ in 0..20 {
        flipped(&mut random, &bytes)?;
    }
    check("header", &[vec![0; 4096], bytes[4096..].to_vec()].concat(), STATES as usize * 99 / 100)?;
    check("foreign", &b"this is no store of ours, but the program's to-do list".repeat(99), 0)
}

#[test]
#[ignore = "long: hundreds of files"]
fn r08_from_files_that_are_damaged_anywhere_all_is_taken_that_is_whole() -> Result {
    let mut random = fastrand::Rng::with_seed(chance::seed());
    let bytes = good()?;
    for _ in 0..200 {
        flipped(&mut random, &bytes)?;
        cut(&bytes, random.usize(0..bytes.len()))?;
    }
    Ok(())
}

/// The program ended when it had moved a damaged file away, and the new one was not yet in its place.
#[test]
fn r08_a_file_that_is_beside_its_place_is_taken() -> Result {
    let place = Place::new()?;
    filled(&place, STATES)?;
    let beside = place.file().with_extension("new");
    fs::rename(place.file(), &beside)?;
    assert_eq!(recovered(&place, STATES)?, STATES as usize);
    assert!(place.file().is_file() && !beside.exists());
    Ok(())
}

#[test]
fn r08_a_folder_that_cannot_be_had_is_a_clear_error() -> Result {
    let place = Place::new()?;
    fs::write(place.folder.path().join("store"), "a file where the folder should be")?;
    let error = life(async { Ok(place.meter().await.err().ok_or("it started")?) })?;
    assert!(matches!(&error, ConnectError::Store(StoreError::Io { .. })), "{error:?}");
    let platform = place.memory.platform();
    let error = life(async { Ok(platform.device(SN, FIRST).connect().await.err().ok_or("it started")?) })?;
    let text = format!("{error}: {}", std::error::Error::source(&error).ok_or("no cause")?);
    assert!(text.contains("EDGE_STORE") && text.contains(SN), "{text}");
    Ok(())
}

/// As a disk is that the system has found to be damaged.
#[test]
fn r08_a_disk_that_cannot_be_written_is_a_clear_error() -> Result {
    let Some(disk) = SmallDisk::mount()? else { return Ok(()) };
    life(async {
        disk.memory.set_registry_away(false);
        within(10, disk.recorder().await?.close()).await??;
        disk.remount("ro")?;
        let error = disk.recorder().await.err().ok_or("it started")?;
        assert!(matches!(&error, ConnectError::Store(StoreError::Io { .. })), "{error:?}");
        disk.remount("rw")?;
        within(10, disk.recorder().await?.close()).await??;
        Ok(())
    })
}

#[test]
fn r08_a_file_in_use_is_a_clear_error() -> Result {
    let place = Place::new()?;
    life(async {
        let meter = place.meter().await?;
        let error = place.meter().await.err().ok_or("it started")?;
        assert!(matches!(&error, ConnectError::Store(StoreError::InUse { .. })), "{error:?}");
        within(10, meter.close()).await??;
        // Closed, it lets the file go.
        within(10, place.meter().await?.close()).await??;
        Ok(())
    })
}

#[cfg(unix)]
#[test]
fn s08_nobody_else_reads_the_file_and_no_link_leads_away() -> Result {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| fs::metadata(path).map(|metadata| metadata.permissions().mode() & 0o777);
    let place = Place::new()?;
    filled(&place, 1)?;
    assert_eq!(mode(&place.file())?, 0o600);
    fs::set_permissions(place.file(), fs::Permissions::from_mode(0o644))?;
    filled(&place, 1)?;
    assert_eq!(mode(&place.file())?, 0o600);

    let place = Place::new()?;
    fs::create_dir(place.folder.path().join("store"))?;
    let elsewhere = place.folder.path().join("elsewhere");
    fs::write(&elsewhere, "mine")?;
    std::os::unix::fs::symlink(&elsewhere, place.file())?;
    let error = life(async { Ok(place.meter().await.err().ok_or("it started")?) })?;
    assert!(matches!(&error, ConnectError::Store(StoreError::Unsafe { .. })), "{error:?}");
    assert_eq!(fs::read_to_string(elsewhere)?, "mine");
    // A serial number is a name, so it cannot lead out of the folder.
    let sneaky = |sn: &'static str| {
        let starting = place.memory.platform().outbox(place.config()).device(sn, FIRST).connect();
        async { Ok(starting.await.err()) }
    };
    for sn in ["../METER-1", "..", "a/b", "a\\b", "/etc/passwd", "."] {
        assert!(matches!(life(sneaky(sn))?, Some(ConnectError::Model(_))), "{sn}");
    }
    Ok(())
}
