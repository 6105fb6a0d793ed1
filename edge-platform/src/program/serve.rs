//! `edge-platform serve`: starts, says where it listens, waits for a signal, finishes.

use std::io;

use edge_platform::{BoxError, Config, Server};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end the program in good order.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn any(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

/// Runs until a signal.
///
/// # Errors
/// When it does not start, or a service ends that should not.
pub(crate) async fn serve(config: Config) -> Result<(), BoxError> {
    let mut signals = Signals::new()?;
    let database = config.database.to_string();
    let is_open = config.tokens.is_open();
    let mut server = tokio::select! {
        server = Server::start(config) => server?,
        name = signals.any() => {
            tracing::info!("{name} before everything was started");
            return Ok(());
        }
    };
    announce(&server, &database, is_open);
    tokio::select! {
        name = signals.any() => tracing::info!("{name}: finishing"),
        name = server.failed() => {
            server.close().await;
            return Err(format!("the service `{name}` ended").into());
        }
    }
    server.close().await;
    tracing::info!("stopped");
    Ok(())
}

fn announce(server: &Server, database: &str, is_open: bool) {
    let broker = if server.embedded_broker().is_some() { "embedded" } else { "external" };
    let access = if is_open { "open: no token is needed" } else { "by token" };
    eprintln!("edge-platform {}", env!("CARGO_PKG_VERSION"));
    eprintln!("  connector  {}", server.connector_url());
    eprintln!("  http       {}", server.http_url());
    eprintln!("  mqtt       {} ({broker})", server.mqtt_url());
    eprintln!("  database   {database}");
    eprintln!("  access     {access}");
}
