//! Servers that take a connection and do not come to the point.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge_runtime::ConnectError;
use edge_runtime::testing::{MemoryPlatform, SteadyClock};
use edge_tests::causes;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection};

use super::chance;
use super::quiet::Quiet;
use super::world::{Result, SN, Ten, within};

/// How long the device waits for a CONNACK, and for all that comes before it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What the server does with each connection.
#[derive(Clone, Debug)]
enum Server {
    /// Answers with the first record of a handshake, and then not at all.
    HelloAndSilence(Arc<ServerConfig>),
    /// Sends these bytes, and then nothing.
    Says(Vec<u8>),
    /// Sends these bytes, one by one.
    Dribbles(&'static [u8], Duration),
}

impl Server {
    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let (mut reader, mut stream) = stream.into_split();
        let hello = match self {
            Self::HelloAndSilence(config) => answer(&client_hello(&mut reader).await?, config),
            Self::Says(_) | Self::Dribbles(..) => Vec::new(),
        };
        let say = async {
            stream.write_all(&hello).await?;
            self.say(&mut stream).await?;
            std::future::pending().await
        };
        let read = async { tokio::io::copy(&mut reader, &mut tokio::io::sink()).await.map(drop) };
        tokio::select! {
            said = say => said,
            gone = read => gone,
        }
    }

    async fn say(&self, stream: &mut OwnedWriteHalf) -> std::io::Result<()> {
        match self {
            Self::HelloAndSilence(_) => Ok(()),
            Self::Says(bytes) => stream.write_all(bytes).await,
            Self::Dribbles(bytes, pause) => {
                for byte in *bytes {
                    tokio::time::sleep(*pause).await;
                    stream.write_all(&[*byte]).await?;
                }
                Ok(())
            }
        }
    }
}

/// The client's first record.
async fn client_hello(stream: &mut OwnedReadHalf) -> std::io::Result<Vec<u8>> {
    let mut record = vec![0; 5];
    stream.read_exact(&mut record).await?;
    let length = usize::from(u16::from_be_bytes([record[3], record[4]]));
    record.resize(5 + length, 0);
    stream.read_exact(&mut record[5..]).await?;
    Ok(record)
}

/// The server's first record: the ServerHello.
fn answer(mut client: &[u8], config: &Arc<ServerConfig>) -> Vec<u8> {
    let mut connection = ServerConnection::new(Arc::clone(config)).unwrap();
    connection.read_tls(&mut client).unwrap();
    connection.process_new_packets().unwrap();
    let mut said = Vec::new();
    connection.write_tls(&mut said).unwrap();
    let length = usize::from(u16::from_be_bytes([said[3], said[4]]));
    assert!(said[0] == 22 && said[5] == 2 && said.len() > 5 + length, "it has more to say");
    said.truncate(5 + length);
    said
}

fn tls(key: &CertifiedKey<KeyPair>) -> Arc<ServerConfig> {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let private = PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap();
    Arc::new(builder.with_single_cert(vec![key.cert.der().clone()], private).unwrap())
}

/// How long each connection lasted, until the client gave it up.
type Lasted = Arc<Mutex<Vec<Duration>>>;

/// Starts a server; returns its port, and its task, which is without an end.
async fn start(server: Server, lasted: Lasted) -> Result<(u16, AbortHandle)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let accepting = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (server, lasted) = (server.clone(), Arc::clone(&lasted));
            tokio::spawn(async move {
                let start = Instant::now();
                // A client that is gone already is what is waited for.
                let _ = server.serve(stream).await;
                lasted.lock().unwrap().push(start.elapsed());
            });
        }
    });
    Ok((port, accepting.abort_handle()))
}

/// A device at such a server: how its start fails.
async fn check(scheme: &str, server: impl FnOnce(&CertifiedKey<KeyPair>) -> Server) -> Result<String> {
    chance::sow();
    let _clock = SteadyClock::start();
    let quiet = Quiet::now();
    let key = generate_simple_self_signed(vec!["localhost".to_owned()])?;
    let lasted = Lasted::default();
    let (port, accepting) = start(server(&key), Arc::clone(&lasted)).await?;
    let (memory, url) = (MemoryPlatform::new(), format!("{scheme}://localhost:{port}"));
    let platform = match scheme {
        "mqtts" => memory.with_tls_broker(&url, key.cert.pem())?,
        _ => memory.with_broker(&url)?,
    };
    let builder = platform.device(SN, Ten::default()).startup_timeout(Duration::from_secs(20));
    let error = within(60, builder.connect()).await?.map(drop).unwrap_err();
    assert!(matches!(error, ConnectError::Timeout { .. }), "{error:?}");
    let lasted = lasted.lock().unwrap().clone();
    println!("C06: connections lasted {lasted:?}: {}", causes(&error));
    assert!((2..=6).contains(&lasted.len()), "{lasted:?}");
    let slack = Duration::from_millis(250);
    assert!(lasted.iter().all(|time| *time <= CONNECT_TIMEOUT + slack), "{lasted:?}");
    // A start that failed goes on with nothing.
    accepting.abort();
    drop((platform, memory));
    quiet.end().await;
    Ok(causes(&error))
}

#[tokio::test(start_paused = true)]
async fn c06_a_handshake_that_ends_after_its_first_answer_is_given_up() -> Result {
    let error = check("mqtts", |key| Server::HelloAndSilence(tls(key))).await?;
    assert!(error.contains("no answer within 5 s"), "{error}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn c06_a_handshake_of_garbage_is_given_up_at_once() -> Result {
    let flood = [b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), vec![0; 64 * 1024]].concat();
    let error = check("mqtts", |_| Server::Says(flood)).await?;
    assert!(error.contains("TLS"), "{error}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn c06_a_handshake_of_endless_records_is_given_up() -> Result {
    // One message of 16 MiB, in as many records as 64 KiB hold.
    let mut flood = Vec::new();
    for piece in 0..4 {
        flood.extend([22, 3, 3, 0x40, 0]);
        let head: &[u8] = if piece == 0 { &[2, 0xff, 0xff, 0xff] } else { &[0; 4] };
        flood.extend_from_slice(head);
        flood.resize(flood.len() + 0x4000 - 4, 0);
    }
    let error = check("mqtts", |_| Server::Says(flood)).await?;
    assert!(error.contains("TLS"), "{error}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn c06_an_answer_that_comes_byte_by_byte_is_given_up() -> Result {
    // A CONNACK that claims to have 100 bytes.
    let connack = &[0x20, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let error = check("mqtt", |_| Server::Dribbles(connack, Duration::from_secs(1))).await?;
    assert!(error.contains("no answer within 5 s"), "{error}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn c06_a_server_that_says_nothing_is_given_up() -> Result {
    for scheme in ["mqtt", "mqtts"] {
        let error = check(scheme, |_| Server::Says(Vec::new())).await?;
        assert!(error.contains("no answer within 5 s"), "{error}");
    }
    Ok(())
}
