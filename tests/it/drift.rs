//! What is registered has drifted from what is declared: every kind of difference under every policy, in
//! memory and over gRPC. What is written is exactly what must be, and nothing the second time.

use edge_platform::Embedded;
use edge_proto::{Asset, AssetType, AssetVendor, Device, Kind, Profile, ValueType};
use edge_runtime::connector::{self, ConnectorClient, Part, SubAsset};
use edge_runtime::model::OverwritePolicy::{self, Always, Never, Prune};
use edge_runtime::registry::{Opening, Registry as _};
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Platform, ReconcileError};
use edge_tests::TestResult;

fn asset(name: &str, value_type: ValueType) -> Asset {
    Asset {
        name: name.into(),
        kind: Kind::Config,
        title: "Title".into(),
        description: "Description".into(),
        profile: Profile::new(value_type),
    }
}

/// What the program declares.
fn declared(sn: &str) -> Device {
    let mut level = asset("level", ValueType::Number);
    level.profile = Profile {
        minimum: Some(0.into()),
        maximum: Some(100.into()),
        unit: Some("%".into()),
        ..level.profile
    };
    let mut mode = asset("mode", ValueType::String);
    mode.profile.allowed = vec!["eco".into(), "boost".into()];
    Device {
        sn: sn.into(),
        model: "urn:test:drift:1".into(),
        title: "Drift".into(),
        description: String::new(),
        asset_type: AssetType::Sensor,
        vendor: AssetVendor::from("Acme"),
        parent: None,
        assets: vec![level, mode],
    }
}

/// What becomes of a difference.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    /// `AssetMismatch`, and nothing is written.
    Refused,
    /// One write, and the registered device is as declared.
    Written,
    /// Nothing is written, and the difference stays.
    Left,
    /// Nothing is written, because there is no difference.
    Same,
}

use Fate::{Left, Refused, Same, Written};

/// What somebody did to the registered device, and its fate under `false`, `true`, `"prune"`.
type Case = (&'static str, fn(&mut Device), [Fate; 3]);

const CASES: [Case; 16] = [
    ("nothing", |_| {}, [Same, Same, Same]),
    ("order", |device| device.assets.reverse(), [Same, Same, Same]),
    ("missing", |device| drop(device.assets.pop()), [Written, Written, Written]),
    ("orphan", |device| device.assets.push(asset("old", ValueType::Boolean)), [Left, Left, Written]),
    ("kind", |device| device.assets[0].kind = Kind::Sensor, [Refused, Written, Written]),
    ("type", |d| d.assets[0].profile.value_type = ValueType::Integer, [Refused, Written, Written]),
    ("unit", |d| d.assets[0].profile.unit = Some("bar".into()), [Refused, Written, Written]),
    ("minimum", |d| d.assets[0].profile.minimum = None, [Refused, Written, Written]),
    ("maximum", |d| d.assets[0].profile.maximum = Some(80.into()), [Refused, Written, Written]),
    ("enum", |d| d.assets[1].profile.allowed = vec!["eco".into()], [Refused, Written, Written]),
    ("case-only name", |device| device.assets[0].name = "LEVEL".into(), [Refused, Written, Written]),
    ("title", |device| device.assets[0].title = "By hand".into(), [Left, Written, Written]),
    ("description", |device| device.assets[0].description = "By hand".into(), [Left, Written, Written]),
    ("device title", |device| device.title = "By hand".into(), [Left, Written, Written]),
    ("device model", |device| device.model = "urn:other".into(), [Left, Written, Written]),
    ("vendor and type", |d| (d.vendor, d.asset_type) = Default::default(), [Left, Written, Written]),
];

const POLICIES: [OverwritePolicy; 3] = [Never, Always, Prune];

fn sorted(mut device: Device) -> Device {
    device.assets.sort_by(|a, b| a.name.cmp(&b.name));
    device
}

/// Somebody's registry: how it is looked into.
trait Peek {
    async fn registered(&self, sn: &str) -> (Device, u64);
}

impl Peek for MemoryPlatform {
    async fn registered(&self, sn: &str) -> (Device, u64) {
        (self.registered(sn).unwrap(), self.writes() as u64)
    }
}

impl Peek for ConnectorClient {
    async fn registered(&self, sn: &str) -> (Device, u64) {
        let asset = self.get_asset_by_sn(sn).await.unwrap();
        {
            let version = asset.version;
            (device(asset), version)
        }
    }
}

/// A registered asset as a declaration.
fn device(asset: connector::Asset) -> Device {
    let point = |part: SubAsset| match part.part {
        Part::DataPoint(point) => point,
        other => panic!("these have data points only: {other:?}"),
    };
    Device {
        sn: asset.sn,
        model: asset.model,
        title: asset.name,
        description: asset.description,
        asset_type: asset.asset_type,
        vendor: asset.vendor,
        parent: None,
        assets: asset.sub_assets.into_iter().map(point).collect(),
    }
}

async fn check(platform: &Platform, peek: &impl Peek, sn: &str, policy: OverwritePolicy, fate: Fate) {
    let what = format!("{sn} under {policy}");
    let (before, version) = peek.registered(sn).await;
    let result = platform.reconcile(declared(sn), policy).await;
    let (after, written) = peek.registered(sn).await;
    let wanted = sorted(declared(sn));
    match fate {
        Refused => {
            let Err(ReconcileError::AssetMismatch { differences, .. }) = result else {
                panic!("{what}: {result:?}")
            };
            assert_eq!(differences.len(), 1, "{what}: {differences:?}");
            assert_eq!((&after, written), (&before, version), "{what}");
        }
        Written => {
            assert!(result.is_ok(), "{what}: {result:?}");
            assert_eq!((sorted(after.clone()), written), (wanted, version + 1), "{what}");
        }
        Left | Same => {
            let plan = result.unwrap().plan;
            assert_eq!(plan.is_none(), fate == Same, "{what}: the digest decides");
            assert_eq!((&after, written), (&before, version), "{what}");
        }
    }
    if fate != Refused {
        platform.reconcile(declared(sn), policy).await.unwrap();
        assert_eq!(peek.registered(sn).await.1, written, "{what}: the second time nothing is written");
    }
}

/// A serial number for a case.
fn sn(index: usize, policy: OverwritePolicy) -> String {
    format!("DRIFT-{index}-{policy:?}")
}

#[tokio::test]
async fn in_memory() -> TestResult {
    let memory = MemoryPlatform::new();
    let platform = memory.platform();
    for (index, (_, edit, fates)) in CASES.iter().enumerate() {
        for (policy, fate) in POLICIES.into_iter().zip(fates) {
            let sn = sn(index, policy);
            platform.reconcile(declared(&sn), policy).await?;
            memory.edit(&sn, edit);
            check(&platform, &memory, &sn, policy, *fate).await;
        }
    }
    Ok(())
}

#[tokio::test]
async fn over_grpc() -> TestResult {
    let embedded = Embedded::start().await?;
    let platform = Platform::at(embedded.connector_url(), embedded.mqtt_url()).build()?;
    let client = ConnectorClient::builder(embedded.connector_url()).build()?;
    for (index, (_, edit, fates)) in CASES.iter().enumerate() {
        for (policy, fate) in POLICIES.into_iter().zip(fates) {
            let sn = sn(index, policy);
            let mut drifted = declared(&sn);
            edit(&mut drifted);
            platform.reconcile(drifted, policy).await?;
            check(&platform, &client, &sn, policy, *fate).await;
        }
    }
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn a_hundred_double_starts_make_one_device_each() -> TestResult {
    let embedded = Embedded::start().await?;
    let platform = || Platform::at(embedded.connector_url(), embedded.mqtt_url()).build();
    let (first, second) = (platform()?, platform()?);
    let client = ConnectorClient::builder(embedded.connector_url()).build()?;
    for round in 0..100 {
        let sn = format!("TWIN-{round}");
        let mut older = declared(&sn);
        older.assets.truncate(1);
        // One of them is an older program; the newer one's assets are there in the end.
        let (one, other) =
            tokio::join!(first.reconcile(older, Always), second.reconcile(declared(&sn), Always));
        one?;
        other?;
        let (twin, start) = (declared(&sn), Opening::Start(None));
        let (one, other) = tokio::join!(client.open_session(&twin, start), client.open_session(&twin, start));
        assert_ne!(one?.map(|session| session.number), other?.map(|session| session.number));
        let registered = client.get_asset_by_sn(&sn).await?;
        assert_eq!(sorted(device(registered)), sorted(declared(&sn)), "{sn}");
    }
    embedded.close().await;
    Ok(())
}
