//! Values at the edges of their types: each arrives as it was set, or is refused by the setter.

use edge_platform::Embedded;
use edge_runtime::{Change, Device, HandlerResult, Platform, SetError};
use edge_tests::Http;
use serde_json::{Value, json};

use super::quiet::Quiet;
use super::world::{Result, within};

const SN: &str = "EDGES-1";
/// The first integer that an `f64` cannot hold.
const BEYOND_FLOATS: u64 = (1 << 53) + 1;

#[derive(Device, Clone, Debug, Default, PartialEq)]
#[device(model = "urn:test:edges:1")]
struct Edges {
    #[asset(kind = "sensor")]
    number: f64,
    #[asset(kind = "sensor")]
    small: f32,
    #[asset(kind = "sensor")]
    text: String,
    #[asset(kind = "sensor")]
    signed: i64,
    #[asset(kind = "sensor")]
    unsigned: u64,
    #[asset(kind = "sensor")]
    table: Vec<Vec<Vec<f64>>>,
    #[asset(kind = "config")]
    wish: u64,
    #[asset(kind = "config")]
    word: String,
}

#[derive(Debug)]
struct Accepts;

impl EdgesHandler for Accepts {
    async fn on_wish(&mut self, _: &EdgesDevice, change: Change<u64>) -> HandlerResult<u64> {
        Ok(change.value)
    }
}

struct Site {
    embedded: Embedded,
    device: EdgesDevice,
    http: Http,
    quiet: Quiet,
}

impl Site {
    async fn start() -> Result<Self> {
        let quiet = Quiet::now();
        let embedded = Embedded::start().await?;
        let platform =
            Platform::at(embedded.connector_url(), format!("mqtt://{}", embedded.mqtt())).build()?;
        let device = platform.device(SN, Edges::default()).handler(Accepts).connect().await?;
        let http = Http::new(embedded.http_url());
        Ok(Self { embedded, device, http, quiet })
    }

    async fn arrives(&self, asset: &str, expected: Value) {
        self.http.wait_for_state(SN, asset, |stored| *stored == expected).await;
    }

    async fn end(self) -> Result {
        within(10, self.device.close()).await??;
        self.embedded.close().await;
        drop((self.device, self.http));
        self.quiet.end().await;
        Ok(())
    }
}

#[tokio::test]
async fn r19_integers_arrive_with_their_last_digit() -> Result {
    let site = Site::start().await?;
    for value in [i64::MIN, i64::MIN + 1, -(BEYOND_FLOATS as i64), -1, BEYOND_FLOATS as i64, i64::MAX] {
        site.device.set_signed(value).await?.delivered().await?;
        site.arrives("signed", json!(value)).await;
    }
    for value in [BEYOND_FLOATS, i64::MAX as u64 + 1, u64::MAX - 1, u64::MAX, 0] {
        site.device.set_unsigned(value).await?.delivered().await?;
        site.arrives("unsigned", json!(value)).await;
        // And the other way.
        let outcome = site.http.command(SN, "wish", json!(value)).await?;
        assert_eq!((&outcome["status"], &outcome["value"]), (&json!("applied"), &json!(value)));
        assert_eq!(site.device.wish(), value);
    }
    site.end().await
}

#[tokio::test]
async fn r19_floats_arrive_with_their_last_bit() -> Result {
    let site = Site::start().await?;
    for value in [f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 0.1 + 0.2, 1.0 / 3.0, -0.0] {
        site.device.set_number(value).await?.delivered().await?;
        let same = |stored: &Value| stored.as_f64().is_some_and(|stored| stored.to_bits() == value.to_bits());
        site.http.wait_for_state(SN, "number", same).await;
    }
    for value in [f32::MAX, f32::MIN_POSITIVE, 1e-45, 0.1] {
        site.device.set_small(value).await?.delivered().await?;
        let same = |stored: &Value| stored.as_f64().is_some_and(|stored| stored as f32 == value);
        site.http.wait_for_state(SN, "small", same).await;
    }
    site.end().await
}

#[tokio::test]
async fn r19_what_is_no_number_is_refused_wherever_it_is() -> Result {
    let site = Site::start().await?;
    let before = site.device.snapshot();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let within = vec![vec![vec![1.0], vec![2.0, value]]];
        for error in [
            site.device.set_number(value).await.unwrap_err(),
            site.device.set_small(value as f32).await.unwrap_err(),
            site.device.set_table(within).await.unwrap_err(),
            site.device.update(|edges| edges.number = value).await.unwrap_err(),
        ] {
            assert!(matches!(error, SetError::Refused { .. }), "{error}");
            assert!(error.to_string().contains("is not a finite number"), "{error}");
        }
    }
    assert_eq!(site.device.snapshot(), before);
    site.end().await
}

#[tokio::test]
async fn r19_texts_arrive_whatever_is_in_them() -> Result {
    let site = Site::start().await?;
    let texts = [
        String::new(),
        "\0\u{1}\u{7f}\u{2028}\u{feff}\u{fffd}\u{202e}".to_owned(),
        r#"{"value":"\u0000"}"#.to_owned(),
        "\"\\\r\n\t/".to_owned(),
        "🌡️".repeat(9_000),
        "x".repeat(64 * 1024),
        // Each becomes six bytes in JSON.
        "\u{1}".repeat(32 * 1024),
    ];
    for text in texts {
        site.device.set_text(text.clone()).await?.delivered().await?;
        site.arrives("text", json!(text)).await;
        let outcome = site.http.command(SN, "word", json!(text)).await?;
        assert_eq!(outcome["status"], "applied", "{} bytes", text.len());
        assert_eq!(site.device.word(), text);
    }
    let table = vec![vec![vec![], vec![1.5; 1_000]]; 4];
    site.device.set_table(table.clone()).await?.delivered().await?;
    site.arrives("table", json!(table)).await;
    site.end().await
}

#[tokio::test]
async fn r19_a_command_that_is_nested_without_end_is_refused_with_its_reason() -> Result {
    let site = Site::start().await?;
    let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    let (observer, mut outcomes) = observer(&site).await;
    for levels in [3, 100, 127, 128, 10_000, 100_000] {
        for (id, value) in [("word", nested(levels)), ("wish", nested(levels))] {
            let command = format!(r#"{{"id":"{id}{levels}","value":{value}}}"#);
            observer.publish(&format!("device/{SN}/asset/{id}/command"), &command).await;
            let outcome: Value = serde_json::from_slice(&within(10, outcomes.recv()).await?.unwrap())?;
            let reason = outcome["reason"].as_str().unwrap_or_default();
            assert_eq!(outcome["status"], "rejected", "{levels}: {outcome}");
            assert!(reason.contains("expected ") || reason.contains("recursion limit"), "{levels}: {reason}");
        }
    }
    assert_eq!(site.http.command(SN, "wish", json!(7)).await?["status"], "applied");
    site.end().await
}

async fn observer(site: &Site) -> (edge_tests::Observer, edge_tests::Seen) {
    let observer = edge_tests::Observer::connect(site.embedded.mqtt(), None).await;
    let outcomes = observer.subscribe(&format!("device/{SN}/outcome")).await;
    (observer, outcomes)
}
