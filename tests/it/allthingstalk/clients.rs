//! Users' own clients instead of HTTP.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use edge_proto::Asset as Declared;
use edge_runtime::Platform;
use edge_runtime::allthingstalk::{Asset, AssetState, BaseClient, Client, ClientError};
use edge_runtime::future::BoxFuture;
use edge_runtime::model::OverwritePolicy;
use edge_tests::TestResult;

use super::cloud;
use crate::model::{Driver, Greenhouse, SN};

/// Passes everything on, and writes down what was asked; before a create it can let another be faster.
#[derive(Clone, Debug)]
struct Recording {
    client: Client,
    calls: Arc<Mutex<Vec<String>>>,
    overtaken: Arc<AtomicUsize>,
}

impl Recording {
    fn new(client: Client) -> Self {
        Self { client, calls: Arc::default(), overtaken: Arc::default() }
    }

    fn note(&self, call: impl Into<String>) {
        self.calls.lock().unwrap().push(call.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }
}

impl BaseClient for Recording {
    fn endpoint(&self) -> String {
        "recording".to_owned()
    }

    fn get_assets<'a>(&'a self, device_id: &'a str) -> BoxFuture<'a, Result<Vec<Asset>, ClientError>> {
        self.note("list");
        self.client.get_assets(device_id)
    }

    fn create_asset<'a>(
        &'a self,
        device_id: &'a str,
        asset: &'a Declared,
    ) -> BoxFuture<'a, Result<Asset, ClientError>> {
        self.note(format!("create {}", asset.name));
        Box::pin(async move {
            if self.overtaken.try_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
                self.client.put_asset(device_id, asset).await?;
            }
            self.client.create_asset(device_id, asset).await
        })
    }

    fn put_asset<'a>(
        &'a self,
        device_id: &'a str,
        asset: &'a Declared,
    ) -> BoxFuture<'a, Result<Asset, ClientError>> {
        self.note(format!("put {}", asset.name));
        self.client.put_asset(device_id, asset)
    }

    fn delete_asset<'a>(
        &'a self,
        device_id: &'a str,
        asset_name: &'a str,
    ) -> BoxFuture<'a, Result<(), ClientError>> {
        self.note(format!("delete {asset_name}"));
        self.client.delete_asset(device_id, asset_name)
    }

    fn delete_device<'a>(&'a self, device_id: &'a str) -> BoxFuture<'a, Result<(), ClientError>> {
        self.note("delete");
        self.client.delete_device(device_id)
    }

    fn get_asset_state<'a>(
        &'a self,
        device_id: &'a str,
        asset_name: &'a str,
    ) -> BoxFuture<'a, Result<AssetState, ClientError>> {
        self.client.get_asset_state(device_id, asset_name)
    }

    fn publish_asset_state<'a>(
        &'a self,
        device_id: &'a str,
        asset_name: &'a str,
        state: &'a AssetState,
    ) -> BoxFuture<'a, Result<(), ClientError>> {
        self.client.publish_asset_state(device_id, asset_name, state)
    }
}

#[tokio::test]
async fn a_start_asks_once_and_writes_only_what_it_must() -> TestResult {
    let cloud = cloud().await;
    let client = Recording::new(Client::builder("any").http(cloud.http_url()).build()?);
    let platform = Platform::allthingstalk("any").client(client.clone()).mqtt(cloud.mqtt_url()).build()?;
    let start =
        |policy| platform.device(SN, Greenhouse::new()).handler(Driver).overwrite_assets(policy).connect();
    client.overtaken.store(1, SeqCst);
    start(OverwritePolicy::Never).await?.close().await?;
    let calls = client.take();
    let creates: Vec<_> = calls.iter().filter(|call| call.starts_with("create")).collect();
    // The first was made by another, and is asked about again: nothing is overwritten.
    assert_eq!((creates.len(), calls.iter().any(|call| call.starts_with("put"))), (7, false), "{calls:?}");

    let device = start(OverwritePolicy::Never).await?;
    assert_eq!(client.take(), ["list"], "nothing has changed: one round trip");
    let mut vent = super::promises::declared("vent");
    vent.title = "Another".to_owned();
    client.client.put_asset(SN, &vent).await?;
    device.close().await?;

    start(OverwritePolicy::Never).await?.close().await?;
    assert_eq!(client.take(), ["list", "list"], "a title is left to the platform");
    let device = start(OverwritePolicy::Always).await?;
    assert_eq!(client.take(), ["list", "list", "put vent"]);
    device.remove().await?;
    assert_eq!(client.take(), ["delete"]);
    cloud.close().await;
    Ok(())
}
