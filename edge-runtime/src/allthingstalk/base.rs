//! What a client of AllThingsTalk must be able to do for devices.

use edge_proto::Asset as Declared;

use super::{Asset, AssetState, ClientError};
use crate::future::BoxFuture;

/// A client of AllThingsTalk's API: [`Client`](super::Client), or one of your own (a proxy, a recording, a
/// space with other rules), for [`AllThingsTalkBuilder::client`](crate::AllThingsTalkBuilder::client).
///
/// Futures may be dropped at any time; what a write would have changed is then changed or not.
pub trait BaseClient: Send + Sync + std::fmt::Debug + 'static {
    /// Its address, for errors and logs; without credentials.
    fn endpoint(&self) -> String;

    /// The assets of a device.
    fn get_assets<'a>(&'a self, device_id: &'a str) -> BoxFuture<'a, Result<Vec<Asset>, ClientError>>;

    /// Creates an asset. [`ClientError::Exists`] when its name is taken: it stays as it is.
    fn create_asset<'a>(
        &'a self,
        device_id: &'a str,
        asset: &'a Declared,
    ) -> BoxFuture<'a, Result<Asset, ClientError>>;

    /// Creates an asset or overwrites it; its id and its state stay.
    fn put_asset<'a>(
        &'a self,
        device_id: &'a str,
        asset: &'a Declared,
    ) -> BoxFuture<'a, Result<Asset, ClientError>>;

    /// Deletes an asset with its states.
    fn delete_asset<'a>(
        &'a self,
        device_id: &'a str,
        asset_name: &'a str,
    ) -> BoxFuture<'a, Result<(), ClientError>>;

    /// Deletes a device with all its assets.
    fn delete_device<'a>(&'a self, device_id: &'a str) -> BoxFuture<'a, Result<(), ClientError>>;

    /// The newest state of an asset. [`ClientError::NotFound`] when it was never set.
    fn get_asset_state<'a>(
        &'a self,
        device_id: &'a str,
        asset_name: &'a str,
    ) -> BoxFuture<'a, Result<AssetState, ClientError>>;

    /// Stores a state. A running device uses MQTT instead.
    fn publish_asset_state<'a>(
        &'a self,
        device_id: &'a str,
        asset_name: &'a str,
        state: &'a AssetState,
    ) -> BoxFuture<'a, Result<(), ClientError>>;
}
