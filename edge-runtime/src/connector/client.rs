//! What a caller can ask of the Connector.

use std::fmt;
use std::sync::Arc;

use edge_proto::connector::v1;

use super::asset::{Asset, AssetField, SubAsset};
use super::builder::{ConnectorBuilder, Retry};
use super::calls::Calls;
use super::convert::{self, ConvertError, asset_message, sub_asset_message};
use super::env;
use super::error::{Code, ConnectorError, Failure, Origin};
use super::method::{
    ADD_SUB_ASSET, DELETE_ASSET, GET_ASSET, GET_ASSET_BY_SN, Message, Method, REGISTER_ASSET,
    REMOVE_SUB_ASSET, UPDATE_ASSET,
};
use crate::address::join;
use crate::config::ConfigError;

/// A client of the Connector. Cheap to clone: all clones share one connection, which is made by the first
/// call, and made again when it is lost. The calls need a tokio runtime with I/O and time.
#[derive(Clone)]
pub struct ConnectorClient(pub(super) Arc<Calls>);

impl fmt::Debug for ConnectorClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectorClient").field("endpoint", &self.endpoint()).finish_non_exhaustive()
    }
}

impl ConnectorClient {
    /// The Connector at this address, without TLS and without a token: on this machine. For all else there
    /// is [`builder`](Self::builder). Connects with the first call.
    ///
    /// ```
    /// # fn main() -> Result<(), edge_runtime::ConfigError> {
    /// use edge_runtime::connector::ConnectorClient;
    ///
    /// let connector = ConnectorClient::connect("localhost", 8010)?;
    /// assert_eq!(connector.endpoint(), "http://localhost:8010");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When that is no address, or one of another machine.
    pub fn connect(host: &str, port: u16) -> Result<Self, ConfigError> {
        ConnectorBuilder::new("host and port", join(host, port)).build()
    }

    /// The Connector that the environment names:
    ///
    /// | variable | default |
    /// |---|---|
    /// | `EDGE_CONNECTOR` | `http://` + `CONNECTOR_SERVICE_HOST` + `CONNECTOR_SERVICE_PORT`, of which each has its default: `localhost`, `8010` |
    /// | `EDGE_TOKEN` | no token |
    /// | `EDGE_CRL` | nothing is known to be revoked; a PEM file with the authorities' lists of what they have revoked |
    /// | `EDGE_CA` | the system's certificate authorities; a PEM file: those in it and no others (`https://` only) |
    /// | `EDGE_PLAINTEXT` | only loopback; `allow`: other machines too, without TLS |
    ///
    /// # Errors
    /// When the address is none, or would be spoken to in clear; when the token or the certificates cannot
    /// be used.
    pub fn from_env() -> Result<Self, ConfigError> {
        env::connector(&env::process)?.build()
    }

    /// The Connector at this URL: `http://host:port`, or `https://host:port`.
    ///
    /// ```
    /// # fn main() -> Result<(), edge_runtime::ConfigError> {
    /// use std::time::Duration;
    /// use edge_runtime::connector::{ConnectorClient, Retry};
    ///
    /// let connector = ConnectorClient::builder("http://localhost:8010")
    ///     .token("secret")
    ///     .deadline(Duration::from_secs(5))
    ///     .retry(Retry::AtMost(2))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(url: impl Into<String>) -> ConnectorBuilder {
        ConnectorBuilder::new("the Connector's URL", url)
    }

    /// The Connector's address, as `http://host:port`.
    pub fn endpoint(&self) -> &str {
        self.0.endpoint()
    }

    /// Registers a device with its parts. One that exists by its serial number is returned as it is.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` with the fields; `ALREADY_EXISTS` when a serial number belongs to another record,
    /// such as a child's to a device elsewhere; the token's `UNAUTHENTICATED` and `PERMISSION_DENIED`;
    /// `UNAVAILABLE` when the Connector was not reached.
    ///
    /// # Cancel safety
    /// The device is then registered or not; registering it again is no error.
    pub async fn register_asset(&self, asset: &Asset) -> Result<Asset, ConnectorError> {
        let request = v1::RegisterAssetRequest { asset: Some(asset_message(asset)) };
        self.convert(&REGISTER_ASSET, request, convert::asset).await
    }

    /// Looks a device up by its id.
    ///
    /// # Errors
    /// `NOT_FOUND` when there is none; the token's `UNAUTHENTICATED` and `PERMISSION_DENIED`; `UNAVAILABLE`
    /// when the Connector was not reached.
    ///
    /// # Cancel safety
    /// Cancel safe: nothing is written.
    pub async fn get_asset(&self, id: &str) -> Result<Asset, ConnectorError> {
        self.convert(&GET_ASSET, v1::GetAssetRequest { id: id.to_owned() }, convert::asset).await
    }

    /// Looks a device up by its serial number.
    ///
    /// # Errors
    /// As [`get_asset`](Self::get_asset).
    ///
    /// # Cancel safety
    /// Cancel safe: nothing is written.
    pub async fn get_asset_by_sn(&self, sn: &str) -> Result<Asset, ConnectorError> {
        self.convert(&GET_ASSET_BY_SN, v1::GetAssetBySnRequest { sn: sn.to_owned() }, convert::asset).await
    }

    /// Changes a device, found by its id, or by its serial number without one, to what is given: all
    /// [`AssetField`]s.
    ///
    /// With a [`version`](Asset::version), only if that still is the device's.
    ///
    /// ```no_run
    /// # use edge_runtime::connector::ConnectorClient;
    /// # async fn run(connector: ConnectorClient) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut asset = connector.get_asset_by_sn("DOCK-1").await?;
    /// asset.name = "Roof dock (renamed)".to_owned();
    /// let asset = connector.update_asset(&asset).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `NOT_FOUND` when there is no such device; `ABORTED` when it has another version by now: read it again;
    /// otherwise as [`register_asset`](Self::register_asset).
    ///
    /// # Cancel safety
    /// The device is then changed or not; making the same change again is no error.
    pub async fn update_asset(&self, asset: &Asset) -> Result<Asset, ConnectorError> {
        self.update_fields(asset, &AssetField::ALL).await
    }

    /// Changes these fields of a device and leaves the others as they are.
    ///
    /// # Errors
    /// As [`update_asset`](Self::update_asset); without any fields `INVALID_ARGUMENT`.
    ///
    /// # Cancel safety
    /// The device is then changed or not; making the same change again is no error.
    pub async fn update_fields(&self, asset: &Asset, fields: &[AssetField]) -> Result<Asset, ConnectorError> {
        if fields.is_empty() {
            // On the wire an empty mask means all fields.
            let failure = Failure::new(Origin::Local, Code::InvalidArgument, "there are no fields to change");
            return Err(self.error(UPDATE_ASSET.name, failure));
        }
        let request = v1::UpdateAssetRequest {
            asset: Some(asset_message(asset)),
            update_mask: fields.iter().map(|field| field.as_str().to_owned()).collect(),
        };
        self.convert(&UPDATE_ASSET, request, convert::asset).await
    }

    /// Deletes a device with its data points, their states, and its child devices.
    ///
    /// # Errors
    /// As [`get_asset`](Self::get_asset).
    ///
    /// # Cancel safety
    /// The device is then deleted or not.
    pub async fn delete_asset(&self, id: &str) -> Result<(), ConnectorError> {
        let request = v1::DeleteAssetRequest { id: id.to_owned(), version: 0 };
        self.call(&DELETE_ASSET, request).await.map(drop)
    }

    /// Adds a data point or a child device to the device with this serial number.
    ///
    /// # Errors
    /// `NOT_FOUND` when there is no such parent; `ALREADY_EXISTS` when the name or the serial number is
    /// taken; otherwise as [`register_asset`](Self::register_asset). After `UNAVAILABLE` and
    /// `DEADLINE_EXCEEDED` the part may have been added all the same: this call is not made again by itself
    /// once it has been sent.
    ///
    /// # Cancel safety
    /// The part is then added or not. Read the parent to find out.
    pub async fn add_sub_asset(
        &self,
        parent_sn: &str,
        sub_asset: &SubAsset,
    ) -> Result<SubAsset, ConnectorError> {
        let request = v1::AddSubAssetRequest {
            parent_sn: parent_sn.to_owned(),
            sub_asset: Some(sub_asset_message(sub_asset)),
        };
        self.convert(&ADD_SUB_ASSET, request, convert::sub_asset).await
    }

    /// Removes a data point, or a child device with all that it has.
    ///
    /// # Errors
    /// As [`get_asset`](Self::get_asset).
    ///
    /// # Cancel safety
    /// The part is then removed or not.
    pub async fn remove_sub_asset(&self, id: &str) -> Result<(), ConnectorError> {
        let request = v1::RemoveSubAssetRequest { id: id.to_owned(), version: 0 };
        self.call(&REMOVE_SUB_ASSET, request).await.map(drop)
    }

    /// Closes this client and its clones. Calls under way finish; every other one fails with
    /// [`Code::Cancelled`].
    pub fn close(&self) {
        self.0.close();
    }
}

impl ConnectorClient {
    /// Calls with one message, as often as the client is set up to.
    pub(super) async fn call<Q: Message, A: Message>(
        &self,
        method: &Method<Q, A>,
        request: Q,
    ) -> Result<A, ConnectorError> {
        self.0.call(method, vec![request], self.0.retry()).await
    }

    /// Calls with a stream of messages, as often as the caller wants.
    pub(crate) async fn call_with<Q: Message, A: Message>(
        &self,
        method: &Method<Q, A>,
        requests: Vec<Q>,
        retry: Retry,
    ) -> Result<A, ConnectorError> {
        self.0.call(method, requests, retry).await
    }

    pub(super) fn error(&self, method: &'static str, failure: Failure) -> ConnectorError {
        self.0.error(method, failure)
    }

    /// Calls and reads the answer.
    async fn convert<Q: Message, A: Message, T>(
        &self,
        method: &Method<Q, A>,
        request: Q,
        convert: fn(A) -> Result<T, ConvertError>,
    ) -> Result<T, ConnectorError> {
        let answer = self.call(method, request).await?;
        convert(answer).map_err(|error| self.error(method.name, Failure::protocol(&error)))
    }
}
