//! The same steps by our client and by one in Python, which knows nothing of ours but the `.proto`:
//! the same answers, codes, messages and fields.

use edge_runtime::Kind;
use edge_runtime::connector::{Asset, AssetType, ConnectorClient, ConnectorError, Part, Retry, SubAsset};
use edge_tests::{PlatformProgram, Python, TestResult};
use serde_json::{Value, json};

use super::steps;

const MASTER: &str = "canary-master";
const DEVICE: &str = "canary-device";

async fn platform() -> PlatformProgram {
    let device = format!("{DEVICE}=DOCK-1");
    PlatformProgram::start(&["--token", MASTER, "--token", &device]).await
}

#[tokio::test]
async fn another_language_sees_the_same_connector() -> TestResult {
    let Some(python) = Python::with_connector() else { return Ok(()) };
    let theirs = platform().await;
    let mut process = python.start("connector.py", &[theirs.connector.trim_start_matches("http://")]);
    let status = process.wait().await?;
    assert!(status.success(), "{}", process.err.end().await);
    let lines = process.out.end().await;
    let theirs: Vec<Value> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;

    let ours = ours(&platform().await.connector).await?;
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs, "left: ours, right: theirs");
    }
    assert_eq!(ours.len(), theirs.len());
    Ok(())
}

async fn ours(url: &str) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
    let mut book = Book::default();
    let client = ConnectorClient::builder(url).token(MASTER).build()?;
    steps::assets(&mut book, &client).await;
    steps::updates(&mut book, &client).await;
    steps::parts(&mut book, &client).await;
    for (name, token) in [("no token", ""), ("a wrong token", "canary-wrong"), ("its token", DEVICE)] {
        let builder = ConnectorClient::builder(url);
        let client = if token.is_empty() { builder } else { builder.token(token) }.build()?;
        steps::tokens(&mut book, name, &client).await;
    }
    steps::end(&mut book, &client).await;
    let nowhere = ConnectorClient::builder("http://127.0.0.1:1").retry(Retry::Never).build()?;
    book.asset("nobody there", nowhere.get_asset_by_sn("DOCK-1").await);
    Ok(book.lines)
}

/// What came of each step, without what the registry chooses (ids and times).
#[derive(Default)]
pub(super) struct Book {
    lines: Vec<Value>,
    ids: Vec<String>,
}

impl Book {
    pub(super) fn asset(&mut self, step: &str, result: Result<Asset, ConnectorError>) -> Option<Asset> {
        self.ids.extend(result.as_ref().map(|asset| asset.id.clone()));
        self.note(step, result, record)
    }

    pub(super) fn part(&mut self, step: &str, result: Result<SubAsset, ConnectorError>) -> Option<SubAsset> {
        self.ids.extend(result.as_ref().map(|part| part.id.clone()));
        self.note(step, result, part)
    }

    pub(super) fn done(&mut self, step: &str, result: Result<(), ConnectorError>) {
        self.note(step, result, |()| Value::Null);
    }

    pub(super) fn note<T>(
        &mut self,
        step: &str,
        result: Result<T, ConnectorError>,
        show: impl Fn(&T) -> Value,
    ) -> Option<T> {
        let line = match &result {
            Ok(answer) => json!({ "step": step, "ok": show(answer) }),
            Err(error) => {
                let fields: Vec<_> = error.fields().iter().map(|f| [&f.field, &f.description]).collect();
                json!({
                    "step": step,
                    "code": error.code().as_str(),
                    "message": self.message(error),
                    "fields": fields,
                })
            }
        };
        self.lines.push(line);
        result.ok()
    }

    fn message(&self, error: &ConnectorError) -> String {
        if error.code() == edge_runtime::connector::Code::Unavailable {
            // Not the Connector's: everyone says in words of their own that there is none.
            return String::new();
        }
        let shorten = |message: String, id: &String| message.replace(id, "ID");
        self.ids.iter().fold(error.message().to_owned(), shorten)
    }
}

fn record(asset: &Asset) -> Value {
    let asset_type = match asset.asset_type {
        AssetType::Unknown => "unspecified",
        known => known.as_str(),
    };
    json!({
        "sn": asset.sn,
        "name": asset.name,
        "type": format!("ASSET_TYPE_{}", asset_type.to_uppercase()),
        "vendor": asset.vendor.as_str(),
        "organization_id": asset.organization_id,
        "parent_sn": asset.parent_sn,
        "description": asset.description,
        "model": asset.model,
        "version": asset.version,
        "digest": asset.digest,
        "sub_assets": asset.sub_assets.iter().map(part).collect::<Vec<_>>(),
        "is_given": !asset.id.is_empty() && asset.created_at.is_some() && asset.updated_at.is_some(),
    })
}

fn part(part: &SubAsset) -> Value {
    let mut line = match &part.part {
        Part::Device(device) => json!({ "device": record(device) }),
        Part::DataPoint(point) => json!({
            "name": point.name,
            "kind": kind(point.kind),
            "title": point.title,
            "description": point.description,
            "profile": point.profile,
        }),
        other => panic!("{other:?}"),
    };
    line["parent_sn"] = part.parent_sn.clone().into();
    line["version"] = part.version.into();
    let is_given = !part.id.is_empty() && part.created_at.is_some() && part.updated_at.is_some();
    line["is_given"] = is_given.into();
    line
}

fn kind(kind: Kind) -> String {
    format!("KIND_{}", kind.as_str().to_uppercase())
}
