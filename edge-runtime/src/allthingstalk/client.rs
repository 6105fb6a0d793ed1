//! The client of AllThingsTalk's HTTP API.

use std::fmt;

use edge_proto::{Asset as Declared, Secret};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::asset::{self, Found, History, HistoryPage};
use super::base::BaseClient;
use super::http::{Http, Method, Request};
use super::{Asset, AssetState, ClientError};
use crate::address::{Address, HTTP, HTTPS, is_loopback, redact};
use crate::config::ConfigError;
use crate::future::BoxFuture;
use crate::tls::{TlsConfig, Trust};

/// Where AllThingsTalk is.
pub(crate) const CLOUD: &str = "https://api.allthingstalk.io";
/// Where its broker is.
pub(crate) const CLOUD_MQTT: &str = "mqtts://api.allthingstalk.io";
/// What errors call the address.
pub(crate) const HTTP_SETTING: &str = "http";
pub(super) const EXAMPLE: &str = CLOUD;

const DEVICE: &str = "device";
const ASSET: &str = "asset";
const ASSETS: &str = "assets";
const STATE: &str = "state";
const STATES: &str = "states";
const COMMAND: &str = "command";

/// A client of AllThingsTalk's HTTP API. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Client(Http);

/// Sets up a [`Client`].
#[derive(Clone)]
#[must_use = "nothing is set up before `.build()`"]
pub struct ClientBuilder {
    pub(crate) token: Secret,
    pub(crate) http: String,
    pub(crate) trust: Trust,
    pub(crate) allow_plaintext: bool,
}

/// Without token and keys.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("http", &redact(&self.http))
            .field("allow_plaintext", &self.allow_plaintext)
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    pub(crate) fn new(token: impl Into<String>) -> Self {
        Self {
            token: Secret::new(token.into()),
            http: CLOUD.to_owned(),
            trust: Trust::default(),
            allow_plaintext: false,
        }
    }

    /// The API's address, `http[s]://host[:port]`. Without a scheme it is `https`, but `http` on this machine.
    /// Default: `https://api.allthingstalk.io`.
    pub fn http(mut self, url: impl Into<String>) -> Self {
        self.http = url.into();
        self
    }

    /// Trusts servers with a certificate of this authority (PEM), and no others. Without it the system's
    /// authorities are trusted.
    pub fn ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.trust.ca = Some(pem.into());
        self
    }

    /// Refuses servers whose certificate the authority of [`ca`](Self::ca) has revoked, by its lists (PEM, CRL). Of every
    /// authority that has signed something of a server's chain there must be a list. A list that is past its date counts for
    /// what it says.
    pub fn crl(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.trust.crl = Some(pem.into());
        self
    }

    /// Speaks without TLS to other machines as well. Whoever is on the way reads the token.
    pub fn allow_plaintext(mut self) -> Self {
        self.allow_plaintext = true;
        self
    }

    /// Checks it all. Connects to nothing yet.
    ///
    /// # Errors
    /// When the address is none, or would be spoken to in clear; when the token or a certificate cannot be
    /// used.
    pub fn build(self) -> Result<Client, ConfigError> {
        let url = with_scheme([HTTP, HTTPS], &self.http);
        let address = Address::parse(HTTP_SETTING, &url, None, EXAMPLE)?;
        if !self.allow_plaintext {
            address.check_plaintext(HTTP_SETTING)?;
        }
        let tls = match address.tls {
            true => TlsConfig::new(HTTP_SETTING, &self.trust)?,
            false => TlsConfig::unused(HTTP_SETTING)?,
        };
        Ok(Client(Http::new(HTTP_SETTING, &address, &tls, self.token)?))
    }
}

/// Of two schemes the first on this machine and the second elsewhere, unless the text has one.
pub(crate) fn with_scheme([here, elsewhere]: [&str; 2], text: &str) -> String {
    if text.contains("://") {
        return text.to_owned();
    }
    let host = text.rsplit_once(':').map_or(text, |(host, _)| host);
    let scheme = if is_loopback(host) || is_loopback(text) { here } else { elsewhere };
    format!("{scheme}://{text}")
}

impl Client {
    /// A client of the cloud, `https://api.allthingstalk.io`, with a token: a device's, a ground's or a user's.
    ///
    /// # Errors
    /// When the token has characters that cannot be sent, or the system trusts no authority.
    pub fn new(token: impl Into<String>) -> Result<Self, ConfigError> {
        Self::builder(token).build()
    }

    /// Prepares a client with another address.
    pub fn builder(token: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(token)
    }

    /// One asset with its newest state.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn get_asset(&self, device_id: &str, asset_name: &str) -> Result<Asset, ClientError> {
        self.0.json(get(&[DEVICE, device_id, ASSET, asset_name])).await
    }

    /// The newest state of every asset that was ever set, by name.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn get_states(&self, device_id: &str) -> Result<Vec<(String, AssetState)>, ClientError> {
        let path = [DEVICE, device_id, STATE];
        let states: std::collections::BTreeMap<String, Option<AssetState>> = self.0.json(get(&path)).await?;
        Ok(states.into_iter().filter_map(|(name, state)| Some((name, state?))).collect())
    }

    /// Stores states of several assets in one call.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn publish_states<'a>(
        &self,
        device_id: &str,
        states: impl IntoIterator<Item = (&'a str, &'a AssetState)>,
    ) -> Result<(), ClientError> {
        let states: std::collections::BTreeMap<_, _> = states.into_iter().collect();
        self.0.done(put(&[DEVICE, device_id, STATE], &states)).await
    }

    /// A page of an asset's history, between two times where they are given. Pages are counted from 0; one
    /// without states is behind the end.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn get_history(
        &self,
        device_id: &str,
        asset_name: &str,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        page: u32,
    ) -> Result<HistoryPage, ClientError> {
        let path = [DEVICE, device_id, ASSET, asset_name, STATES];
        let mut query = vec![("page", page.to_string())];
        query.extend(from.map(|from| ("from", from.to_string())));
        query.extend(to.map(|to| ("to", to.to_string())));
        Ok(self.0.json::<History>(Request { query, ..get(&path) }).await?.into())
    }

    /// Sends a command to an actuator or a config, and does not wait for it. What becomes of it is seen in its
    /// state.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn send_command(
        &self,
        device_id: &str,
        asset_name: &str,
        value: &RawValue,
    ) -> Result<(), ClientError> {
        #[derive(Serialize)]
        struct Command<'a> {
            value: &'a RawValue,
            /// Not the cloud's word: it never waits.
            timeout: &'static str,
        }
        let command = Command { value, timeout: "0s" };
        self.0.done(put(&[DEVICE, device_id, ASSET, asset_name, COMMAND], &command)).await
    }
}

fn get<'a>(path: &'a [&'a str]) -> Request<'a> {
    Request { method: Method::GET, path, query: Vec::new(), body: None }
}

fn put<'a>(path: &'a [&'a str], body: &impl Serialize) -> Request<'a> {
    let body = serde_json::to_vec(body).expect("texts, numbers and maps with text keys are always JSON");
    Request { method: Method::PUT, body: Some(body), ..get(path) }
}

impl BaseClient for Client {
    fn endpoint(&self) -> String {
        self.0.endpoint().to_owned()
    }

    fn get_assets<'a>(&'a self, device_id: &'a str) -> BoxFuture<'a, Result<Vec<Asset>, ClientError>> {
        Box::pin(async move { self.0.json(get(&[DEVICE, device_id, ASSETS])).await })
    }

    fn create_asset<'a>(
        &'a self,
        device_id: &'a str,
        asset: &'a Declared,
    ) -> BoxFuture<'a, Result<Asset, ClientError>> {
        Box::pin(async move {
            let path = [DEVICE, device_id, ASSETS];
            let create = Request { method: Method::POST, ..put(&path, &asset::Declared::from(asset)) };
            let error = match self.0.json(create).await {
                Err(error @ ClientError::Rejected { status: 400 | 409, .. }) => error,
                other => return other,
            };
            // The same status stands for "it is there" and for "it cannot be".
            match self.get_asset(device_id, &asset.name).await {
                Ok(Asset { name, .. }) => Err(ClientError::Exists {
                    endpoint: self.endpoint(),
                    path: format!("/{DEVICE}/{device_id}/{ASSET}/{name}"),
                }),
                Err(_) => Err(error),
            }
        })
    }

    fn put_asset<'a>(
        &'a self,
        device_id: &'a str,
        asset: &'a Declared,
    ) -> BoxFuture<'a, Result<Asset, ClientError>> {
        Box::pin(async move {
            let path = [DEVICE, device_id, ASSET, &asset.name];
            self.0.json(put(&path, &asset::Declared::from(asset))).await
        })
    }

    fn delete_asset<'a>(
        &'a self,
        device_id: &'a str,
        asset_name: &'a str,
    ) -> BoxFuture<'a, Result<(), ClientError>> {
        Box::pin(async move {
            let path = [DEVICE, device_id, ASSET, asset_name];
            self.0.done(Request { method: Method::DELETE, ..get(&path) }).await
        })
    }

    fn delete_device<'a>(&'a self, device_id: &'a str) -> BoxFuture<'a, Result<(), ClientError>> {
        Box::pin(async move {
            let path = [DEVICE, device_id];
            self.0.done(Request { method: Method::DELETE, ..get(&path) }).await
        })
    }

    fn get_asset_state<'a>(
        &'a self,
        device_id: &'a str,
        asset_name: &'a str,
    ) -> BoxFuture<'a, Result<AssetState, ClientError>> {
        Box::pin(async move {
            let path = [DEVICE, device_id, ASSET, asset_name, STATE];
            Ok(self.0.json::<Found>(get(&path)).await?.state)
        })
    }

    fn publish_asset_state<'a>(
        &'a self,
        device_id: &'a str,
        asset_name: &'a str,
        state: &'a AssetState,
    ) -> BoxFuture<'a, Result<(), ClientError>> {
        Box::pin(async move { self.0.done(put(&[DEVICE, device_id, ASSET, asset_name, STATE], state)).await })
    }
}
