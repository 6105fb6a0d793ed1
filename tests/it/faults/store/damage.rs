//! Files that are damaged, in use, not to be had, or not where they seem to be.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use edge_runtime::{ConnectError, StoreError};

use super::disk::SmallDisk;
use super::{FIRST, Place, SN, life};
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

#[test]
fn r08_from_a_damaged_file_all_is_taken_that_is_whole() -> Result {
    const STATES: u64 = 500;
    let mut random = fastrand::Rng::with_seed(8);
    let whole = Place::new()?;
    filled(&whole, STATES)?;
    let bytes = fs::read(whole.file())?;
    let mut damages = vec![("truncated", bytes[..bytes.len() / 2].to_vec())];
    for _ in 0..20 {
        let mut flipped = bytes.clone();
        flipped[random.usize(0..bytes.len())] ^= 1 << random.u8(0..8);
        damages.push(("flipped", flipped));
    }
    damages.push(("header", [vec![0; 4096], bytes[4096..].to_vec()].concat()));
    damages.push(("foreign", b"this is no store of ours, but the program's to-do list".repeat(99)));
    for (damage, bytes) in damages {
        let place = Place::new()?;
        fs::create_dir(place.folder.path().join("store"))?;
        fs::write(place.file(), &bytes)?;
        let delivered = recovered(&place, STATES)?;
        let least = match damage {
            "foreign" => 0,
            // What is cut off is gone.
            "truncated" => whole_energies(&bytes) * 99 / 100,
            _ => STATES as usize * 99 / 100,
        };
        assert!(delivered >= least, "{damage}: {delivered} of {STATES}, not {least}");
        assert!(
            damage != "truncated" || least > STATES as usize / 10,
            "it is whether something is left: {least}"
        );
        let files = fs::read_dir(place.folder.path().join("store"))?;
        let names: Vec<_> =
            files.map(|file| file.map(|file| file.file_name())).collect::<std::result::Result<_, _>>()?;
        let is_aside = names.iter().any(|name| name.to_string_lossy().contains("damaged"));
        println!("r08: {damage}: {delivered} of {STATES} delivered, moved aside: {is_aside}");
    }
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
