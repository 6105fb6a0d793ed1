//! Three NATS servers that are one MQTT broker.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::ports::free_port;
use crate::process::Process;
use crate::python::Python;

const NODES: usize = 3;
const SERVER: &str = "nats-server";
/// How long a cluster may take to be one.
const READY: Duration = Duration::from_secs(60);

/// The ports of one node.
#[derive(Clone, Copy, Debug)]
struct Ports {
    clients: u16,
    http: u16,
    routes: u16,
    mqtt: u16,
}

#[derive(Debug)]
struct Node {
    ports: Ports,
    process: Option<Process>,
}

/// A cluster of the test's own, of three nodes that keep three copies of everything.
#[derive(Debug)]
pub struct NatsCluster {
    python: Python,
    folder: TempDir,
    nodes: Vec<Node>,
    http: reqwest::Client,
}

impl NatsCluster {
    /// Starts one on free ports. `None` when the server cannot be had.
    ///
    /// # Panics
    /// When it can, and does not start.
    pub async fn start() -> Option<Self> {
        let python = Python::with_nats()?;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let nodes = (0..NODES).map(|_| Node { ports: free_ports(), process: None }).collect();
        let mut cluster = Self { python, folder, nodes, http: reqwest::Client::new() };
        for node in 0..NODES {
            cluster.launch(node);
        }
        cluster.healthy().await;
        Some(cluster)
    }

    /// The address of all nodes for MQTT, the given one first.
    pub fn url_from(&self, first: usize) -> String {
        let nodes = (first..first + NODES).map(|node| self.mqtt(node % NODES).to_string());
        format!("mqtt://{}", nodes.collect::<Vec<_>>().join(","))
    }

    /// Where a node listens for MQTT.
    pub fn mqtt(&self, node: usize) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.nodes[node].ports.mqtt).into()
    }

    /// Ends a node with SIGKILL.
    ///
    /// # Panics
    /// When it cannot be ended.
    pub async fn kill(&mut self, node: usize) {
        if let Some(mut process) = self.nodes[node].process.take() {
            process.kill().await.expect("it can be killed");
        }
    }

    /// Starts a node again, and waits until all are well.
    pub async fn restart(&mut self, node: usize) {
        self.launch(node);
        self.healthy().await;
    }

    /// Which node a client is connected to, by its MQTT client id.
    pub async fn node_of(&self, client: &str) -> Option<usize> {
        for node in 0..NODES {
            let found = self.ask(node, &format!("connz?mqtt_client={client}")).await;
            if found.is_some_and(|found| found["num_connections"].as_u64().unwrap_or(0) > 0) {
                return Some(node);
            }
        }
        None
    }

    /// Which node leads the stream of messages.
    pub async fn leader(&self) -> Option<usize> {
        for node in 0..NODES {
            let Some(found) = self.ask(node, "jsz?streams=true").await else { continue };
            let streams = found["account_details"][0]["stream_detail"].as_array().cloned();
            let leader = streams.into_iter().flatten().find(|stream| stream["name"] == "$MQTT_msgs");
            let leader = leader.and_then(|stream| stream["cluster"]["leader"].as_str().map(str::to_owned));
            if let Some(leader) = leader {
                return (0..NODES).find(|node| name(*node) == leader);
            }
        }
        None
    }

    async fn ask(&self, node: usize, path: &str) -> Option<Value> {
        let url = format!("http://127.0.0.1:{}/{path}", self.nodes[node].ports.http);
        let answer = self.http.get(url).timeout(Duration::from_secs(2)).send().await.ok()?;
        answer.json().await.ok()
    }

    async fn healthy(&self) {
        let all = async {
            for node in 0..NODES {
                while self.ask(node, "healthz").await.is_none_or(|health| health["status"] != "ok") {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        };
        tokio::time::timeout(READY, all).await.expect("a healthy cluster");
    }

    fn launch(&mut self, node: usize) {
        let path = self.folder.path().join(format!("{}.conf", name(node)));
        std::fs::write(&path, self.config(node)).expect("the folder is ours");
        let mut command = Command::new(self.python.program(SERVER));
        let process = Process::start(command.arg("-c").arg(path)).expect("it is executable");
        self.nodes[node].process = Some(process);
    }

    fn config(&self, node: usize) -> String {
        let Ports { clients, http, routes, mqtt } = self.nodes[node].ports;
        let store = self.folder.path().join(name(node));
        let all: Vec<_> =
            self.nodes.iter().map(|node| format!("\"nats://127.0.0.1:{}\"", node.ports.routes)).collect();
        config(&name(node), &store, [clients, http, routes, mqtt], &all.join(", "))
    }
}

fn config(name: &str, store: &Path, [clients, http, routes, mqtt]: [u16; 4], all: &str) -> String {
    format!(
        "server_name: {name}\n\
         listen: 127.0.0.1:{clients}\n\
         http: 127.0.0.1:{http}\n\
         jetstream {{ store_dir: \"{}\", max_mem: 256M, max_file: 2G }}\n\
         cluster {{ name: edge, listen: 127.0.0.1:{routes}, routes: [ {all} ] }}\n\
         mqtt {{ listen: \"127.0.0.1:{mqtt}\", stream_replicas: {NODES} }}\n",
        store.display()
    )
}

fn name(node: usize) -> String {
    format!("n{node}")
}

fn free_ports() -> Ports {
    Ports { clients: free_port(), http: free_port(), routes: free_port(), mqtt: free_port() }
}
