//! The Connector's client: against the real Connector, against a fake one that fails as it is told, and
//! side by side with a client in another language.

mod answers;
mod codes;
mod lifecycle;
mod lost;
mod python;
mod real;
mod retries;
mod silence;
mod steps;
mod tls;

use std::time::Duration;

use edge_proto::Device;
use edge_runtime::connector::{
    Asset, AssetType, AssetVendor, ConnectorBuilder, ConnectorClient, ConnectorError, ListAssets, SubAsset,
};
use edge_tests::FakeConnector;

/// Every method of the client, with the service's own.
const METHODS: [(&str, &str); 8] = [
    ("register_asset", "RegisterAsset"),
    ("get_asset", "GetAsset"),
    ("get_asset_by_sn", "GetAssetBySn"),
    ("list_assets", "ListAssets"),
    ("update_asset", "UpdateAsset"),
    ("delete_asset", "DeleteAsset"),
    ("add_sub_asset", "AddSubAsset"),
    ("remove_sub_asset", "RemoveSubAsset"),
];

/// What a starting device declares.
fn bare_dock() -> Device {
    let (title, model) = ("Dock".to_owned(), "urn:example:dock:1".to_owned());
    Device {
        sn: "DOCK-1".to_owned(),
        model,
        title,
        description: String::new(),
        asset_type: AssetType::Dock,
        vendor: AssetVendor::Dji,
        parent: None,
        assets: Vec::new(),
    }
}

/// Calls a method by its name, with arguments that do.
async fn call(client: &ConnectorClient, method: &str) -> Result<(), ConnectorError> {
    let asset = Asset::new("DOCK-1");
    match method {
        "register_asset" => client.register_asset(&asset).await.map(drop),
        "get_asset" => client.get_asset("1").await.map(drop),
        "get_asset_by_sn" => client.get_asset_by_sn("DOCK-1").await.map(drop),
        "list_assets" => client.list_assets(&ListAssets::default()).await.map(drop),
        "update_asset" => client.update_asset(&asset).await.map(drop),
        "delete_asset" => client.delete_asset("1").await,
        "add_sub_asset" => client.add_sub_asset("DOCK-1", &SubAsset::device("DRONE-1")).await.map(drop),
        "remove_sub_asset" => client.remove_sub_asset("1").await,
        other => panic!("`{other}` is no method"),
    }
}

/// Of the fake; waits for next to nothing between attempts.
fn builder(fake: &FakeConnector) -> ConnectorBuilder {
    let short = Duration::from_millis(1);
    ConnectorClient::builder(fake.url()).backoff(short, short)
}

fn client(fake: &FakeConnector) -> ConnectorClient {
    builder(fake).build().unwrap()
}
