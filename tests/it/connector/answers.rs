//! Answers that are large, come in many pages, or make no sense.

use edge_proto::connector::v1::{self, sub_asset::Part as PartMessage};
use edge_runtime::connector::{AssetType, Code, ListAssets, Part};
use edge_runtime::registry::Registry as _;
use edge_tests::{Call, FakeConnector, Reply, TestResult, causes, ok, status};
use futures_util::{StreamExt as _, TryStreamExt as _};
use tonic::codegen::http::HeaderValue;

use super::{METHODS, bare_dock, call, client};

const DETAILS: &str = "grpc-status-details-bin";

/// A server with five devices and pages of one, whose tokens are the numbers of pages.
fn pages(call: &Call) -> Reply {
    let request: v1::ListAssetsRequest = call.decode();
    assert_eq!((request.organization_id.as_str(), request.page_size), ("org", 1));
    let page: u8 = request.page_token.parse().unwrap_or(0);
    let next_page_token = if page < 4 { (page + 1).to_string() } else { String::new() };
    let asset = v1::Asset { sn: format!("DOCK-{page}"), ..v1::Asset::default() };
    Reply::message(&v1::ListAssetsResponse { assets: vec![asset], next_page_token })
}

fn filter() -> ListAssets {
    ListAssets { organization_id: "org".to_owned(), page_size: 1 }
}

#[tokio::test]
async fn a_list_takes_as_many_calls_as_it_has_pages() -> TestResult {
    let fake = FakeConnector::start(pages).await;
    let client = client(&fake);
    let all = client.list_assets(&filter()).await?;
    let serial_numbers: Vec<_> = all.iter().map(|asset| asset.sn.as_str()).collect();
    assert_eq!(serial_numbers, ["DOCK-0", "DOCK-1", "DOCK-2", "DOCK-3", "DOCK-4"]);
    assert_eq!(fake.count("ListAssets"), 5);

    let page = client.list_assets_page(&filter(), "3").await?;
    assert_eq!((page.assets[0].sn.as_str(), page.next_page_token.as_deref()), ("DOCK-3", Some("4")));
    assert_eq!(client.list_assets_page(&filter(), "4").await?.next_page_token, None);
    Ok(())
}

#[tokio::test]
async fn a_stream_asks_for_a_page_when_it_is_wanted() -> TestResult {
    let fake = FakeConnector::start(pages).await;
    let first: Vec<_> = client(&fake).assets(filter()).take(2).try_collect().await?;
    assert_eq!(first[1].sn, "DOCK-1");
    assert_eq!(fake.count("ListAssets"), 2);
    Ok(())
}

#[tokio::test]
async fn a_list_without_an_end_is_noticed() {
    // The pages go round: 1, 2, 3, 1, ..
    let fake = FakeConnector::start(|call| {
        let next_page_token = (call.index % 3 + 1).to_string();
        Reply::message(&v1::ListAssetsResponse { assets: Vec::new(), next_page_token })
    })
    .await;
    let error = client(&fake).list_assets(&ListAssets::default()).await.unwrap_err();
    assert!(
        error.is_protocol() && error.to_string().contains("the page token `1` comes a second time"),
        "{error}"
    );
    assert_eq!(fake.count("ListAssets"), 4);
}

#[tokio::test]
async fn a_large_answer_arrives() -> TestResult {
    const SIZE: usize = 5 * 1024 * 1024;
    let asset = || v1::Asset { description: "x".repeat(SIZE), ..v1::Asset::default() };
    let fake = FakeConnector::start(move |_| Reply::message(&asset())).await;
    assert_eq!(client(&fake).get_asset("1").await?.description.len(), SIZE);
    Ok(())
}

#[tokio::test]
async fn an_answer_over_the_limit_is_refused_by_its_length() {
    // Not compressed, 65 MiB.
    let head = [&[0], (65_u32 * 1024 * 1024).to_be_bytes().as_slice()].concat();
    let fake = FakeConnector::start(move |_| Reply::Raw(head.clone(), ok())).await;
    let error = call(&client(&fake), "get_asset").await.unwrap_err();
    assert_eq!((error.code(), fake.count("GetAsset")), (Code::OutOfRange, 1));
    assert!(error.message().contains("68157440 bytes"), "{error}");
}

#[tokio::test]
async fn garbage_is_told_from_an_internal_error_and_not_asked_for_again() {
    // A field of length 100 in a message of two bytes.
    let fake = FakeConnector::start(|_| Reply::Message(vec![0x0a, 100])).await;
    let client = client(&fake);
    for (method, rpc) in METHODS {
        let error = call(&client, method).await.unwrap_err();
        assert!(error.is_protocol() && error.code() == Code::Internal, "{error}");
        assert!(!error.is_retryable() && fake.count(rpc) == 1, "{error}");
    }
}

fn with(point: v1::DataPoint) -> v1::Asset {
    let part = Some(PartMessage::DataPoint(point));
    let sub_asset = v1::SubAsset { part, ..v1::SubAsset::default() };
    v1::Asset { sub_assets: vec![sub_asset], ..v1::Asset::default() }
}

#[tokio::test]
async fn a_newer_server_is_understood_as_far_as_possible() -> TestResult {
    let fake = FakeConnector::start(|_| {
        let point = v1::DataPoint { name: "door".to_owned(), kind: 99, ..v1::DataPoint::default() };
        let asset = v1::Asset { sn: "DOCK-1".to_owned(), r#type: 99, ..with(point) };
        let Reply::Message(mut message) = Reply::message(&asset) else { unreachable!() };
        // Field 100, a text: nobody here knows it.
        message.extend([0xa2, 0x06, 2, b'h', b'i']);
        Reply::Message(message)
    })
    .await;
    let asset = client(&fake).get_asset("1").await?;
    assert_eq!((asset.sn.as_str(), asset.asset_type), ("DOCK-1", AssetType::Other));
    assert_eq!(asset.sub_assets[0].part, Part::Unknown("door".to_owned()));
    Ok(())
}

/// A device can start although the platform knows more sorts of devices than it does.
#[tokio::test]
async fn a_registry_reads_what_a_newer_server_says() -> TestResult {
    let newer = || v1::Asset { sn: "DOCK-1".to_owned(), r#type: 99, version: 3, ..v1::Asset::default() };
    let fake = FakeConnector::start(move |_| Reply::message(&newer())).await;
    let found = client(&fake).fetch(&bare_dock()).await?.unwrap();
    assert_eq!((found.device.asset_type, found.version), (AssetType::Other, 3));
    Ok(())
}

#[tokio::test]
async fn a_profile_that_is_none_is_named() {
    let fake = FakeConnector::start(|_| {
        let point =
            v1::DataPoint { name: "door".to_owned(), kind: 1, profile: "{".to_owned(), ..<_>::default() };
        Reply::message(&with(point))
    })
    .await;
    let error = call(&client(&fake), "get_asset").await.unwrap_err();
    assert!(error.is_protocol(), "{error}");
    assert!(causes(&error).contains("`door`: the profile cannot be read: EOF"), "{}", causes(&error));
}

/// The library under the client panics at error details that are no base64. They must not reach it,
/// neither alone nor behind a message.
#[tokio::test]
async fn error_details_that_are_garbage_are_left_out() {
    for alone in [true, false] {
        let fake = FakeConnector::start(move |_| {
            let mut headers = status(3);
            headers.insert(DETAILS, HeaderValue::from_static("~not base64~"));
            if alone { Reply::Headers(headers) } else { Reply::Raw(Vec::new(), headers) }
        })
        .await;
        let error = call(&client(&fake), "get_asset").await.unwrap_err();
        assert_eq!((error.code(), error.fields()), (Code::InvalidArgument, &[][..]), "alone: {alone}");
    }
}
