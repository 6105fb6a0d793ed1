//! Storage objects: how fast a large file gets to a platform beside what curl reaches, and in how much memory.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use edge_runtime::{Device, Platform, StorageObject};
use edge_tests::PlatformProgram;
use edge_tests::bench::{self, Figures, median, resident_of};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const MIB: u64 = 1024 * 1024;
const BYTES: u64 = 1024 * MIB;
const REPETITIONS: usize = 5;

#[derive(Device, Clone, Debug)]
struct Camera {
    #[asset(kind = "sensor")]
    film: Option<StorageObject>,
}

fn main() -> ExitCode {
    bench::main(run)
}

async fn run(figures: &mut Figures) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("film.mp4");
    write(&path)?;
    let program = PlatformProgram::start(&[]).await;
    let platform = Platform::at(&program.connector, &program.mqtt).http(program.http.url()).build()?;
    let camera = platform.device("CAM-1", Camera { film: None }).connect().await?;
    let curl = figures.needs("curl", "what `curl -T` reaches in the same run");
    let (mut ours, mut curls, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    // Connections, threads and buffers are there before memory is looked at.
    let small = folder.path().join("small");
    std::fs::write(&small, vec![0; 4 * MIB as usize])?;
    camera.set_film(Some(StorageObject::file(&small))).await?;
    if curl.is_some() {
        curl_once(&small, &program)?;
    }
    let own = Peak::watch("self".to_owned());
    let platforms = Peak::watch(program.process.id().map(|id| id.to_string()).unwrap_or_default());
    for _ in 0..REPETITIONS {
        let begin = Instant::now();
        camera.set_film(Some(StorageObject::file(&path))).await?;
        let own = rate(begin);
        ours.push(own);
        if curl.is_some() {
            let begin = Instant::now();
            curl_once(&path, &program)?;
            let theirs = rate(begin);
            curls.push(theirs);
            ratios.push(own / theirs);
        }
    }
    figures.tell("upload of 1 GiB", median(ours), "MiB/s");
    if !curls.is_empty() {
        figures.tell("the same with curl -T", median(curls), "MiB/s");
        figures.at_least("upload, part of curl's speed in the same run", median(ratios), 0.5, "");
    }
    figures.at_most("memory that the device's program takes for it", own.mib(), 16.0, "MiB");
    figures.at_most("memory that the platform takes for it", platforms.mib(), 16.0, "MiB");
    camera.close().await?;
    Ok(())
}

fn write(path: &Path) -> Result<(), Failure> {
    let mut file = File::create(path)?;
    let mut block = vec![0; MIB as usize];
    fastrand::Rng::with_seed(7).fill(&mut block);
    for number in 0..BYTES / MIB {
        block[..8].copy_from_slice(&number.to_be_bytes());
        file.write_all(&block)?;
    }
    file.sync_all()?;
    Ok(())
}

fn rate(begin: Instant) -> f64 {
    (BYTES / MIB) as f64 / begin.elapsed().as_secs_f64()
}

fn curl_once(path: &Path, program: &PlatformProgram) -> Result<(), Failure> {
    let url = format!("{}/device/CAM-1/object/curl.mp4", program.http.url());
    let status = Command::new("curl").args(["-sSf", "-o", "/dev/null", "-T"]).arg(path).arg(url).status()?;
    if status.success() { Ok(()) } else { Err(format!("curl: {status}").into()) }
}

/// The most memory that a process has resident, looked at again and again.
struct Peak {
    before: u64,
    most: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Peak {
    fn watch(process: String) -> Self {
        let before = resident_of(&process);
        let (most, stop) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let (seen, stopped) = (Arc::clone(&most), Arc::clone(&stop));
        tokio::spawn(async move {
            while !stopped.load(Ordering::Relaxed) {
                seen.fetch_max(resident_of(&process), Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        Self { before, most, stop }
    }

    /// How much more than at the beginning.
    fn mib(self) -> f64 {
        self.stop.store(true, Ordering::Relaxed);
        self.most.load(Ordering::Relaxed).saturating_sub(self.before) as f64 / MIB as f64
    }
}
