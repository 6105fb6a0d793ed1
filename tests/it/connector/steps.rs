//! What `tests/python/connector.py` does, step by step, by our client.

use edge_runtime::Kind;
use edge_runtime::connector::{
    Asset, AssetField, AssetType, AssetVendor, ConnectorClient, ConnectorError, DataPoint, ListAssets, Part,
    SubAsset,
};
use serde_json::{Value, json};

use super::python::Book;

const UNKNOWN_ID: &str = "00000000-0000-4000-8000-000000000000";
const PROFILE: &str = r#"{"type":"number","minimum":0,"maximum":100,"unit":"%"}"#;

fn point(name: &str, title: &str) -> SubAsset {
    SubAsset::data_point(DataPoint {
        name: name.to_owned(),
        kind: Kind::Sensor,
        title: title.to_owned(),
        description: String::new(),
        profile: serde_json::from_str(PROFILE).unwrap(),
    })
}

fn child(sn: &str, name: &str) -> SubAsset {
    SubAsset::device(Asset::new(sn).name(name))
}

fn dock() -> Asset {
    Asset::new("DOCK-1")
        .name("Roof Dock 1")
        .asset_type(AssetType::Dock)
        .vendor(AssetVendor::Dji)
        .organization_id("org-1")
        .description("On the roof")
        .model("urn:example:dock:1")
        .with(child("DRONE-1", "Mavic 3"))
        .with(point("wind", "Wind"))
}

async fn listing(
    client: &ConnectorClient,
    organization: &str,
    page_size: u32,
) -> Result<Value, ConnectorError> {
    let filter = ListAssets { organization_id: organization.to_owned(), page_size };
    let (mut serial_numbers, mut pages, mut next) = (Vec::new(), 0, Some(String::new()));
    while let Some(token) = next {
        let page = client.list_assets_page(&filter, &token).await?;
        serial_numbers.extend(page.assets.into_iter().map(|asset| asset.sn));
        pages += 1;
        next = page.next_page_token;
    }
    Ok(json!({ "sns": serial_numbers, "pages": pages }))
}

pub(super) async fn assets(book: &mut Book, client: &ConnectorClient) {
    book.asset("get by sn, absent", client.get_asset_by_sn("DOCK-1").await);
    let registered = book.asset("register", client.register_asset(&dock()).await).unwrap();
    let another = Asset::new("DOCK-1").name("Another");
    book.asset("register again", client.register_asset(&another).await);
    book.asset("get", client.get_asset(&registered.id).await);
    book.asset("get by sn", client.get_asset_by_sn("DOCK-1").await);
    book.asset("get, absent", client.get_asset(UNKNOWN_ID).await);
    book.asset("get by sn, malformed", client.get_asset_by_sn("a/b").await);
    let nobody = Asset::default().name("Nobody");
    book.asset("register without a serial number", client.register_asset(&nobody).await);
    let broken =
        Asset::new("D").with(point("a/b", "A/B")).with(point("fine", "Fine")).with(point("c d", "C D"));
    book.asset("register with two mistakes", client.register_asset(&broken).await);
    let thief = Asset::new("DOCK-2").with(child("DRONE-1", "Stolen"));
    book.asset("register with another's child", client.register_asset(&thief).await);
    let other = Asset::new("DOCK-3").organization_id("org-1");
    book.asset("register a second one", client.register_asset(&other).await);
    book.asset("register a third one", client.register_asset(&Asset::new("DOCK-4")).await);
    book.note("list of an organization", listing(client, "org-1", 1).await, Value::clone);
    book.note("list of all", listing(client, "", 0).await, Value::clone);
    book.note("list of nobody", listing(client, "org-2", 10).await, Value::clone);
}

pub(super) async fn updates(book: &mut Book, client: &ConnectorClient) {
    let mut asset = book.asset("read", client.get_asset_by_sn("DOCK-1").await).unwrap();
    let stale = asset.clone().description("Stale");
    asset.name = "Roof Dock 1 (renamed)".to_owned();
    book.asset("update", client.update_asset(&asset).await);
    book.asset("update again", client.update_asset(&asset).await);
    book.asset("update of an old version", client.update_asset(&stale).await);
    let sparse = Asset::new("DOCK-1").description("By mask");
    book.asset("update of one field", client.update_fields(&sparse, &[AssetField::Description]).await);
    let absent = Asset::new("DOCK-9");
    book.asset("update, absent", client.update_fields(&absent, &[AssetField::Name]).await);
}

pub(super) async fn parts(book: &mut Book, client: &ConnectorClient) {
    let (mini, rain, shout) = (child("DRONE-2", "Mini"), point("rain", "Rain"), point("RAIN", "Rain"));
    let drone = book.part("add a device", client.add_sub_asset("DOCK-1", &mini).await).unwrap();
    let added = book.part("add a data point", client.add_sub_asset("DOCK-1", &rain).await).unwrap();
    book.part("add a device again", client.add_sub_asset("DOCK-1", &mini).await);
    book.part("add a data point again", client.add_sub_asset("DOCK-1", &shout).await);
    book.part("add to nobody", client.add_sub_asset("DOCK-9", &rain).await);
    let mut nothing = mini;
    nothing.part = Part::Unknown(String::new());
    book.part("add nothing", client.add_sub_asset("DOCK-1", &nothing).await);
    book.asset("with its parts", client.get_asset_by_sn("DOCK-1").await);
    book.done("remove a device", client.remove_sub_asset(&drone.id).await);
    book.done("remove a data point", client.remove_sub_asset(&added.id).await);
    book.done("remove again", client.remove_sub_asset(&added.id).await);
    book.asset("without its parts", client.get_asset_by_sn("DOCK-1").await);
}

pub(super) async fn tokens(book: &mut Book, name: &str, client: &ConnectorClient) {
    book.asset(&format!("{name}: own device"), client.get_asset_by_sn("DOCK-1").await);
    book.asset(&format!("{name}: other device"), client.get_asset_by_sn("DOCK-3").await);
    book.asset(&format!("{name}: register"), client.register_asset(&Asset::new("DOCK-5")).await);
}

pub(super) async fn end(book: &mut Book, client: &ConnectorClient) {
    let asset = book.asset("read", client.get_asset_by_sn("DOCK-1").await).unwrap();
    book.done("delete", client.delete_asset(&asset.id).await);
    book.done("delete again", client.delete_asset(&asset.id).await);
    book.asset("get, deleted", client.get_asset(&asset.id).await);
    book.asset("its child is deleted too", client.get_asset_by_sn("DRONE-1").await);
}
