//! What is stored: the engines beside each other, and the outbox beside the engine that it uses.
//!
//! Engines: records of 200 bytes, so many in a commit that is flushed to the disk, while as many
//! old ones are deleted, as an outbox does it; then how long it takes to open and read 100,000, and how large they are.
//! The outbox: states that setters say are on the disk, a second; and how long a device takes to have 100,000 again.
//! Both are opened after a program that closed them, and after one that was killed while it wrote: `stored write WHAT FOLDER`
//! is that program.

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{ConnectError, Device, OutboxConfig};
use edge_tests::Process;
use edge_tests::bench::{self, Figures, median};
use futures_util::future::try_join_all;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};

const REPETITIONS: usize = 5;
/// How many records are in a commit.
const BATCHES: [u64; 4] = [1, 16, 256, 1024];
const VALUE: [u8; 200] = [7; 200];
/// How many records there are at a time.
const KEPT: u64 = 1000;
const MANY: u64 = 100_000;
/// How many setters wait at a time.
const SETTERS: u64 = 1000;

/// At least so many states a second, or this part of what the engine does by itself, whichever is lower.
const STATES: f64 = 20_000.0;
const PART: f64 = 0.5;
const RECOVERY_SECONDS: f64 = 2.0;

/// Makes the program one that writes until it is killed; and how it says that 100,000 are on the disk.
const WORD: &str = "write";
const WRITTEN: &str = "written";

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [WORD, what, folder] => bench::main(async |_: &mut Figures| write(what, Path::new(folder)).await),
        _ => bench::main(run),
    }
}

async fn run(figures: &mut Figures) -> Result<(), Failure> {
    let mut limit = 0.0;
    for batch in BATCHES {
        let rates = engines(batch)?;
        figures.tell(&format!("redb, {batch} records in a commit"), rates[0], "/s");
        figures.tell(&format!("fjall, {batch} records in a commit"), rates[1], "/s");
        limit = rates[0];
    }
    for (engine, [seconds, bytes, killed]) in
        [(REDB, recovery::<Redb>(REDB).await?), (FJALL, recovery::<Fjall>(FJALL).await?)]
    {
        figures.tell(&format!("{engine}: opening and reading {MANY} records"), seconds * 1e3, "ms");
        figures.tell(&format!("{engine}: their size on disk"), bytes / 1e6, "MB");
        figures.tell(&format!("{engine}: opening and reading them after a kill"), killed * 1e3, "ms");
    }
    let bound = STATES.min(limit * PART);
    let mut rates = Vec::new();
    for _ in 0..REPETITIONS {
        rates.push(states().await?);
    }
    figures.at_least("states stored, on the disk and delivered", median(rates), bound.round(), "/s");
    let (mut closed, mut killed) = (Vec::new(), Vec::new());
    for _ in 0..REPETITIONS {
        closed
            .push(again(async |folder| write_states(folder).await?.close().await.map_err(Into::into)).await?);
        killed.push(again(async |folder| write_and_be_killed(METER, folder).await).await?);
    }
    figures.at_most(&format!("{MANY} states there again"), median(closed), RECOVERY_SECONDS, "s");
    figures.at_most(
        &format!("{MANY} states there again after a kill"),
        median(killed),
        RECOVERY_SECONDS,
        "s",
    );
    Ok(())
}

/// What the program writes.
const REDB: &str = "redb";
const FJALL: &str = "fjall";
const METER: &str = "meter";

/// 100,000, and then one after the other until somebody kills it.
#[allow(clippy::print_stdout, reason = "it is how the processes talk")]
async fn write(what: &str, folder: &Path) -> Result<(), Failure> {
    match what {
        REDB => go_on(fill::<Redb>(&folder.join(STORE))?),
        FJALL => go_on(fill::<Fjall>(&folder.join(STORE))?),
        METER => {
            let meter = write_states(folder).await?;
            println!("{WRITTEN}");
            loop {
                meter.set_energy(MANY).await?;
            }
        }
        _ => Err(format!("nobody writes `{what}`").into()),
    }
}

#[allow(clippy::print_stdout, reason = "it is how the processes talk")]
fn go_on(mut engine: impl Engine) -> Result<(), Failure> {
    println!("{WRITTEN}");
    for row in MANY.. {
        engine.commit(row..row + 1, 0..0)?;
    }
    Ok(())
}

/// Has it written by a program that is killed while it writes more.
async fn write_and_be_killed(what: &str, folder: &Path) -> Result<(), Failure> {
    let mut process = Process::start(Command::new(std::env::current_exe()?).args([WORD, what]).arg(folder))?;
    process.out.wait_for(|line| line == WRITTEN).await;
    Ok(process.kill().await?)
}

/// A store of records by row.
trait Engine: Sized {
    fn open(path: &Path) -> Result<Self, Failure>;

    /// Inserts these rows, and deletes those.
    fn commit(&mut self, rows: Range<u64>, gone: Range<u64>) -> Result<(), Failure>;

    fn count(&self) -> Result<usize, Failure>;
}

struct Redb(Database);

const TABLE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("records");

impl Engine for Redb {
    fn open(path: &Path) -> Result<Self, Failure> {
        Ok(Self(Database::create(path)?))
    }

    fn commit(&mut self, rows: Range<u64>, gone: Range<u64>) -> Result<(), Failure> {
        let write = self.0.begin_write()?;
        let mut table = write.open_table(TABLE)?;
        for row in rows {
            table.insert(row, &VALUE[..])?;
        }
        for row in gone {
            table.remove(row)?;
        }
        drop(table);
        Ok(write.commit()?)
    }

    fn count(&self) -> Result<usize, Failure> {
        let table = self.0.begin_read()?.open_table(TABLE)?;
        let mut count = 0;
        for entry in table.iter()? {
            count += usize::from(entry?.1.value() == VALUE);
        }
        Ok(count)
    }
}

struct Fjall(fjall::Database, fjall::Keyspace);

impl Engine for Fjall {
    fn open(path: &Path) -> Result<Self, Failure> {
        let database = fjall::Database::builder(path).open()?;
        let records = database.keyspace("records", fjall::KeyspaceCreateOptions::default)?;
        Ok(Self(database, records))
    }

    fn commit(&mut self, rows: Range<u64>, gone: Range<u64>) -> Result<(), Failure> {
        let mut batch = self.0.batch().durability(Some(fjall::PersistMode::SyncData));
        for row in rows {
            batch.insert(&self.1, row.to_be_bytes(), VALUE);
        }
        for row in gone {
            batch.remove(&self.1, row.to_be_bytes());
        }
        Ok(batch.commit()?)
    }

    fn count(&self) -> Result<usize, Failure> {
        let mut count = 0;
        for entry in self.1.iter() {
            count += usize::from(*entry.into_inner()?.1 == VALUE);
        }
        Ok(count)
    }
}

/// Records a second of both, in turns.
fn engines(batch: u64) -> Result<[f64; 2], Failure> {
    let commits = (20_000 / batch).clamp(50, 200);
    let (mut redb, mut fjall) = (Vec::new(), Vec::new());
    for _ in 0..REPETITIONS {
        redb.push(rate::<Redb>(batch, commits)?);
        fjall.push(rate::<Fjall>(batch, commits)?);
    }
    Ok([median(redb), median(fjall)])
}

fn rate<E: Engine>(batch: u64, commits: u64) -> Result<f64, Failure> {
    let folder = on_disk()?;
    let mut engine = E::open(&folder.path().join("store"))?;
    let begin = Instant::now();
    for commit in 0..commits {
        let rows = commit * batch..(commit + 1) * batch;
        let gone = rows.start.saturating_sub(KEPT)..rows.end.saturating_sub(KEPT);
        engine.commit(rows, gone)?;
    }
    Ok((commits * batch) as f64 / begin.elapsed().as_secs_f64())
}

/// A folder where things are built: that is on a disk, and `/tmp` may be memory, where to flush costs nothing.
fn on_disk() -> std::io::Result<tempfile::TempDir> {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
}

const STORE: &str = "store";

/// A store of 100,000 records.
fn fill<E: Engine>(path: &Path) -> Result<E, Failure> {
    let mut engine = E::open(path)?;
    for commit in 0..MANY / KEPT {
        engine.commit(commit * KEPT..(commit + 1) * KEPT, 0..0)?;
    }
    Ok(engine)
}

/// Seconds to open and read, bytes on disk, and seconds to open and read after a kill.
async fn recovery<E: Engine>(engine: &str) -> Result<[f64; 3], Failure> {
    let (closed, killed) = (on_disk()?, on_disk()?);
    let path = closed.path().join(STORE);
    drop(fill::<E>(&path)?);
    let bytes = size(&path)?;
    let (seconds, count) = read::<E>(&path)?;
    assert_eq!(count, MANY);
    write_and_be_killed(engine, killed.path()).await?;
    let (seconds_after_kill, count) = read::<E>(&killed.path().join(STORE))?;
    assert!(count >= MANY, "{count}");
    Ok([seconds, bytes as f64, seconds_after_kill])
}

/// Seconds to open and read all, and how many there are.
fn read<E: Engine>(path: &Path) -> Result<(f64, u64), Failure> {
    let begin = Instant::now();
    let count = E::open(path)?.count()?;
    Ok((begin.elapsed().as_secs_f64(), count as u64))
}

fn size(path: &Path) -> Result<u64, Failure> {
    if path.is_file() {
        return Ok(fs::metadata(path)?.len());
    }
    let entries: Vec<_> = fs::read_dir(path)?.collect::<Result<_, _>>()?;
    entries.into_iter().map(|entry| size(&entry.path())).sum()
}

/// Counts.
#[derive(Device, Clone, Debug)]
struct Meter {
    #[asset(kind = "sensor", retention = "stored")]
    energy: u64,
}

/// States a second that are stored, sent, acknowledged and deleted.
async fn states() -> Result<f64, Failure> {
    let folder = on_disk()?;
    let memory = MemoryPlatform::new();
    let platform = memory.platform().outbox(OutboxConfig::new().folder(folder.path()));
    let meter = platform.device("METER-1", Meter { energy: 0 }).connect().await?;
    let begin = Instant::now();
    set_many(&meter).await?;
    let rate = MANY as f64 / begin.elapsed().as_secs_f64();
    while meter.stats().pending > 0 {
        tokio::task::yield_now().await;
    }
    meter.close().await?;
    Ok(rate)
}

async fn set_many(meter: &MeterDevice) -> Result<(), Failure> {
    let setters = (0..SETTERS).map(|setter| {
        let meter = meter.clone();
        async move {
            for step in 1..=MANY / SETTERS {
                meter.set_energy(setter * MANY + step).await?;
            }
            Ok::<_, edge_runtime::SetError>(())
        }
    });
    try_join_all(setters).await?;
    Ok(())
}

/// A meter that starts with what is in this folder, and has no platform.
async fn alone(folder: &Path) -> Result<MeterDevice, ConnectError> {
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let config = OutboxConfig::new().messages(2 * MANY as usize).bytes(64 << 20).folder(folder);
    let platform = memory.platform().outbox(config);
    platform.device("METER-1", Meter { energy: 0 }).start_offline(true).connect().await
}

async fn write_states(folder: &Path) -> Result<MeterDevice, Failure> {
    let meter = alone(folder).await?;
    set_many(&meter).await?;
    Ok(meter)
}

/// Seconds that a device takes to start with what its store has from somebody else.
async fn again(write: impl AsyncFnOnce(&Path) -> Result<(), Failure>) -> Result<f64, Failure> {
    let folder = on_disk()?;
    write(folder.path()).await?;
    let begin = Instant::now();
    let meter = alone(folder.path()).await?;
    let seconds = begin.elapsed().as_secs_f64();
    let pending = meter.stats().pending as u64;
    assert!(pending >= MANY, "{pending}");
    meter.close().await?;
    Ok(seconds)
}
