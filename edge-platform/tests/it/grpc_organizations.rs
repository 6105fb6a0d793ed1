//! Tokens of organizations and of devices with parts, over all three protocols.

use edge_platform::{Config, Server, Tokens};
use edge_proto::connector::v1::connector_service_client::ConnectorServiceClient;
use edge_proto::connector::v1::sub_asset::Part;
use edge_proto::connector::v1::{
    AddSubAssetRequest, Asset, DeleteAssetRequest, GetAssetBySnRequest, GetAssetRequest, ListAssetsRequest,
    OpenSessionRequest, ReconcileAssetRequest, RegisterAssetRequest, RemoveSubAssetRequest, SubAsset,
    UpdateAssetRequest,
};
use rumqttc::{LastWill, QoS};
use tokio_stream::iter;
use tonic::Code;
use tonic::transport::Channel;

use crate::device::Device;
use crate::support::{connector, greenhouse, http, next_state, with};

const ALL: Option<&str> = Some("t:all");
const OURS: Option<&str> = Some("t:ours");
const DOCK: Option<&str> = Some("t:dock");
const DRONE: Option<&str> = Some("t:drone");

/// `DOCK-1` with `DRONE-1` is ours, `THEIRS` is not.
struct World {
    server: Server,
    client: ConnectorServiceClient<Channel>,
    dock: Asset,
    theirs: Asset,
}

fn child(sn: &str) -> SubAsset {
    SubAsset { part: Some(Part::Device(Asset::from(&greenhouse(sn)))), ..SubAsset::default() }
}

fn code<T>(result: Result<T, tonic::Status>) -> Code {
    result.err().map_or(Code::Ok, |status| status.code())
}

impl World {
    async fn new() -> Self {
        let mut config = Config::default();
        let tokens = "t:all t:ours=org:ours t:dock=DOCK-1 t:drone=DRONE-1".parse::<Tokens>();
        config.tokens = tokens.unwrap();
        let server = Server::start(config).await.unwrap();
        let mut client = connector(server.grpc()).await;
        let mut register = async |asset: Asset, organization_id: &str| {
            let asset = Some(Asset { organization_id: organization_id.into(), ..asset });
            client.register_asset(with(ALL, RegisterAssetRequest { asset })).await.unwrap().into_inner()
        };
        let mut dock = Asset::from(&greenhouse("DOCK-1"));
        dock.sub_assets.push(child("DRONE-1"));
        let dock = register(dock, "ours").await;
        let theirs = register(Asset::from(&greenhouse("THEIRS")), "theirs").await;
        Self { server, client, dock, theirs }
    }

    async fn register(&mut self, token: Option<&str>, asset: Asset) -> Code {
        code(self.client.register_asset(with(token, RegisterAssetRequest { asset: Some(asset) })).await)
    }

    async fn update(&mut self, token: Option<&str>, asset: Asset, field: &str) -> Code {
        let request = UpdateAssetRequest { asset: Some(asset), update_mask: vec![field.into()] };
        code(self.client.update_asset(with(token, request)).await)
    }

    async fn list(&mut self, token: Option<&str>, organization_id: &str) -> Result<Vec<String>, Code> {
        let organization_id = organization_id.to_owned();
        let request = ListAssetsRequest { organization_id, ..ListAssetsRequest::default() };
        let page = self.client.list_assets(with(token, request)).await.map_err(|status| status.code())?;
        Ok(page.into_inner().assets.into_iter().map(|asset| asset.sn).collect())
    }
}

fn named(sn: &str) -> Asset {
    Asset { sn: sn.into(), ..Asset::default() }
}

#[tokio::test]
async fn every_method_knows_whose_a_device_is() {
    let mut world = World::new().await;
    let ids = [world.dock.id.clone(), world.dock.sub_assets[3].id.clone(), world.theirs.id.clone()];
    let points = [world.dock.sub_assets[0].id.clone(), world.theirs.sub_assets[0].id.clone()];
    for (token, [dock, drone, theirs, nobody]) in [
        (ALL, [Code::Ok, Code::Ok, Code::Ok, Code::NotFound]),
        (OURS, [Code::Ok, Code::Ok, Code::NotFound, Code::NotFound]),
        (DOCK, [Code::Ok, Code::Ok, Code::PermissionDenied, Code::PermissionDenied]),
        (DRONE, [Code::PermissionDenied, Code::Ok, Code::PermissionDenied, Code::PermissionDenied]),
    ] {
        let expected = [("DOCK-1", dock), ("DRONE-1", drone), ("THEIRS", theirs), ("NOBODY", nobody)];
        for (sn, expected) in expected {
            let client = &mut world.client;
            let get = client.get_asset_by_sn(with(token, GetAssetBySnRequest { sn: sn.into() })).await;
            assert_eq!(code(get), expected, "{token:?} {sn}");
            let open = client
                .open_session(with(token, OpenSessionRequest { sn: sn.into(), ..Default::default() }))
                .await;
            assert_eq!(code(open), expected, "{token:?} {sn}");
            let piece = ReconcileAssetRequest { sn: sn.into(), ..ReconcileAssetRequest::default() };
            assert_eq!(
                code(client.reconcile_asset(with(token, iter([piece]))).await),
                expected,
                "{token:?} {sn}"
            );
            assert_eq!(world.update(token, named(sn), "model").await, expected, "{token:?} {sn}");
        }
        for (id, expected) in ids.iter().zip([dock, drone, theirs]) {
            let get = world.client.get_asset(with(token, GetAssetRequest { id: id.clone() })).await;
            let status = get.err();
            assert_eq!(status.as_ref().map_or(Code::Ok, tonic::Status::code), expected, "{token:?} {id}");
            // By an id nobody learns a serial number.
            assert!(status.is_none_or(|status| !status.message().contains("THEIRS")));
            // With a version that is none, it is only asked.
            let delete = DeleteAssetRequest { id: id.clone(), version: u64::MAX };
            let expected = if expected == Code::Ok { Code::Aborted } else { expected };
            let deleted = world.client.delete_asset(with(token, delete)).await;
            assert_eq!(code(deleted), expected, "{token:?} {id}");
        }
        for (id, expected) in points.iter().zip([dock, theirs]) {
            let request = RemoveSubAssetRequest { id: id.clone(), version: u64::MAX };
            let expected = if expected == Code::Ok { Code::Aborted } else { expected };
            let removed = world.client.remove_sub_asset(with(token, request)).await;
            assert_eq!(code(removed), expected, "{token:?} {id}");
        }
    }
    world.server.close().await;
}

#[tokio::test]
async fn a_token_of_an_organization_writes_to_no_other() {
    let mut world = World::new().await;
    let new = |sn: &str, organization_id: &str| Asset {
        organization_id: organization_id.into(),
        ..Asset::from(&greenhouse(sn))
    };
    assert_eq!(world.register(OURS, new("NEW-1", "")).await, Code::Ok);
    assert_eq!(world.register(OURS, new("NEW-2", "ours")).await, Code::Ok);
    assert_eq!(world.register(OURS, new("NEW-3", "theirs")).await, Code::PermissionDenied);
    assert_eq!(world.register(OURS, new("THEIRS", "")).await, Code::AlreadyExists);
    assert_eq!(world.register(OURS, new("DOCK-1", "")).await, Code::Ok);
    let below = Asset { parent_sn: "THEIRS".into(), ..new("NEW-4", "") };
    assert_eq!(world.register(OURS, below).await, Code::InvalidArgument);
    let mut stealing = new("NEW-5", "");
    stealing.sub_assets.push(child("THEIRS"));
    assert_eq!(world.register(OURS, stealing).await, Code::AlreadyExists);

    let moved = |organization_id: &str| Asset { organization_id: organization_id.into(), ..named("NEW-1") };
    assert_eq!(world.update(OURS, moved("theirs"), "organization_id").await, Code::PermissionDenied);
    assert_eq!(world.update(OURS, moved(""), "organization_id").await, Code::Ok);
    let below = Asset { parent_sn: "THEIRS".into(), ..named("NEW-1") };
    assert_eq!(world.update(OURS, below, "parent_sn").await, Code::InvalidArgument);

    let ours = ["DOCK-1", "NEW-1", "NEW-2"].map(str::to_owned).to_vec();
    assert_eq!(world.list(OURS, "").await, Ok(ours.clone()));
    assert_eq!(world.list(OURS, "ours").await, Ok(ours.clone()));
    assert_eq!(world.list(OURS, "theirs").await, Err(Code::PermissionDenied));
    assert_eq!(world.list(ALL, "ours").await, Ok(ours));
    assert_eq!(world.list(ALL, "").await.unwrap().len(), 4);
    world.server.close().await;
}

/// What is of an organization is for its devices: none of them comes into another by saying so.
#[tokio::test]
async fn a_devices_token_stays_in_the_organization_of_the_device() {
    let mut world = World::new().await;
    let in_theirs = |asset: Asset| Asset { organization_id: "theirs".into(), ..asset };
    let moved = in_theirs(Asset { model: "urn:x".into(), ..named("DOCK-1") });
    assert_eq!(world.update(DOCK, moved.clone(), "organization_id").await, Code::PermissionDenied);
    let request = UpdateAssetRequest { asset: Some(moved), update_mask: vec![] };
    assert_eq!(code(world.client.update_asset(with(DOCK, request)).await), Code::PermissionDenied);
    // Nor behind its dock.
    assert_eq!(world.update(DRONE, named("DRONE-1"), "parent_sn").await, Code::Ok);
    let moved = in_theirs(named("DRONE-1"));
    assert_eq!(world.update(DRONE, moved.clone(), "organization_id").await, Code::PermissionDenied);
    assert_eq!(world.register(DRONE, moved).await, Code::PermissionDenied);
    let below = Asset { parent_sn: "DOCK-1".into(), ..Asset::from(&greenhouse("DRONE-2")) };
    assert_eq!(world.register(DOCK, in_theirs(below)).await, Code::PermissionDenied);
    // It may say what is so, or nothing, which changes nothing.
    for organization_id in ["ours", ""] {
        for (token, sn) in [(DOCK, "DOCK-1"), (DRONE, "DRONE-1")] {
            let same = Asset { organization_id: organization_id.into(), ..named(sn) };
            assert_eq!(world.update(token, same, "organization_id").await, Code::Ok, "{sn}");
        }
    }
    assert_eq!(world.list(ALL, "ours").await, Ok(vec!["DOCK-1".into(), "DRONE-1".into()]));
    world.server.close().await;
}

/// A dock carries its drones' messages, and registers and removes them.
#[tokio::test]
async fn a_devices_token_is_also_for_its_parts() {
    let mut world = World::new().await;
    let below =
        |sn: &str, parent_sn: &str| Asset { parent_sn: parent_sn.into(), ..Asset::from(&greenhouse(sn)) };
    assert_eq!(world.register(DOCK, below("DRONE-2", "DOCK-1")).await, Code::Ok);
    assert_eq!(world.register(DOCK, below("CAM-1", "DRONE-1")).await, Code::Ok);
    assert_eq!(world.register(DOCK, below("DRONE-1", "DOCK-1")).await, Code::Ok);
    assert_eq!(world.register(DOCK, below("DRONE-3", "THEIRS")).await, Code::PermissionDenied);
    assert_eq!(world.register(DOCK, below("DRONE-3", "")).await, Code::PermissionDenied);
    assert_eq!(world.register(DOCK, below("THEIRS", "DOCK-1")).await, Code::PermissionDenied);
    // A drone does not choose its dock, but may ask for what it is.
    assert_eq!(world.register(DRONE, below("DRONE-1", "DOCK-1")).await, Code::Ok);
    assert_eq!(world.register(DRONE, below("CAM-2", "DRONE-1")).await, Code::Ok);
    let moved = Asset { parent_sn: "THEIRS".into(), ..named("DRONE-1") };
    assert_eq!(world.update(DRONE, moved.clone(), "parent_sn").await, Code::PermissionDenied);
    assert_eq!(world.update(DOCK, moved, "parent_sn").await, Code::PermissionDenied);
    let moved = Asset { parent_sn: "DRONE-2".into(), ..named("DRONE-1") };
    assert_eq!(world.update(DOCK, moved, "parent_sn").await, Code::Ok);

    let add = |parent_sn: &str, sn: &str| AddSubAssetRequest {
        parent_sn: parent_sn.into(),
        sub_asset: Some(child(sn)),
    };
    let client = &mut world.client;
    let added = client.add_sub_asset(with(DOCK, add("DRONE-1", "CAM-3"))).await.unwrap().into_inner();
    assert_eq!(code(client.add_sub_asset(with(DOCK, add("THEIRS", "CAM-4"))).await), Code::PermissionDenied);
    assert_eq!(code(client.add_sub_asset(with(DRONE, add("DOCK-1", "CAM-4"))).await), Code::PermissionDenied);
    let remove = RemoveSubAssetRequest { id: added.id.clone(), version: 0 };
    assert_eq!(code(client.remove_sub_asset(with(DOCK, remove)).await), Code::Ok);
    assert_eq!(world.list(DOCK, "").await, Ok(vec!["DOCK-1".into()]));
    assert_eq!(world.list(DOCK, "theirs").await, Ok(Vec::new()));
    assert_eq!(world.list(DRONE, "").await, Ok(Vec::new()));
    world.server.close().await;
}

/// A device's token comes before its registration.
#[tokio::test]
async fn a_device_registers_itself() {
    let mut config = Config::default();
    config.tokens = "t:all t:dock=DOCK-1".parse::<Tokens>().unwrap();
    let server = Server::start(config).await.unwrap();
    let mut client = connector(server.grpc()).await;
    let mut asset = Asset::from(&greenhouse("DOCK-1"));
    asset.sub_assets.push(child("DRONE-1"));
    let request = RegisterAssetRequest { asset: Some(asset) };
    assert_eq!(code(client.register_asset(with(DOCK, request)).await), Code::Ok);
    let get = client.get_asset_by_sn(with(DOCK, GetAssetBySnRequest { sn: "DRONE-1".into() })).await;
    assert_eq!(code(get), Code::Ok);
    server.close().await;
}

#[tokio::test]
async fn http_shows_what_is_ones_own() {
    let world = World::new().await;
    let address = world.server.http();
    for (token, path, expected) in [
        (OURS, "GET /device/DOCK-1", 200),
        (OURS, "GET /device/DRONE-1/assets", 200),
        (OURS, "GET /device/THEIRS", 404),
        (OURS, "GET /device/THEIRS/asset/vent/state", 404),
        (OURS, "PUT /device/THEIRS/asset/vent/command", 404),
        (OURS, "GET /device/NOBODY", 404),
        (DOCK, "GET /device/DRONE-1", 200),
        (DOCK, "GET /device/THEIRS", 403),
        (DRONE, "GET /device/DOCK-1", 403),
    ] {
        assert_eq!(http(address, path, token, "1").await.0, expected, "{token:?} {path}");
    }
    for (token, expected) in [
        (ALL, &["DOCK-1", "DRONE-1", "THEIRS"][..]),
        (OURS, &["DOCK-1", "DRONE-1"]),
        (DOCK, &["DOCK-1", "DRONE-1"]),
        (DRONE, &["DRONE-1"]),
    ] {
        let (_, devices) = http(address, "GET /devices", token, "").await;
        let ids: Vec<_> = devices.as_array().unwrap().iter().map(|d| d["id"].as_str().unwrap()).collect();
        assert_eq!(ids, expected, "{token:?}");
    }
    let (_, drone) = http(address, "GET /device/DRONE-1", OURS, "").await;
    assert_eq!((&drone["parent"], &drone["organizationId"]), (&"DOCK-1".into(), &"ours".into()));
    assert_eq!((&drone["type"], &drone["vendor"]), (&"sensor".into(), &"Example".into()));
    let (_, dock) = http(address, "GET /device/DOCK-1", OURS, "").await;
    assert!(dock.get("parent").is_none());
    world.server.close().await;
}

#[tokio::test]
async fn a_dock_speaks_for_its_drones_at_the_broker_as_long_as_they_are_its_own() {
    let mut world = World::new().await;
    let broker = world.server.embedded_broker().unwrap();
    let mut states = world.server.states();
    let will = |sn| {
        let topic = format!("device/{sn}/presence");
        LastWill::new(topic, r#"{"status":"offline"}"#, QoS::AtLeastOnce, false)
    };
    assert!(Device::connect(broker, DOCK, Some(will("THEIRS"))).await.is_err());
    assert!(Device::connect(broker, DRONE, Some(will("DOCK-1"))).await.is_err());
    let mut dock = Device::connect(broker, DOCK, Some(will("DRONE-1"))).await.unwrap();
    for (filter, is_granted) in [
        ("device/DRONE-1/asset/+/command", true),
        ("device/DOCK-1/#", true),
        ("device/THEIRS/command", false),
        ("device/DRONE-2/command", false),
        ("device/+/command", false),
    ] {
        assert_eq!(dock.subscribe(filter).await, is_granted, "{filter}");
    }
    dock.publish("device/THEIRS/asset/temperature/state", "1").await;
    dock.publish("device/DRONE-1/asset/temperature/state", "2").await;
    assert_eq!(next_state(&mut states).await, ("temperature".into(), "2".into()));
    assert!(world.server.state("THEIRS", "temperature").await.unwrap().is_none());

    // A new drone is known at once, and a drone that left as well.
    let request = AddSubAssetRequest { parent_sn: "DOCK-1".into(), sub_asset: Some(child("DRONE-2")) };
    let added = world.client.add_sub_asset(with(DOCK, request)).await.unwrap().into_inner();
    dock.publish("device/DRONE-2/asset/temperature/state", "3").await;
    assert_eq!(next_state(&mut states).await, ("temperature".into(), "3".into()));
    let moved = Asset { id: added.id, ..Asset::default() };
    assert_eq!(world.update(DOCK, moved, "parent_sn").await, Code::Ok);
    dock.publish("device/DRONE-2/asset/temperature/state", "4").await;
    dock.publish("device/DOCK-1/asset/temperature/state", "5").await;
    assert_eq!(next_state(&mut states).await, ("temperature".into(), "5".into()));

    let mut ours = Device::connect(broker, OURS, None).await.unwrap();
    assert!(ours.subscribe("device/DRONE-1/state").await);
    assert!(!ours.subscribe("device/THEIRS/state").await && !ours.subscribe("#").await);
    ours.publish("device/THEIRS/asset/temperature/state", "6").await;
    ours.publish("device/DOCK-1/asset/temperature/state", "7").await;
    assert_eq!(next_state(&mut states).await, ("temperature".into(), "7".into()));
    world.server.close().await;
}
