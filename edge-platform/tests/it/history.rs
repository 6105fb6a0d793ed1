//! What states were, over HTTP.

use edge_platform::{Config, Embedded, History, Server};
use serde_json::json;

use crate::device::Device;
use crate::support::{SN, get, greenhouse, http, register, until, with};

#[tokio::test]
async fn the_history_is_read_in_pages_by_name_and_by_id() {
    let platform = Embedded::start().await.unwrap();
    let asset = register(platform.grpc(), &greenhouse(SN)).await;
    let mut device = Device::connect(platform.mqtt(), None, None).await.unwrap();
    for minute in 0..5 {
        let payload = format!(r#"{{"value":{minute},"at":"2031-02-03T04:0{minute}:00Z"}}"#);
        device.publish("device/GH-1/asset/temperature/state", payload).await;
    }
    // Tag 120: with a location.
    let payload = [&[0xd8, 120, 0x83, 9, 0xc1, 0x1a, 0x73, 0, 0, 0, 0xd8, 103, 0x82, 1, 2][..]].concat();
    device.publish("device/GH-1/asset/temperature/state", payload).await;
    until(async || platform.counts().stored == 6).await;
    let (_, found) = get(platform.http(), "/device/GH-1/asset/temperature").await;
    let by_id = format!("/asset/{}/states", found["id"].as_str().unwrap());
    for path in ["/device/GH-1/asset/temperature/states", &by_id] {
        let (status, page) = get(platform.http(), path).await;
        let newest =
            json!({"at": "2031-02-21T20:37:36Z", "data": 9, "location": {"latitude": 1.0, "longitude": 2.0}});
        let data = page["data"].as_array().unwrap();
        assert_eq!((status, data.len()), (200, 6));
        assert_eq!(data[1], json!({"at": "2031-02-03T04:04:00Z", "data": 4}));
        assert_eq!(data[0]["location"], newest["location"]);
        let query = "?from=2031-02-03T04:01:00Z&to=2031-02-03T05:02:00+01:00";
        let (_, page) = get(platform.http(), &format!("{path}{query}")).await;
        assert_eq!(
            page,
            json!({"data": [
                {"at": "2031-02-03T04:02:00Z", "data": 2},
                {"at": "2031-02-03T04:01:00Z", "data": 1},
            ]})
        );
        assert_eq!(get(platform.http(), &format!("{path}?page=1")).await, (200, json!({"data": []})));
        for query in ["?from=yesterday", "?to=10000-01-01T00:00:00Z", "?page=-1", "?page=99999999999"] {
            let (status, error) = get(platform.http(), &format!("{path}{query}")).await;
            assert_eq!((status, error["status"].as_u64()), (400, Some(400)), "{path}{query}");
        }
    }
    for path in
        ["/device/GH-1/asset/other/states", "/device/GH-2/asset/temperature/states", "/asset/other/states"]
    {
        assert_eq!(get(platform.http(), path).await.0, 404, "{path}");
    }
    let (_, vent) = get(platform.http(), "/device/GH-1/asset/vent/states").await;
    assert_eq!(vent, json!({"data": []}));
    assert_eq!(asset.sn, SN);
    platform.close().await;
}

#[tokio::test]
async fn a_history_is_for_those_whose_asset_it_is() {
    let mut config = Config::default();
    config.tokens = "all own=GH-1 other=GH-2 ours=org:ours".parse().unwrap();
    config.history = History::per_asset(10);
    let server = Server::start(config).await.unwrap();
    let request = edge_proto::connector::v1::RegisterAssetRequest { asset: Some((&greenhouse(SN)).into()) };
    crate::support::connector(server.grpc()).await.register_asset(with(Some("all"), request)).await.unwrap();
    let (_, asset) = http(server.http(), "GET /device/GH-1/asset/vent", Some("all"), "").await;
    let by_id = format!("GET /asset/{}/states", asset["id"].as_str().unwrap());
    for (token, by_name_status, by_id_status) in [
        (Some("all"), 200, 200),
        (Some("own"), 200, 200),
        (Some("other"), 403, 404),
        (Some("ours"), 404, 404),
        (Some("wrong"), 403, 403),
        (None, 403, 403),
    ] {
        let by_name = http(server.http(), "GET /device/GH-1/asset/vent/states", token, "").await;
        assert_eq!(by_name.0, by_name_status, "{token:?}");
        let (status, body) = http(server.http(), &by_id, token, "").await;
        assert_eq!(status, by_id_status, "{token:?}");
        if status == 404 {
            let (_, unknown) = http(server.http(), "GET /asset/unknown/states", token, "").await;
            let id = asset["id"].as_str().unwrap();
            assert_eq!(body.to_string().replace(id, "unknown"), unknown.to_string());
        }
    }
    server.close().await;
}
