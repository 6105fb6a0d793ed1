//! Lists: page by page, while devices come and go, and only what the caller asks for.

use edge_platform::Embedded;
use edge_proto::connector::v1::connector_service_client::ConnectorServiceClient;
use edge_proto::connector::v1::{
    Asset, DataPoint, DeleteAssetRequest, ListAssetsRequest, ListAssetsResponse,
};
use edge_proto::connector::v1::{RegisterAssetRequest, SubAsset, sub_asset::Part};
use tonic::Code;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;

use crate::support::{connector, greenhouse, register};

async fn list(
    client: &mut ConnectorServiceClient<Channel>,
    organization_id: &str,
    page_size: i32,
    page_token: &str,
) -> ListAssetsResponse {
    let (organization_id, page_token) = (organization_id.to_owned(), page_token.to_owned());
    let request = ListAssetsRequest { organization_id, page_size, page_token };
    client.list_assets(request).await.unwrap().into_inner()
}

async fn add(client: &mut ConnectorServiceClient<Channel>, sn: &str, organization_id: &str) -> Asset {
    let asset = Asset { sn: sn.into(), organization_id: organization_id.into(), ..Asset::default() };
    client.register_asset(RegisterAssetRequest { asset: Some(asset) }).await.unwrap().into_inner()
}

fn sns(assets: &[Asset]) -> Vec<&str> {
    assets.iter().map(|asset| asset.sn.as_str()).collect()
}

#[tokio::test]
async fn every_device_comes_once_whatever_the_size_of_a_page() {
    let platform = Embedded::start().await.unwrap();
    let mut client = connector(platform.grpc()).await;
    let empty = list(&mut client, "", 0, "").await;
    assert_eq!((empty.assets.len(), empty.next_page_token.as_str()), (0, ""));
    for n in [5, 3, 1, 4, 2, 0] {
        add(&mut client, &format!("GH-{n}"), "").await;
    }
    let mut child = greenhouse("A-CHILD");
    child.parent = Some("GH-3".into());
    register(platform.grpc(), &child).await;
    for size in [1, 2, 3, 5, 6, 7, i32::MAX] {
        let (mut all, mut token, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page = list(&mut client, "", size, &token).await;
            assert!(page.assets.len() <= usize::try_from(size).unwrap());
            all.extend(page.assets);
            (token, pages) = (page.next_page_token, pages + 1);
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(sns(&all), ["GH-0", "GH-1", "GH-2", "GH-3", "GH-4", "GH-5"], "{size}");
        assert_eq!(pages, 6_usize.div_ceil(usize::try_from(size).unwrap().min(6)), "{size}");
        assert!(
            matches!(&all[3].sub_assets[..], [SubAsset { part: Some(Part::Device(d)), .. }] if d.sn == "A-CHILD")
        );
    }
    platform.close().await;
}

#[tokio::test]
async fn a_page_begins_behind_the_last_one_whatever_came_and_went() {
    let platform = Embedded::start().await.unwrap();
    let mut client = connector(platform.grpc()).await;
    let mut ids = Vec::new();
    for sn in ["B", "D", "F", "H"] {
        ids.push(add(&mut client, sn, "").await.id);
    }
    let first = list(&mut client, "", 2, "").await;
    assert_eq!(sns(&first.assets), ["B", "D"]);
    // The device that the token names, one before it, and the next one are gone.
    for id in &ids[..3] {
        client.delete_asset(DeleteAssetRequest { id: id.clone(), version: 0 }).await.unwrap();
    }
    for sn in ["A", "E", "G"] {
        add(&mut client, sn, "").await;
    }
    let second = list(&mut client, "", 2, &first.next_page_token).await;
    assert_eq!(sns(&second.assets), ["E", "G"]);
    let third = list(&mut client, "", 2, &second.next_page_token).await;
    assert_eq!((sns(&third.assets), third.next_page_token.as_str()), (vec!["H"], ""));
    platform.close().await;
}

#[tokio::test]
async fn a_token_is_for_the_filter_that_it_was_made_with() {
    let platform = Embedded::start().await.unwrap();
    let mut client = connector(platform.grpc()).await;
    for (sn, organization_id) in [("A", "one"), ("B", "two"), ("C", "one"), ("D", "one")] {
        add(&mut client, sn, organization_id).await;
    }
    let first = list(&mut client, "one", 2, "").await;
    assert_eq!(sns(&first.assets), ["A", "C"]);
    let second = list(&mut client, "one", 2, &first.next_page_token).await;
    assert_eq!(sns(&second.assets), ["D"]);
    assert_eq!(list(&mut client, "three", 2, "").await.assets.len(), 0);
    let mut cut = first.next_page_token.clone();
    cut.pop();
    for (organization_id, page_token) in
        [("two", &first.next_page_token), ("", &first.next_page_token), ("one", &cut)]
    {
        let request = ListAssetsRequest {
            organization_id: organization_id.into(),
            page_token: page_token.clone(),
            page_size: 0,
        };
        let error = client.list_assets(request).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        let fields = error.get_details_bad_request().unwrap().field_violations;
        assert_eq!(fields[0].field, "page_token");
    }
    platform.close().await;
}

/// What clients take by default is 4 MiB.
#[tokio::test]
async fn a_page_of_large_devices_is_shorter() {
    let platform = Embedded::start().await.unwrap();
    let mut client = connector(platform.grpc()).await;
    let template = DataPoint::from(&greenhouse("X").assets[0]);
    for n in 0..5 {
        let points = (0..400).map(|m| DataPoint {
            name: format!("a{m}"),
            description: "x".repeat(2000),
            ..template.clone()
        });
        let sub_asset = |point| SubAsset { part: Some(Part::DataPoint(point)), ..SubAsset::default() };
        let sub_assets = points.map(sub_asset).collect();
        let asset = Asset { sn: format!("GH-{n}"), sub_assets, ..Asset::default() };
        client.register_asset(RegisterAssetRequest { asset: Some(asset) }).await.unwrap();
    }
    let mut token = String::new();
    let mut lengths = Vec::new();
    loop {
        let page = list(&mut client, "", 0, &token).await;
        lengths.push(page.assets.len());
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(lengths, [2, 2, 1]);
    platform.close().await;
}
