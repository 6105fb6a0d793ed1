//! Answers that are lost after the real Connector has done what was asked: it is done once.

use edge_platform::Embedded;
use edge_runtime::connector::{Asset, Code, ConnectorClient, ListAssets, SubAsset};
use edge_tests::{FakeConnector, Reply, TestResult};

use super::client;

/// A real Connector, and a client that loses the first answer of each method that writes.
struct Lossy {
    real: Embedded,
    fake: FakeConnector,
    client: ConnectorClient,
}

impl Lossy {
    async fn start() -> Result<Self, Box<dyn std::error::Error>> {
        let real = Embedded::start().await?;
        let fake = FakeConnector::before(real.connector_url(), |call| {
            let reads = call.method.starts_with("Get") || call.method.starts_with("List");
            if call.index == 0 && !reads { Reply::Lose } else { Reply::Forward }
        })
        .await;
        Ok(Self { client: client(&fake), real, fake })
    }
}

fn dock() -> Asset {
    Asset::new("DOCK-1").name("Dock").with(SubAsset::device("DRONE-1"))
}

#[tokio::test]
async fn what_is_registered_twice_is_there_once() -> TestResult {
    let Lossy { real, fake, client } = Lossy::start().await?;
    let dock = client.register_asset(&dock()).await?;
    assert_eq!(fake.count("RegisterAsset"), 2);
    assert_eq!(client.list_assets(&ListAssets::default()).await?, [dock]);
    real.close().await;
    Ok(())
}

#[tokio::test]
async fn what_is_changed_twice_is_one_version_further() -> TestResult {
    let Lossy { real, fake, client } = Lossy::start().await?;
    let dock = client.register_asset(&dock()).await?;
    let renamed = client.update_asset(&dock.clone().name("Renamed")).await?;
    assert_eq!(fake.count("UpdateAsset"), 2);
    assert_eq!((renamed.name.as_str(), renamed.version), ("Renamed", dock.version + 1));
    assert_eq!(client.get_asset(&dock.id).await?, renamed);
    real.close().await;
    Ok(())
}

#[tokio::test]
async fn what_is_gone_at_the_second_attempt_is_deleted() -> TestResult {
    let Lossy { real, fake, client } = Lossy::start().await?;
    let dock = client.register_asset(&dock()).await?;
    client.remove_sub_asset(&dock.sub_assets[0].id).await?;
    client.delete_asset(&dock.id).await?;
    assert_eq!((fake.count("RemoveSubAsset"), fake.count("DeleteAsset")), (2, 2));
    // What was not there at the first attempt was not deleted by it.
    for gone in [client.delete_asset(&dock.id).await, client.remove_sub_asset(&dock.id).await] {
        assert_eq!(gone.unwrap_err().code(), Code::NotFound);
    }
    real.close().await;
    Ok(())
}

#[tokio::test]
async fn what_is_added_is_not_added_again() -> TestResult {
    let Lossy { real, fake, client } = Lossy::start().await?;
    client.register_asset(&dock()).await?;
    let error = client.add_sub_asset("DOCK-1", &SubAsset::device("DRONE-2")).await.unwrap_err();
    assert_eq!((error.code(), fake.count("AddSubAsset")), (Code::Unavailable, 1));
    // Whether it was is found by reading.
    let dock = client.get_asset_by_sn("DOCK-1").await?;
    let parts: Vec<_> = dock.sub_assets.iter().filter_map(SubAsset::sn).collect();
    assert_eq!(parts, ["DRONE-1", "DRONE-2"]);
    real.close().await;
    Ok(())
}
