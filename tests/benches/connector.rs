//! The Connector: what reconciling costs beside calls that are written by hand, what a device on a host
//! costs, and how much the service takes.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use edge_platform::{Config, DatabaseUrl, Server};
use edge_proto::connector::v1;
use edge_proto::connector::v1::connector_service_client::ConnectorServiceClient;
use edge_proto::{Asset, AssetType, AssetVendor, Device as Declared, Kind, Profile, ValueType};
use edge_runtime::model::OverwritePolicy;
use edge_runtime::{Device, Host, Platform};
use edge_tests::bench::{self, Figures, median, percentile, resident};
use edge_tests::{PlatformProgram, TestResult};
use tokio::task::JoinSet;
use tonic::transport::Channel;

/// How often each thing is done; ours and the one by hand in turns.
const REPETITIONS: usize = 7;
const ASSETS: usize = 10_000;

fn main() -> ExitCode {
    bench::main(run)
}

async fn run(figures: &mut Figures) -> TestResult {
    // First, while this process has nothing else in memory.
    memory(figures).await?;
    let folder = tempfile::tempdir()?;
    let mut config = Config::default();
    config.database = DatabaseUrl::sqlite(folder.path().join("bench.db"));
    let server = Server::start(config).await?;
    reconciling(figures, &server).await?;
    service(figures, &server).await?;
    server.close().await;
    Ok(())
}

fn declared(sn: &str, assets: usize) -> Declared {
    let asset = |index: usize| Asset {
        name: format!("measurement-{index:05}"),
        kind: Kind::Sensor,
        title: format!("Measurement {index}"),
        description: "What the sensor at this place measures".into(),
        profile: Profile {
            minimum: Some((-40).into()),
            maximum: Some(85.into()),
            unit: Some("°C".into()),
            ..Profile::new(ValueType::Number)
        },
    };
    Declared {
        sn: sn.into(),
        model: "urn:bench:big:1".into(),
        title: "Big".into(),
        description: String::new(),
        asset_type: AssetType::Sensor,
        vendor: AssetVendor::Unknown,
        parent: None,
        assets: (0..assets).map(asset).collect(),
    }
}

/// Some assets otherwise than they were.
fn changed(mut device: Declared, round: usize) -> Declared {
    device.assets.iter_mut().step_by(100).for_each(|asset| asset.title = format!("Changed {round}"));
    device
}

async fn by_hand(server: &Server) -> Result<ConnectorServiceClient<Channel>, tonic::transport::Error> {
    const MAX: usize = 64 * 1024 * 1024;
    let client = ConnectorServiceClient::connect(server.connector_url()).await?;
    Ok(client.max_decoding_message_size(MAX).max_encoding_message_size(MAX))
}

async fn reconciling(figures: &mut Figures, server: &Server) -> TestResult {
    let platform = Platform::at(server.connector_url(), server.mqtt_url()).build()?;
    let mut client = by_hand(server).await?;
    let always = OverwritePolicy::Always;
    platform.reconcile(declared("WARM-UP", 10), always).await?;
    let (mut registered, mut unchanged, mut some_changed) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..REPETITIONS {
        let (ours, hand) =
            (declared(&format!("OURS-{round}"), ASSETS), declared(&format!("HAND-{round}"), ASSETS));
        let message = v1::RegisterAssetRequest { asset: Some((&hand).into()) };
        let start = Instant::now();
        platform.reconcile(ours.clone(), always).await?;
        let our_time = start.elapsed();
        let start = Instant::now();
        client.register_asset(message).await?;
        registered.push(our_time.as_secs_f64() / start.elapsed().as_secs_f64());

        let start = Instant::now();
        platform.reconcile(ours.clone(), always).await?;
        unchanged.push(start.elapsed().as_secs_f64() * 1000.0);

        let (ours, new) = (changed(ours, round), changed(hand.clone(), round));
        let start = Instant::now();
        platform.reconcile(ours, always).await?;
        let our_time = start.elapsed();
        let start = Instant::now();
        let asset =
            client.get_asset_by_sn(v1::GetAssetBySnRequest { sn: new.sn.clone() }).await?.into_inner();
        let batch = v1::ReconcileAssetRequest {
            sn: new.sn.clone(),
            version: asset.version,
            upsert: new.assets.iter().step_by(100).map(Into::into).collect(),
            ..v1::ReconcileAssetRequest::default()
        };
        client.reconcile_asset(tokio_stream::iter([batch])).await?;
        some_changed.push(our_time.as_secs_f64() / start.elapsed().as_secs_f64());
    }
    figures.at_most("10,000 assets, nothing registered / batch by hand", median(registered), 1.5, "x");
    // It includes building and hashing the declaration: that is what a device's start does.
    figures.at_most("10,000 assets, unchanged: the call", bare_session(&mut client).await?, 2.0, "ms");
    figures.tell("10,000 assets, unchanged: with hashing the declaration", median(unchanged), "ms");
    figures.at_most("10,000 assets, 1 % changed / list and batch by hand", median(some_changed), 2.0, "x");
    Ok(())
}

/// The one call that an unchanged device makes.
async fn bare_session(client: &mut ConnectorServiceClient<Channel>) -> Result<f64, tonic::Status> {
    let mut samples = Vec::new();
    for _ in 0..REPETITIONS * 3 {
        let start = Instant::now();
        client.open_session(v1::OpenSessionRequest { sn: "OURS-0".into(), ..Default::default() }).await?;
        samples.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(median(samples))
}

/// Ten assets.
#[derive(Device, Clone)]
#[device(model = "urn:bench:ten:1")]
struct Ten {
    #[asset(kind = "sensor", unit = "°C")]
    a: f64,
    #[asset(kind = "sensor", unit = "°C")]
    b: f64,
    #[asset(kind = "sensor", unit = "°C")]
    c: f64,
    #[asset(kind = "sensor", unit = "°C")]
    d: f64,
    #[asset(kind = "sensor", unit = "°C")]
    e: f64,
    #[asset(kind = "sensor", unit = "°C")]
    f: f64,
    #[asset(kind = "sensor", unit = "°C")]
    g: f64,
    #[asset(kind = "config", min = 1)]
    h: u32,
    #[asset(kind = "config")]
    i: bool,
    #[asset(kind = "sensor", unit = "°C")]
    j: f64,
}

const TEN: Ten =
    Ten { a: 20.5, b: 21.5, c: 22.5, d: 23.5, e: 24.5, f: 25.5, g: 26.5, h: 60, i: true, j: 27.5 };

async fn memory(figures: &mut Figures) -> TestResult {
    const DEVICES: usize = 10_000;
    let mut program = PlatformProgram::start(&[]).await;
    let platform = Platform::at(program.connector.clone(), program.mqtt.clone()).build()?;
    let host = Host::new(&platform, "BENCH-HOST")?;
    let first = host.device("TEN-FIRST", TEN).connect().await?;
    first.set_a(1.0).await?.delivered().await?;
    let before = resident();
    let mut starts = JoinSet::new();
    let mut devices = Vec::with_capacity(DEVICES);
    let start = Instant::now();
    for index in 0..DEVICES {
        if starts.len() >= 32 {
            devices.push(starts.join_next().await.expect("there are some")??);
        }
        let builder = host.device(format!("TEN-{index}"), TEN).startup_timeout(Duration::from_secs(120));
        starts.spawn(builder.connect());
    }
    while let Some(device) = starts.join_next().await {
        devices.push(device??);
    }
    let took = start.elapsed();
    for device in &devices {
        device.set_a(2.0).await?;
    }
    devices[DEVICES - 1].set_a(3.0).await?.delivered().await?;
    let each = (resident() - before) as f64 / DEVICES as f64 - size_of::<Ten>() as f64;
    figures.at_most("client memory for a device of ten assets on a host", each / 1024.0, 3.0, "KiB");
    figures.tell("starting 10,000 devices on one host", took.as_secs_f64(), "s");
    // Closing them is not measured.
    program.process.kill().await?;
    Ok(())
}

async fn service(figures: &mut Figures, server: &Server) -> TestResult {
    const CALLS: usize = 10_000;
    let client = by_hand(server).await?;
    let register = |mut client: ConnectorServiceClient<Channel>, index: usize| async move {
        let device = declared(&format!("SERVICE-{index}"), 10);
        client.register_asset(v1::RegisterAssetRequest { asset: Some((&device).into()) }).await.map(drop)
    };
    measure(figures, "registrations, SQLite file", client.clone(), CALLS, register).await?;
    let look_up = |mut client: ConnectorServiceClient<Channel>, index: usize| async move {
        client.get_asset_by_sn(v1::GetAssetBySnRequest { sn: format!("SERVICE-{index}") }).await.map(drop)
    };
    measure(figures, "lookups by serial number", client, CALLS, look_up).await
}

/// Calls from sixteen callers at once.
async fn measure<F: Future<Output = Result<(), tonic::Status>> + Send + 'static>(
    figures: &mut Figures,
    name: &str,
    client: ConnectorServiceClient<Channel>,
    calls: usize,
    call: impl Fn(ConnectorServiceClient<Channel>, usize) -> F + Send + Sync + 'static,
) -> TestResult {
    const CALLERS: usize = 16;
    let (call, mut callers) = (Arc::new(call), JoinSet::new());
    let start = Instant::now();
    for caller in 0..CALLERS {
        let (call, client) = (Arc::clone(&call), client.clone());
        callers.spawn(async move {
            let mut times = Vec::with_capacity(calls / CALLERS + 1);
            for index in (caller..calls).step_by(CALLERS) {
                let start = Instant::now();
                call(client.clone(), index).await?;
                times.push(start.elapsed());
            }
            Ok::<_, tonic::Status>(times)
        });
    }
    let mut times = Vec::with_capacity(calls);
    while let Some(caller) = callers.join_next().await {
        times.extend(caller??);
    }
    let per_second = calls as f64 / start.elapsed().as_secs_f64();
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    figures.tell(&format!("10,000 {name}"), per_second, "calls/s");
    figures.tell(&format!("10,000 {name}: p50"), ms(percentile(&mut times, 0.5)), "ms");
    figures.tell(&format!("10,000 {name}: p99"), ms(percentile(&mut times, 0.99)), "ms");
    Ok(())
}
