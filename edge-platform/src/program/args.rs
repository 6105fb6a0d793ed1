//! The flags of `edge-platform`.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use edge_platform::{DeviceId, NameError};

/// The companion platform: Connector (gRPC), HTTP API, MQTT broker and store in one program.
#[derive(Debug, Parser)]
#[command(name = "edge-platform", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What it can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the platform until SIGINT or SIGTERM.
    ///
    /// Every setting is a flag, a variable, or a key of the TOML file (the flag's name, with `_` for `-`,
    /// and `tokens = [..]`). A flag wins over a variable, a variable over the file.
    Serve(Box<ServeArgs>),
    /// Creates and lists devices, whether a platform runs on the database or not.
    #[command(subcommand)]
    Device(DeviceCommand),
}

/// What can be done with devices.
#[derive(Debug, Subcommand)]
pub(crate) enum DeviceCommand {
    /// Creates a device without assets.
    Create(CreateArgs),
    /// Lists all devices: serial number, presence, name, organization, with tabs between.
    List(WhereArgs),
}

impl DeviceCommand {
    /// Where the devices are.
    pub(crate) fn place(&self) -> &WhereArgs {
        match self {
            Self::Create(args) => &args.place,
            Self::List(args) => args,
        }
    }
}

/// The flags of `edge-platform device create`.
#[derive(Args, Debug)]
pub(crate) struct CreateArgs {
    /// The serial number: letters, digits, `_` and `-`, at most 64.
    #[arg(value_parser = device_id)]
    pub(crate) sn: DeviceId,

    /// For people [default: the serial number].
    #[arg(long)]
    pub(crate) name: Option<String>,

    /// The organization that it belongs to.
    #[arg(long, value_name = "ID")]
    pub(crate) organization: Option<String>,

    #[command(flatten)]
    pub(crate) place: WhereArgs,
}

/// Where the devices are.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct WhereArgs {
    /// A TOML file with settings, of which only the database counts.
    #[arg(long, value_name = "FILE", env = "EDGE_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// sqlite:PATH or postgres://.. [default: sqlite:edge-platform.db]
    #[arg(long, value_name = "URL", env = "EDGE_DATABASE", hide_env_values = true)]
    pub(crate) database: Option<String>,
}

/// The flags of `edge-platform serve`. Texts that may hold secrets are read later, by parsers whose
/// errors do not repeat them.
#[derive(Args, Debug, Default)]
pub(crate) struct ServeArgs {
    /// A TOML file with settings.
    #[arg(long, value_name = "FILE", env = "EDGE_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// Where the Connector listens [default: 127.0.0.1:8010]. Port 0 is any free one.
    #[arg(long, value_name = "ADDRESS", env = "EDGE_GRPC", value_parser = address)]
    pub(crate) grpc: Option<SocketAddr>,

    /// The Connector's certificate chain in PEM: it speaks TLS then. With --tls-key.
    #[arg(long, value_name = "PEM", env = "EDGE_TLS_CERT")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// The private key of the certificate, in PEM.
    #[arg(long, value_name = "PEM", env = "EDGE_TLS_KEY")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Lets only those to the Connector whose certificate leads to one of these.
    #[arg(long, value_name = "PEM", env = "EDGE_TLS_CLIENT_CA")]
    pub(crate) tls_client_ca: Option<PathBuf>,

    /// Where the HTTP API listens [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDRESS", env = "EDGE_HTTP_LISTEN", value_parser = address)]
    pub(crate) http: Option<SocketAddr>,

    /// Where the embedded MQTT broker listens [default: 127.0.0.1:1883].
    #[arg(long, value_name = "ADDRESS", env = "EDGE_MQTT_LISTEN", value_parser = address)]
    pub(crate) mqtt: Option<SocketAddr>,

    /// Use this broker instead of the embedded one, and of --mqtt: mqtt://user:password@host:port
    #[arg(long, value_name = "URL", env = "EDGE_BROKER", hide_env_values = true)]
    pub(crate) broker: Option<String>,

    /// Speak to a broker on another machine without TLS (or EDGE_PLAINTEXT=allow).
    #[arg(long)]
    pub(crate) allow_plaintext: bool,

    /// sqlite:PATH, sqlite::memory: or postgres://.. [default: sqlite:edge-platform.db]
    #[arg(long, value_name = "URL", env = "EDGE_DATABASE", hide_env_values = true)]
    pub(crate) database: Option<String>,

    /// Where storage objects are: a folder, or s3://BUCKET/PREFIX (with AWS_ENDPOINT, AWS_REGION,
    /// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) [default: a folder beside the database].
    #[arg(long, value_name = "DIR|URL", env = "EDGE_OBJECTS")]
    pub(crate) objects: Option<String>,

    /// The most bytes of a storage object [default: 17179869184].
    #[arg(long, value_name = "BYTES", env = "EDGE_MAX_OBJECT")]
    pub(crate) max_object: Option<u64>,

    /// The most storage objects of a device [default: 10000].
    #[arg(long, value_name = "COUNT", env = "EDGE_MAX_OBJECTS")]
    pub(crate) max_objects: Option<u64>,

    /// A token for everything; `TOKEN=DEVICE_ID` for one device and its parts; `TOKEN=org:ID` for the
    /// devices of an organization. Repeatable.
    ///
    /// Other users of the machine can read flags: prefer EDGE_TOKENS (separated by spaces) or the file.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Vec<String>,

    /// Creates a device that is not registered when it first calls over HTTP, with a token that is for
    /// everything, for an organization, or for this device.
    #[arg(long, env = "EDGE_AUTO_CREATE")]
    pub(crate) auto_create: bool,

    /// How many states of each asset are kept for its history, and how many alerts and data of each device, the newest
    /// ones; 0: none [default: 10000].
    #[arg(long, value_name = "STATES", env = "EDGE_HISTORY")]
    pub(crate) history: Option<u64>,

    /// Written when everything is ready: {"grpc","http","mqtt"} as "host:port".
    #[arg(long, value_name = "PATH", env = "EDGE_READY_FILE")]
    pub(crate) ready_file: Option<PathBuf>,
}

fn device_id(text: &str) -> Result<DeviceId, NameError> {
    DeviceId::new(text)
}

/// Reads `host:port`; a name is looked up.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let mut found = text.to_socket_addrs().map_err(|error| format!("not a `host:port`: {error}"))?;
    found.next().ok_or_else(|| "the name has no address".to_owned())
}
