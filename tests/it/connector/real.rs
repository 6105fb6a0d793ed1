//! Every method and every documented error, against the real Connector.

use edge_platform::{Config, Embedded, Server, Tokens};
use edge_proto::{Device, DeviceId};
use edge_runtime::connector::{
    Asset, AssetField, AssetType, AssetVendor, Code, ConnectorClient, ConnectorError, DataPoint, ListAssets,
    Part, Retry, SubAsset,
};
use edge_runtime::reconcile::Batch;
use edge_runtime::registry::{Registry as _, RegistryError};
use edge_runtime::{Kind, Limits, Number, Profile, ValueType};
use edge_tests::{FakeConnector, Reply, TestResult};

use super::{bare_dock, client};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

async fn start() -> Result<(Embedded, ConnectorClient)> {
    let embedded = Embedded::start().await?;
    let address = embedded.grpc();
    let client = ConnectorClient::connect(&address.ip().to_string(), address.port())?;
    Ok((embedded, client))
}

fn point(name: &str) -> DataPoint {
    let limits = Limits { maximum: Some(Number::from(100_u8)), ..Limits::NONE };
    DataPoint {
        name: name.to_owned(),
        kind: Kind::Sensor,
        title: "Title".to_owned(),
        description: "Description".to_owned(),
        profile: Profile::new(ValueType::Number).with_limits(limits),
    }
}

/// All that a caller can say.
fn dock() -> Asset {
    Asset::new("DOCK-1")
        .name("Roof dock")
        .asset_type(AssetType::Dock)
        .vendor(AssetVendor::Dji)
        .organization_id("org-1")
        .description("On the roof")
        .model("urn:example:dock:1")
        .with(point("wind"))
        .with(Asset::new("DRONE-1").name("Mavic 3").with(point("battery")))
}

/// Without what the registry gives.
fn declared(asset: &Asset) -> Asset {
    let mut asset = asset.clone();
    (asset.id, asset.version, asset.digest) = (String::new(), 0, String::new());
    (asset.created_at, asset.updated_at) = (None, None);
    asset.sub_assets = asset.sub_assets.iter().map(declared_part).collect();
    asset
}

fn declared_part(part: &SubAsset) -> SubAsset {
    match &part.part {
        Part::Device(device) => {
            // Where it stands says the same.
            SubAsset::device(Asset {
                parent_sn: String::new(),
                organization_id: String::new(),
                ..declared(device)
            })
        }
        Part::DataPoint(point) => SubAsset::data_point(point.clone()),
        other => panic!("{other:?}"),
    }
}

fn code<T>(result: std::result::Result<T, ConnectorError>) -> Code {
    result.map(drop).unwrap_err().code()
}

#[tokio::test]
async fn what_is_registered_is_what_is_found() -> TestResult {
    let (embedded, client) = start().await?;
    let registered = client.register_asset(&dock()).await?;
    assert_eq!(declared(&registered), dock());
    assert!(!registered.id.is_empty() && !registered.digest.is_empty() && registered.created_at.is_some());
    assert_eq!(client.get_asset(&registered.id).await?, registered);
    assert_eq!(client.get_asset_by_sn("DOCK-1").await?, registered);
    // Whoever registers it again gets what is there.
    assert_eq!(client.register_asset(&Asset::new("DOCK-1").name("Another")).await?, registered);
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn a_list_has_pages_and_knows_organizations() -> TestResult {
    let (embedded, client) = start().await?;
    for index in 0..7 {
        let organization = if index < 5 { "org-1" } else { "org-2" };
        client.register_asset(&Asset::new(format!("DOCK-{index}")).organization_id(organization)).await?;
    }
    for page_size in [0, 1, 2, 5, u32::MAX] {
        let filter = ListAssets { organization_id: "org-1".to_owned(), page_size };
        let assets = client.list_assets(&filter).await?;
        let serial_numbers: Vec<_> = assets.iter().map(|asset| asset.sn.as_str()).collect();
        assert_eq!(serial_numbers, ["DOCK-0", "DOCK-1", "DOCK-2", "DOCK-3", "DOCK-4"], "{page_size}");
    }
    assert_eq!(client.list_assets(&ListAssets::default()).await?.len(), 7);
    let unknown = client.list_assets_page(&ListAssets::default(), "never given").await;
    assert_eq!(code(unknown), Code::InvalidArgument);
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn updates_change_all_fields_or_those_that_are_named() -> TestResult {
    let (embedded, client) = start().await?;
    let registered = client.register_asset(&dock()).await?;
    let mut asset = registered.clone().name("Renamed").vendor("Acme").asset_type(AssetType::Other);
    asset.sub_assets.pop();
    let updated = client.update_asset(&asset).await?;
    assert_eq!(declared(&updated), declared(&asset));
    assert!(updated.version > registered.version);

    // By serial number, any version, one field.
    let sparse = Asset::new("DOCK-1").name("Ignored").description("By mask");
    let updated = client.update_fields(&sparse, &[AssetField::Description]).await?;
    assert_eq!((updated.name.as_str(), updated.description.as_str()), ("Renamed", "By mask"));

    // Made against a version that is no more.
    assert_eq!(code(client.update_asset(&registered.name("Stale")).await), Code::Aborted);
    assert_eq!(code(client.update_asset(&Asset::new("DOCK-9")).await), Code::NotFound);
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn parts_come_and_go() -> TestResult {
    let (embedded, client) = start().await?;
    client.register_asset(&Asset::new("DOCK-1")).await?;
    let drone = client.add_sub_asset("DOCK-1", &SubAsset::device("DRONE-2")).await?;
    let rain = client.add_sub_asset("DOCK-1", &point("rain").into()).await?;
    assert_eq!((drone.sn(), drone.parent_sn.as_str()), (Some("DRONE-2"), "DOCK-1"));
    assert_eq!(rain.part, Part::DataPoint(point("rain")));
    assert_eq!(client.get_asset_by_sn("DOCK-1").await?.sub_assets.len(), 2);

    for taken in [SubAsset::device("DRONE-2"), point("rain").into(), point("RAIN").into()] {
        assert_eq!(code(client.add_sub_asset("DOCK-1", &taken).await), Code::AlreadyExists, "{taken:?}");
    }
    assert_eq!(code(client.add_sub_asset("DOCK-9", &point("rain").into()).await), Code::NotFound);

    client.remove_sub_asset(&drone.id).await?;
    client.remove_sub_asset(&rain.id).await?;
    assert_eq!(client.get_asset_by_sn("DOCK-1").await?.sub_assets, []);
    assert_eq!(code(client.remove_sub_asset(&rain.id).await), Code::NotFound);
    assert_eq!(code(client.get_asset_by_sn("DRONE-2").await), Code::NotFound);
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn what_is_deleted_is_gone_with_its_children() -> TestResult {
    let (embedded, client) = start().await?;
    let dock = client.register_asset(&dock()).await?;
    client.delete_asset(&dock.id).await?;
    assert_eq!(code(client.delete_asset(&dock.id).await), Code::NotFound);
    let error = client.get_asset_by_sn("DOCK-1").await.unwrap_err();
    let expected =
        format!("get_asset_by_sn at {}: NOT_FOUND: no device with sn `DOCK-1`", embedded.connector_url());
    assert_eq!(error.to_string(), expected);
    assert_eq!(code(client.get_asset_by_sn("DRONE-1").await), Code::NotFound);
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_registered_is_refused_with_the_reason() -> TestResult {
    let (embedded, client) = start().await?;
    client.register_asset(&dock()).await?;
    let stolen = Asset::new("DOCK-2").with(SubAsset::device("DRONE-1"));
    let error = client.register_asset(&stolen).await.unwrap_err();
    assert_eq!(error.code(), Code::AlreadyExists, "{error}");

    let mistakes = Asset::new("").with(point("fine")).with(point("not/fine"));
    let error = client.register_asset(&mistakes).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    let fields: Vec<_> = error.fields().iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["asset.sn", "asset.sub_assets[1].data_point.name"], "{error}");
    assert!(error.fields()[1].description.contains("'/'"), "{error:?}");
    embedded.close().await;
    Ok(())
}

/// A device whose declaration is larger than a message may be: registered without its data points, which
/// then go in pieces, in one call.
#[tokio::test]
async fn what_is_too_large_for_a_message_goes_in_pieces() -> TestResult {
    let embedded = Embedded::start().await?;
    let fake = FakeConnector::before(embedded.connector_url(), |_| Reply::Forward).await;
    let client = client(&fake);
    let large = |index| DataPoint { description: "x".repeat(4000), ..point(&format!("asset-{index}")) };
    let mut device = Device { assets: (0..1000).map(large).collect(), ..bare_dock() };
    client.register(&device).await?;
    let bare = client.fetch(&device).await?.unwrap();
    assert_eq!(bare.device.assets, []);

    let batch = Batch { create: device.assets.clone(), ..Batch::default() };
    client.write(&device, bare.version, &batch).await?;
    let mut found = client.fetch(&device).await?.unwrap();
    found.device.assets.sort_by(|a, b| a.name.cmp(&b.name));
    device.assets.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(found.device == device && found.version == bare.version + 1);
    let pieces = fake.calls().iter().find(|call| call.method == "ReconcileAsset").unwrap().messages;
    assert!((4..=6).contains(&pieces), "{pieces}");

    // Planned against a version that is no more. (What changes nothing is no conflict.)
    let batch = Batch { delete: vec!["asset-0".to_owned()], ..Batch::default() };
    let late = client.write(&device, bare.version, &batch).await;
    assert!(matches!(late, Err(RegistryError::Conflict)), "{late:?}");
    client.remove("DOCK-1").await?;
    client.remove("DOCK-1").await?;
    assert_eq!(client.fetch(&device).await?, None);
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn tokens_decide() -> TestResult {
    let mut config = Config::default();
    config.tokens =
        Tokens::default().with("canary-master").with_device("canary-device", DeviceId::new("DOCK-1")?);
    let server = Server::start(config).await?;
    let client = |token: &str| ConnectorClient::builder(server.connector_url()).token(token).build();
    client("canary-master")?.register_asset(&Asset::new("DOCK-1")).await?;
    client("canary-master")?.register_asset(&Asset::new("DOCK-2")).await?;
    client("canary-device")?.get_asset_by_sn("DOCK-1").await?;

    let nobody = ConnectorClient::builder(server.connector_url()).build()?;
    assert_eq!(code(nobody.get_asset_by_sn("DOCK-1").await), Code::Unauthenticated);
    for (token, expected) in
        [("canary-wrong", Code::Unauthenticated), ("canary-device", Code::PermissionDenied)]
    {
        let error = client(token)?.get_asset_by_sn("DOCK-2").await.unwrap_err();
        assert_eq!(error.code(), expected);
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
    server.close().await;
    Ok(())
}

#[tokio::test]
async fn a_connector_that_has_ended_is_unavailable() -> TestResult {
    let (embedded, _) = start().await?;
    let client = ConnectorClient::builder(embedded.connector_url()).retry(Retry::Never).build()?;
    client.register_asset(&Asset::new("DOCK-1")).await?;
    embedded.close().await;
    let error = client.get_asset_by_sn("DOCK-1").await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    let error = client.get_asset_by_sn("DOCK-1").await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error}");
    Ok(())
}
