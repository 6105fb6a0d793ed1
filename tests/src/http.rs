//! The platform's HTTP API, as a person with curl would use it.

use std::time::Duration;

use serde_json::{Value, json};

/// A platform's HTTP API.
#[derive(Clone, Debug)]
pub struct Http {
    url: String,
    client: reqwest::Client,
}

impl Http {
    /// At this address.
    pub fn new(url: String) -> Self {
        Self { url, client: reqwest::Client::new() }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `GET`: status and body.
    ///
    /// # Errors
    /// When there is no answer, or none in JSON.
    pub async fn get(&self, path: &str) -> Result<(u16, Value), reqwest::Error> {
        let response = self.client.get(format!("{}{path}", self.url)).send().await?;
        Ok((response.status().as_u16(), response.json().await.unwrap_or(Value::Null)))
    }

    /// Commands an asset and waits for the outcome.
    ///
    /// # Errors
    /// When there is no answer, or none in JSON.
    pub async fn command(&self, device: &str, asset: &str, value: Value) -> Result<Value, reqwest::Error> {
        let url = format!("{}/device/{device}/asset/{asset}/command", self.url);
        self.client.put(url).json(&json!({ "value": value })).send().await?.json().await
    }

    /// Waits until an asset's stored value is the wanted one.
    ///
    /// # Panics
    /// When it is not within 30 s; shows what it is instead.
    pub async fn wait_for_state(&self, device: &str, asset: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let path = format!("/device/{device}/asset/{asset}/state");
        let mut last = Value::Null;
        for _ in 0..600 {
            if let Ok((200, body)) = self.get(&path).await {
                last = body["state"]["value"].clone();
                if wanted(&last) {
                    return last;
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{path} is {last}");
    }
}
