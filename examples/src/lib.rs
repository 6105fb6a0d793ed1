//! What the examples share: a platform to talk to, and an operator who looks at it from the other side.

use std::error::Error;
use std::process::ExitCode;

use edge_platform::Embedded;
use edge_runtime::Platform;
use edge_runtime::connector::ConnectorClient;
use serde_json::{Value, json};

/// What the examples' functions return.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A platform, and the person who operates it.
#[derive(Debug)]
pub struct Demo {
    /// For the devices.
    pub platform: Platform,
    /// For programs that only register devices.
    pub connector: ConnectorClient,
    embedded: Option<Embedded>,
    /// The platform's HTTP API, as any program would use it.
    http: Option<String>,
}

impl Demo {
    /// The platform that `EDGE_CONNECTOR` and `EDGE_MQTT` name (`EDGE_API` lets the operator see it);
    /// without them, one in this process.
    ///
    /// # Errors
    /// When a variable is no address, or the embedded platform does not start.
    pub async fn start() -> Result<Self> {
        log();
        if ["EDGE_CONNECTOR", "CONNECTOR_SERVICE_HOST", "EDGE_MQTT"]
            .iter()
            .any(|name| std::env::var_os(name).is_some())
        {
            let http = std::env::var("EDGE_API").ok();
            let connector = ConnectorClient::from_env()?;
            return Ok(Self { platform: Platform::from_env().await?, connector, embedded: None, http });
        }
        let embedded = Embedded::start().await?;
        let platform =
            Platform::at(embedded.connector_url(), embedded.mqtt_url()).http(embedded.http_url()).build()?;
        let connector = ConnectorClient::builder(embedded.connector_url()).build()?;
        Ok(Self { platform, connector, http: Some(embedded.http_url()), embedded: Some(embedded) })
    }

    /// What the platform has as the asset's value. `None` when nobody can ask it.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn state(&self, device: &str, asset: &str) -> Result<Option<Value>> {
        let Some(http) = &self.http else { return Ok(None) };
        let reply: Value =
            reqwest::get(format!("{http}/device/{device}/asset/{asset}/state")).await?.json().await?;
        Ok(Some(reply["state"]["value"].clone()))
    }

    /// Commands the device through the platform and waits for what becomes of it.
    ///
    /// # Errors
    /// When the platform does not answer.
    pub async fn command<V: Into<Value>>(
        &self,
        device: &str,
        asset: &str,
        value: V,
    ) -> Result<Option<String>> {
        let Some(http) = &self.http else { return Ok(None) };
        let request = reqwest::Client::new().put(format!("{http}/device/{device}/asset/{asset}/command"));
        outcome(request.json(&json!({ "value": value.into() }))).await.map(Some)
    }

    /// Calls an action of the device through the platform and waits for what becomes of it.
    ///
    /// # Errors
    /// When the platform does not answer.
    pub async fn act(&self, device: &str, action: &str, arguments: Value) -> Result<Option<String>> {
        let Some(http) = &self.http else { return Ok(None) };
        let request = reqwest::Client::new().post(format!("{http}/device/{device}/action/{action}"));
        outcome(request.json(&json!({ "arguments": arguments }))).await.map(Some)
    }

    /// The device's alerts that the platform has, the newest first. `None` when nobody can ask it.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn alerts(&self, device: &str) -> Result<Option<Value>> {
        let Some(http) = &self.http else { return Ok(None) };
        Ok(Some(reqwest::get(format!("{http}/device/{device}/alerts")).await?.json().await?))
    }

    /// Ends the embedded platform.
    pub async fn close(self) {
        if let Some(embedded) = self.embedded {
            embedded.close().await;
        }
    }
}

/// What becomes of a request to a device, in words.
async fn outcome(request: reqwest::RequestBuilder) -> Result<String> {
    let outcome: Value = request.send().await?.json().await?;
    let status = outcome["status"].as_str().unwrap_or("no status");
    Ok(match outcome.get("reason").or(outcome.get("value")) {
        Some(detail) => format!("{status}: {}", plain(detail)),
        None => status.to_owned(),
    })
}

/// AllThingsTalk, or a platform that speaks like it, and the id of a device there.
#[derive(Debug)]
pub struct Cloud {
    /// For the device.
    pub platform: Platform,
    /// The device's id.
    pub device: String,
    embedded: Option<Embedded>,
}

impl Cloud {
    /// The cloud, for the device `ATT_DEVICE` with its token `ATT_TOKEN`; without them, a platform in this
    /// process, which makes the device when it first comes.
    ///
    /// # Errors
    /// When the token is none, or the embedded platform does not start.
    pub async fn start() -> Result<Self> {
        log();
        if let (Ok(device), Ok(token)) = (std::env::var("ATT_DEVICE"), std::env::var("ATT_TOKEN")) {
            return Ok(Self { platform: Platform::allthingstalk(token).build()?, device, embedded: None });
        }
        let embedded = Embedded::start_with(|config| config.auto_create = true).await?;
        let platform = Platform::allthingstalk("any token does, nobody else can reach it");
        let platform = platform.http(embedded.http_url()).mqtt(embedded.mqtt_url()).build()?;
        Ok(Self { platform, device: "COUNTER-1".to_owned(), embedded: Some(embedded) })
    }

    /// Ends the embedded platform.
    pub async fn close(self) {
        if let Some(embedded) = self.embedded {
            embedded.close().await;
        }
    }
}

/// Warnings only, unless `RUST_LOG` says otherwise.
fn log() {
    let filter = tracing_subscriber::EnvFilter::from_default_env();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Does something until it is done, or the program is interrupted (Ctrl-C).
///
/// # Errors
/// When it fails, or nobody can hear of interruptions here.
pub async fn until_interrupted(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::select! {
        done = work => done,
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
    }
}

/// Prints an error with its causes.
pub fn exit(result: Result<()>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}
