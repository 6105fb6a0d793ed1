//! Devices with parts: child devices and data points that come, change and go.

use edge_platform::Embedded;
use edge_proto::connector::v1::connector_service_client::ConnectorServiceClient;
use edge_proto::connector::v1::sub_asset::Part;
use edge_proto::connector::v1::{
    AddSubAssetRequest, Asset, DataPoint, DeleteAssetRequest, GetAssetBySnRequest, GetAssetRequest,
    RegisterAssetRequest, RemoveSubAssetRequest, SubAsset, UpdateAssetRequest,
};
use edge_proto::digest;
use tonic::Code;
use tonic::transport::Channel;

use crate::support::{connector, greenhouse, register};

fn child(device: Asset) -> SubAsset {
    SubAsset { part: Some(Part::Device(device)), ..SubAsset::default() }
}

fn point(name: &str) -> SubAsset {
    let point = DataPoint { name: name.into(), ..DataPoint::from(&greenhouse("X").assets[0]) };
    SubAsset { part: Some(Part::DataPoint(point)), ..SubAsset::default() }
}

fn device_of(sub_asset: &SubAsset) -> &Asset {
    match &sub_asset.part {
        Some(Part::Device(device)) => device,
        other => panic!("{other:?}"),
    }
}

async fn get(client: &mut ConnectorServiceClient<Channel>, sn: &str) -> Asset {
    client.get_asset_by_sn(GetAssetBySnRequest { sn: sn.into() }).await.unwrap().into_inner()
}

/// A dock with a drone with a camera.
async fn dock(client: &mut ConnectorServiceClient<Channel>) -> Asset {
    let camera = Asset::from(&greenhouse("CAM-1"));
    let mut drone = Asset::from(&greenhouse("DRONE-1"));
    drone.parent_sn = "DOCK-1".into();
    drone.sub_assets.push(child(camera));
    let mut dock = Asset { organization_id: "org".into(), ..Asset::from(&greenhouse("DOCK-1")) };
    dock.sub_assets.insert(1, child(drone));
    client.register_asset(RegisterAssetRequest { asset: Some(dock) }).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_dock_is_registered_with_its_drone_and_its_drones_camera() {
    let platform = Embedded::start().await.unwrap();
    let mut client = connector(platform.grpc()).await;
    let registered = dock(&mut client).await;
    assert_eq!(get(&mut client, "DOCK-1").await, registered);
    // Data points first, then child devices.
    assert_eq!(registered.sub_assets.len(), 4);
    let drone = device_of(&registered.sub_assets[3]);
    assert_eq!((drone.parent_sn.as_str(), drone.organization_id.as_str()), ("DOCK-1", "org"));
    let camera = device_of(&drone.sub_assets[3]);
    assert_eq!((&get(&mut client, "DRONE-1").await, &get(&mut client, "CAM-1").await), (drone, camera));
    let by_id = client.get_asset(GetAssetRequest { id: camera.id.clone() }).await.unwrap().into_inner();
    assert_eq!(&by_id, camera);
    let wanted = edge_proto::Device { parent: Some("DRONE-1".into()), ..greenhouse("CAM-1") };
    assert_eq!(camera.digest, digest::of(&wanted));
    for sub_asset in &registered.sub_assets {
        assert_eq!((sub_asset.parent_sn.as_str(), sub_asset.version), ("DOCK-1", 1));
        assert!(!sub_asset.created_at.is_empty() && sub_asset.created_at == sub_asset.updated_at);
    }
    assert_eq!(registered.sub_assets[3].id, drone.id);
    assert_eq!(dock(&mut client).await, registered);
    platform.close().await;
}

#[tokio::test]
async fn parts_come_and_go_one_by_one() {
    let platform = Embedded::start().await.unwrap();
    let mut client = connector(platform.grpc()).await;
    register(platform.grpc(), &greenhouse("DOCK-1")).await;
    let mut add = async |sub_asset| {
        let request = AddSubAssetRequest { parent_sn: "DOCK-1".into(), sub_asset: Some(sub_asset) };
        client.add_sub_asset(request).await.unwrap().into_inner()
    };
    let wind = add(point("wind")).await;
    let mut drone = Asset::from(&greenhouse("DRONE-1"));
    drone.sub_assets.push(child(Asset::from(&greenhouse("CAM-1"))));
    let drone = add(child(drone)).await;
    assert_eq!((wind.parent_sn.as_str(), wind.version, wind.id.len()), ("DOCK-1", 1, 24));
    assert_eq!(device_of(&drone).parent_sn, "DOCK-1");
    let dock = get(&mut client, "DOCK-1").await;
    assert_eq!((dock.version, &dock.sub_assets[3..]), (3, &[wind.clone(), drone.clone()][..]));

    let mut remove = async |id: &str, version| {
        let request = RemoveSubAssetRequest { id: id.to_owned(), version };
        client.remove_sub_asset(request).await.map(drop).map_err(|status| status.code())
    };
    assert_eq!(remove(&wind.id, 2).await, Err(Code::Aborted));
    assert_eq!(remove(&wind.id, 1).await, Ok(()));
    assert_eq!(remove(&wind.id, 1).await, Err(Code::NotFound));
    assert_eq!(remove(&drone.id, 1).await, Ok(()));
    assert_eq!(remove(&drone.id, 1).await, Err(Code::NotFound));
    let after = get(&mut client, "DOCK-1").await;
    assert_eq!((after.version, after.sub_assets.len()), (5, 3));
    assert_eq!(after.digest, digest::of(&greenhouse("DOCK-1")));
    let gone = client.get_asset_by_sn(GetAssetBySnRequest { sn: "CAM-1".into() }).await;
    assert_eq!(gone.unwrap_err().code(), Code::NotFound);
    platform.close().await;
}

#[tokio::test]
async fn what_was_read_can_be_changed_and_sent_back() {
    let platform = Embedded::start().await.unwrap();
    let mut client = connector(platform.grpc()).await;
    let mut asset = dock(&mut client).await;
    let mut update = async |asset: &Asset| {
        let request = UpdateAssetRequest { asset: Some(asset.clone()), update_mask: Vec::new() };
        client.update_asset(request).await.map(tonic::Response::into_inner)
    };
    assert_eq!(update(&asset).await.unwrap(), asset);
    asset.name = "Roof Dock 1 (renamed)".into();
    let renamed = update(&asset).await.unwrap();
    assert_eq!((renamed.version, renamed.name.as_str()), (2, "Roof Dock 1 (renamed)"));
    assert_eq!(renamed.sub_assets, asset.sub_assets);
    assert!(renamed.updated_at > renamed.created_at && renamed.created_at == asset.created_at);

    // A child that is changed in it must be the one that was read.
    let mut changed = renamed.clone();
    let Some(Part::Device(drone)) = &mut changed.sub_assets[3].part else { panic!() };
    drone.description = "New rotors".into();
    drone.sub_assets.remove(0);
    let changed = update(&changed).await.unwrap();
    let drone = device_of(&changed.sub_assets[3]);
    assert_eq!((changed.version, drone.version, drone.sub_assets.len()), (2, 2, 3));
    assert_eq!(drone.sub_assets[2], device_of(&renamed.sub_assets[3]).sub_assets[3]);
    let mut late = renamed.clone();
    let Some(Part::Device(drone)) = &mut late.sub_assets[3].part else { panic!() };
    drone.description = "Old rotors".into();
    assert_eq!(update(&late).await.unwrap_err().code(), Code::Aborted);

    // The organization is the children's as well; who is not named is gone.
    let mut moved = changed.clone();
    moved.organization_id = "other".into();
    let moved = update(&moved).await.unwrap();
    assert_eq!(device_of(&moved.sub_assets[3]).organization_id, "other");
    let mut alone = moved.clone();
    alone.sub_assets.truncate(3);
    let alone = update(&alone).await.unwrap();
    assert_eq!((alone.version, alone.sub_assets.len()), (4, 3));
    let gone = client.get_asset_by_sn(GetAssetBySnRequest { sn: "CAM-1".into() }).await;
    assert_eq!(gone.unwrap_err().code(), Code::NotFound);
    platform.close().await;
}

#[tokio::test]
async fn a_device_gets_another_parent_and_back() {
    let platform = Embedded::start().await.unwrap();
    let mut client = connector(platform.grpc()).await;
    dock(&mut client).await;
    register(platform.grpc(), &greenhouse("DOCK-2")).await;
    let request = |parent_sn: &str| UpdateAssetRequest {
        asset: Some(Asset { sn: "DRONE-1".into(), parent_sn: parent_sn.into(), ..Asset::default() }),
        update_mask: vec!["parent_sn".into()],
    };
    for (parent, children) in [("DOCK-2", [0, 1]), ("", [0, 0]), ("DOCK-1", [1, 0])] {
        let drone = client.update_asset(request(parent)).await.unwrap().into_inner();
        assert_eq!((drone.parent_sn.as_str(), drone.sub_assets.len()), (parent, 4));
        for (sn, count) in ["DOCK-1", "DOCK-2"].into_iter().zip(children) {
            assert_eq!(get(&mut client, sn).await.sub_assets.len(), 3 + count, "{sn} {parent}");
        }
    }
    platform.close().await;
}

#[tokio::test]
async fn deleting_ends_a_device_with_all_that_it_has_and_it_may_come_again() {
    let platform = Embedded::start().await.unwrap();
    let mut client = connector(platform.grpc()).await;
    let first = dock(&mut client).await;
    let request = |version| DeleteAssetRequest { id: first.id.clone(), version };
    assert_eq!(client.delete_asset(request(7)).await.unwrap_err().code(), Code::Aborted);
    client.delete_asset(request(1)).await.unwrap();
    assert_eq!(client.delete_asset(request(1)).await.unwrap_err().code(), Code::NotFound);
    for sn in ["DOCK-1", "DRONE-1", "CAM-1"] {
        let gone = client.get_asset_by_sn(GetAssetBySnRequest { sn: sn.into() }).await;
        assert_eq!(gone.unwrap_err().code(), Code::NotFound, "{sn}");
    }
    let second = dock(&mut client).await;
    assert_ne!(second.id, first.id);
    assert_eq!((second.version, second.digest), (1, first.digest));
    platform.close().await;
}
