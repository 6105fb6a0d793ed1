//! Clones, closing, and what is never shown.

use std::sync::Arc;

use edge_proto::connector::v1;
use edge_runtime::connector::{Asset, AssetField, Code};
use edge_tests::{FakeConnector, Reply, TestResult, causes};
use tokio::sync::Semaphore;
use tonic::{Code as Status, Status as Refusal};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::{METHODS, builder, call, client};

const CANARY: &str = "canary-4f1d";

#[tokio::test]
async fn a_closed_client_fails_and_what_is_under_way_finishes() -> TestResult {
    let came = Arc::new(Semaphore::new(0));
    let signal = Arc::clone(&came);
    // The call has come when it fails, and is made again after the client has been closed.
    let fake = FakeConnector::start(move |call| {
        signal.add_permits(1);
        if call.index < 3 { Reply::code(Status::Unavailable) } else { Reply::message(&v1::Asset::default()) }
    })
    .await;
    let client = client(&fake);
    let clone = client.clone();
    let under_way = tokio::spawn(async move { clone.get_asset("1").await });
    came.acquire().await?.forget();
    client.close();
    under_way.await??;

    let calls = fake.calls().len();
    for client in [&client, &client.clone()] {
        for (method, _) in METHODS {
            let error = call(client, method).await.unwrap_err();
            assert_eq!((error.code(), error.message()), (Code::Cancelled, "the client is closed"));
            assert!(!error.is_retryable() && !error.is_protocol());
        }
    }
    assert_eq!(fake.calls().len(), calls);
    client.close();
    Ok(())
}

#[tokio::test]
async fn nothing_is_sent_before_the_first_call_nor_without_a_runtime() -> TestResult {
    // `build` runs on a thread of its own, where there is no runtime.
    let fake = FakeConnector::start(|_| Reply::message(&v1::Asset::default())).await;
    let builder = builder(&fake);
    let client = std::thread::spawn(|| builder.build()).join().unwrap()?;
    assert!(fake.calls().is_empty());
    client.get_asset("1").await?;
    assert_eq!(fake.calls().len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_update_names_its_fields_and_its_version() -> TestResult {
    let fake = FakeConnector::start(|_| Reply::message(&v1::Asset::default())).await;
    let client = client(&fake);
    let mut asset = Asset::new("DOCK-1").name("Dock");
    asset.version = 7;
    client.update_asset(&asset).await?;
    client.update_fields(&asset, &[AssetField::Name, AssetField::SubAssets]).await?;
    let requests: Vec<v1::UpdateAssetRequest> = fake.calls().iter().map(edge_tests::Call::decode).collect();
    assert_eq!(requests[0].update_mask, AssetField::ALL.map(AssetField::as_str));
    assert_eq!(requests[1].update_mask, ["name", "sub_assets"]);
    assert!(requests.iter().all(|request| request.asset.as_ref().unwrap().version == 7));

    // An empty mask would mean all fields on the wire, and surely not to the caller.
    let error = client.update_fields(&asset, &[]).await.unwrap_err();
    assert_eq!((error.code(), fake.calls().len()), (Code::InvalidArgument, 2));
    Ok(())
}

/// Even a server that repeats it does not bring the token into an error.
#[tokio::test]
async fn the_token_is_sent_and_never_shown() {
    let fake = FakeConnector::start(|call| {
        let echo = call.header("authorization");
        assert_eq!(echo, format!("Bearer {CANARY}"));
        let details = ErrorDetails::with_bad_request_violation(echo, echo);
        Reply::Status(Refusal::with_error_details(
            Status::PermissionDenied,
            format!("not for {echo}"),
            details,
        ))
    })
    .await;
    let builder = builder(&fake).token(CANARY);
    let client = builder.clone().build().unwrap();
    let error = call(&client, "get_asset").await.unwrap_err();
    assert_eq!(error.message(), "not for Bearer [redacted]");
    for shown in [format!("{error:?}"), causes(&error), format!("{client:?}"), format!("{builder:?}")] {
        assert!(!shown.contains(CANARY), "{shown}");
    }
}
