//! Startup: what is declared and what is registered are brought together, or nothing is written.

use edge_platform::Embedded;
use edge_runtime::model::OverwritePolicy;
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{ConnectError, Device, DeviceId, Platform, ReconcileError};
use edge_tests::TestResult;

use crate::model::{Driver, Greenhouse, SN, start};

#[tokio::test]
async fn v59_an_unchanged_device_takes_one_round_trip_and_no_write() -> TestResult {
    let memory = MemoryPlatform::new();
    start(&memory).await?.close().await?;
    let before = (memory.calls(), memory.writes());
    let device = start(&memory).await?;
    assert_eq!((memory.calls(), memory.writes()), (before.0 + 1, before.1));
    assert_eq!(device.session(), 2);
    device.close().await?;
    Ok(())
}

#[tokio::test]
async fn false_refuses_with_every_difference_and_leaves_the_platform_untouched() -> TestResult {
    let memory = MemoryPlatform::new();
    start(&memory).await?.close().await?;
    memory.edit(SN, |device| {
        device.assets[0].profile.maximum = Some(80.into());
        device.assets[3].kind = edge_runtime::Kind::Config;
        device.assets[4].title = "Cosmetic".to_owned();
        device.assets.remove(1);
    });
    let (registered, writes) = (memory.registered(SN), memory.writes());
    let error = start(&memory).await.unwrap_err();
    let ConnectError::Reconcile(ReconcileError::AssetMismatch { device, differences }) = &error else {
        panic!("{error:?}")
    };
    assert_eq!((device.as_str(), differences.len()), (SN, 2));
    assert_eq!(
        error.to_string(),
        "the assets of `GH-1` are registered otherwise than declared:\
         \n  temperature.maximum: 80 -> 85 (limiting)\n  vent.kind: config -> actuator (breaking)"
    );
    assert_eq!((memory.registered(SN), memory.writes()), (registered, writes));
    Ok(())
}

#[tokio::test]
async fn other_writers_are_outlasted_up_to_five_times() -> TestResult {
    let memory = MemoryPlatform::new();
    start(&memory).await?.close().await?;
    memory.edit(SN, |device| device.assets.clear());
    memory.conflict(4);
    start(&memory).await?.close().await?;
    assert_eq!(memory.registered(SN).unwrap().assets.len(), 7);
    Ok(())
}

/// Whoever provisions is not the device: a platform that hears of a session leaves it to the device to judge commands, and
/// waits for its answers.
#[tokio::test]
async fn provisioning_opens_no_session() -> TestResult {
    let memory = MemoryPlatform::new();
    let embedded = Embedded::start().await?;
    for platform in [memory.platform(), Platform::at(embedded.connector_url(), embedded.mqtt_url()).build()?]
    {
        let (declared, never) = (Greenhouse::MODEL.declare(&DeviceId::new(SN)?), OverwritePolicy::Never);
        for _ in 0..2 {
            assert_eq!(platform.reconcile(declared.clone(), never).await?.session, 0);
        }
        let device = platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
        let session = device.session();
        assert!(session > 0);
        assert_eq!(platform.reconcile(declared, never).await?.session, session);
        device.close().await?;
    }
    embedded.close().await;
    Ok(())
}

/// As the greenhouse, with another maximum of the temperature.
mod changed {
    use edge_runtime::Device;

    #[derive(Device, Clone)]
    #[device(model = "urn:test:greenhouse:1", title = "Greenhouse")]
    pub(crate) struct Warmer {
        /// Air temperature
        #[asset(kind = "sensor", unit = "°C", min = -40.0, max = 95.0)]
        pub(crate) temperature: f64,
    }
}

async fn registered(
    platform: &Platform,
) -> Result<edge_runtime::reconcile::Plan, Box<dyn std::error::Error>> {
    Ok(platform.plan::<Greenhouse>(SN).await?)
}

#[tokio::test]
async fn over_grpc_the_policies_do_what_they_say() -> TestResult {
    let embedded = Embedded::start().await?;
    let platform = Platform::at(embedded.connector_url(), embedded.mqtt_url()).build()?;
    assert!(registered(&platform).await?.new_device);
    platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?.close().await?;
    assert!(registered(&platform).await?.is_in_sync());

    let warmer = || platform.device(SN, changed::Warmer { temperature: 20.0 });
    let error = warmer().connect().await.map(drop).unwrap_err();
    assert!(error.to_string().contains("temperature.maximum: 85 -> 95 (limiting)"), "{error}");
    assert!(registered(&platform).await?.is_in_sync(), "untouched");

    warmer().overwrite_assets(OverwritePolicy::Always).connect().await?.close().await?;
    let plan = platform.plan::<changed::Warmer>(SN).await?;
    assert!(plan.missing.is_empty() && plan.mismatches().next().is_none(), "{plan}");
    assert_eq!(plan.orphans, ["humidity", "sum", "vent", "period", "divisor", "reciprocal"], "kept");

    warmer().overwrite_assets(OverwritePolicy::Prune).connect().await?.close().await?;
    assert!(platform.plan::<changed::Warmer>(SN).await?.is_in_sync());
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn plans_are_json_too() -> TestResult {
    let declared = Greenhouse::MODEL.declare(&DeviceId::new(SN)?);
    let mut other = declared.clone();
    other.assets[0].profile.maximum = Some(80.into());
    let plan = edge_runtime::reconcile::plan(&declared, Some(&other), OverwritePolicy::Prune);
    let json = serde_json::to_value(&plan)?;
    assert_eq!((&json["policy"], &json["differences"][0]["severity"]), (&"prune".into(), &"limiting".into()));
    Ok(())
}
