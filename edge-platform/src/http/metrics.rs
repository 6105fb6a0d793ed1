//! The platform's figures as Prometheus reads them. What they mean for users is in `docs/observability.md`; a
//! test compares the two.

use std::fmt::{Display, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::auth::Caller;
use super::error::ApiError;
use crate::platform::Platform;

/// Prometheus' text format.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

const COUNTER: &str = "counter";
const GAUGE: &str = "gauge";

/// The text so far.
struct Page(String);

impl Page {
    /// A figure without labels.
    fn one(&mut self, kind: &str, name: &str, help: &str, value: impl Display) {
        self.head(kind, name, help);
        let _ = writeln!(self.0, "edge_platform_{name} {value}");
    }

    /// A figure for each value of a label. Neither has anything in it that would have to be escaped.
    fn by<L: Display>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl Iterator<Item = (L, u64)>,
    ) {
        self.head(COUNTER, name, help);
        for (word, value) in values {
            let _ = writeln!(self.0, "edge_platform_{name}{{{label}=\"{word}\"}} {value}");
        }
    }

    fn head(&mut self, kind: &str, name: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP edge_platform_{name} {help}\n# TYPE edge_platform_{name} {kind}");
    }
}

/// For those who see everything.
pub(super) async fn all(
    State(platform): State<Arc<Platform>>,
    caller: Caller,
) -> Result<impl IntoResponse, ApiError> {
    caller.authorize_all()?;
    Ok(([(CONTENT_TYPE, FORMAT)], page(&platform)))
}

fn page(platform: &Platform) -> String {
    let counters = &platform.counters;
    let read = |counter: &AtomicU64| counter.load(Relaxed);
    let (written, trimmed) = platform.store.history_rows();
    let mut page = Page(String::with_capacity(8 * 1024));
    let up = u8::from(platform.link.is_up());
    page.one(GAUGE, "broker_up", "1 while the platform is connected to its broker, else 0", up);
    let connections = read(&counters.broker_connections);
    page.one(COUNTER, "broker_connections_total", "Connections of the platform to its broker", connections);
    let clients = platform.clients.connections();
    page.one(
        GAUGE,
        "mqtt_clients",
        "Clients connected to the embedded broker, the platform included",
        clients,
    );
    page.one(COUNTER, "messages_total", "Messages that arrived from the broker", read(&counters.messages));
    let dropped = read(&counters.dropped);
    page.one(
        COUNTER,
        "messages_dropped_total",
        "QoS 0 messages that came faster than they were stored",
        dropped,
    );
    page.one(
        COUNTER,
        "states_stored_total",
        "States that became the newest of their asset",
        read(&counters.stored),
    );
    page.one(
        COUNTER,
        "states_stale_total",
        "States that were older than the stored one",
        read(&counters.stale),
    );
    page.one(
        COUNTER,
        "states_missed_total",
        "States that devices say they have dropped",
        read(&counters.missed),
    );
    page.one(COUNTER, "alerts_stored_total", "Alerts that were stored", read(&counters.alerts));
    page.one(COUNTER, "data_stored_total", "Records of data formats that were stored", read(&counters.data));
    page.one(
        COUNTER,
        "reports_repeated_total",
        "Alerts and data that were there already",
        read(&counters.reports_again),
    );
    let refused = read(&counters.refused);
    page.one(
        COUNTER,
        "refused_total",
        "Messages and states that were malformed, unknown, or did not fit",
        refused,
    );
    page.one(COUNTER, "history_rows_written_total", "Rows written to the history", written);
    page.one(COUNTER, "history_rows_trimmed_total", "Rows deleted to trim the history", trimmed);
    page.by(
        "commands_total",
        "Commands that were waited for, by how that ended",
        "status",
        counters.commands(),
    );
    let connections = read(&counters.http_connections);
    page.one(GAUGE, "http_connections", "HTTP connections", connections);
    let replies = counters.http_replies().map(|(digit, count)| (format!("{digit}xx"), count));
    page.by("http_requests_total", "HTTP requests by the status of the reply", "status", replies);
    page.by("grpc_calls_total", "Calls of the Connector by their code", "code", counters.grpc_calls());
    page.0
}
