//! What every method says to what is wrong: the code, the field, what is to be done; and that nothing
//! was changed.

use edge_proto::connector::v1::{
    Asset, DataPoint, DeviceDescription, ListAssetsRequest, ReconcileAssetRequest, SubAsset,
    UpdateAssetRequest,
};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::calls::{Call, World, child, data_point, first_piece, greenhouse_asset, named, point, update};
use crate::support::{SN, greenhouse};

/// Texts that are no names.
fn no_names() -> Vec<String> {
    let long = ["x".repeat(65), "\u{202e}".repeat(65), "x".repeat(10 * 1024 * 1024)];
    let short = ["", "a/b", "a b", "nul\0", "'; DROP TABLE devices; --", "\"", "+", "#", "é", "..", "a\nb"];
    short.map(str::to_owned).into_iter().chain(long).collect()
}

/// Texts that people cannot read, or not for long.
fn no_texts() -> [String; 2] {
    ["nul\0".to_owned(), "x".repeat(10 * 1024 * 1024)]
}

#[tokio::test]
async fn names_that_are_none_are_refused_wherever_they_stand() {
    let mut world = World::new().await;
    for name in no_names() {
        let text = || name.clone();
        world.invalid(Call::Get(text()), "id").await;
        world.invalid(Call::GetBySn(text()), "sn").await;
        world.invalid(Call::Delete(text(), 0), "id").await;
        world.invalid(Call::Remove(text(), 0), "id").await;
        world.invalid(Call::Open(text()), "sn").await;
        world.invalid(Call::Add(text(), Some(data_point(|_| {}))), "parent_sn").await;
        world.invalid(Call::Register(Some(greenhouse_asset(|a| a.sn = text()))), "asset.sn").await;
        let register = Call::Register(Some(greenhouse_asset(|a| point(a, 1).name = text())));
        world.invalid(register, "asset.sub_assets[1].data_point.name").await;
        let nested = greenhouse_asset(|a| a.sub_assets = vec![child(named(&name))]);
        world.invalid(Call::Register(Some(nested)), "asset.sub_assets[0].device.sn").await;
        let add = Call::Add(SN.into(), Some(data_point(|point| point.name = text())));
        world.invalid(add, "sub_asset.data_point.name").await;
        let add = Call::Add(SN.into(), Some(child(named(&name))));
        world.invalid(add, "sub_asset.device.sn").await;
        world.invalid(update(named(&name), &["name"]), "asset.sn").await;
        world.invalid(first_piece(|piece| piece.sn = text()), "sn").await;
        world.invalid(first_piece(|piece| piece.delete = vec!["ok".into(), text()]), "delete[1]").await;
        let upsert = first_piece(|piece| {
            piece.upsert = vec![DataPoint { name: text(), ..DataPoint::from(&greenhouse(SN).assets[0]) }];
        });
        world.invalid(upsert, "upsert[0].name").await;
        if name.is_empty() {
            continue;
        }
        // Empty, these are not said.
        let asset = Asset { id: text(), ..named(SN) };
        world.invalid(update(asset, &["name"]), "asset.id").await;
        let parent = greenhouse_asset(|a| a.parent_sn = text());
        world.invalid(Call::Register(Some(parent)), "asset.parent_sn").await;
        let parent = Asset { parent_sn: text(), ..named(SN) };
        world.invalid(update(parent, &["parent_sn"]), "asset.parent_sn").await;
        let device = DeviceDescription { parent_sn: text(), ..DeviceDescription::default() };
        world.invalid(first_piece(|piece| piece.device = Some(device)), "device.parent_sn").await;
    }
    world.platform.close().await;
}

#[tokio::test]
async fn texts_that_cannot_be_kept_are_refused_with_their_field() {
    type Change = fn(&mut Asset, String);
    const FIELDS: [(&str, Change); 6] = [
        ("name", |asset, text| asset.name = text),
        ("vendor", |asset, text| asset.vendor = text),
        ("organization_id", |asset, text| asset.organization_id = text),
        ("description", |asset, text| asset.description = text),
        ("model", |asset, text| asset.model = text),
        ("sub_assets[2].data_point.title", |asset, text| point(asset, 2).title = text),
    ];
    let mut world = World::new().await;
    for text in no_texts() {
        for (field, change) in FIELDS {
            let path = format!("asset.{field}");
            let asset = greenhouse_asset(|asset| change(asset, text.clone()));
            world.invalid(Call::Register(Some(asset.clone())), &path).await;
            world.invalid(update(Asset { sn: SN.into(), ..asset }, &[]), &path).await;
        }
        let list = ListAssetsRequest { organization_id: text.clone(), ..ListAssetsRequest::default() };
        world.invalid(Call::List(list), "organization_id").await;
        let add = Call::Add(SN.into(), Some(data_point(|point| point.description = text.clone())));
        world.invalid(add, "sub_asset.data_point.description").await;
        for (field, change) in [
            ("name", (|d, text| d.name = text) as fn(&mut DeviceDescription, String)),
            ("description", |d, text| d.description = text),
            ("model", |d, text| d.model = text),
            ("vendor", |d, text| d.vendor = text),
        ] {
            let mut device = DeviceDescription::default();
            change(&mut device, text.clone());
            let call = first_piece(|piece| piece.device = Some(device));
            world.invalid(call, &format!("device.{field}")).await;
        }
        // What the mask does not name is not looked at, and changes nothing.
        let unnamed = Asset { description: text, name: world.registered.name.clone(), ..named(SN) };
        update(unnamed, &["name"]).send(&mut world.client).await.unwrap();
    }
    world.platform.close().await;
}

#[tokio::test]
async fn messages_that_make_no_sense_are_refused_with_their_field() {
    let mut world = World::new().await;
    let register = |change: fn(&mut Asset)| Call::Register(Some(greenhouse_asset(change)));
    let name = |name: &str| {
        (0..9)
            .fold(named(name), |below, n| Asset { sub_assets: vec![child(below)], ..named(&format!("N{n}")) })
    };
    let page = |page_size, page_token: &str| {
        let page_token = page_token.to_owned();
        Call::List(ListAssetsRequest { page_size, page_token, ..ListAssetsRequest::default() })
    };
    let deep_path = format!("asset.{}", "sub_assets[0].device.".repeat(8).trim_end_matches('.'));
    for (call, field) in [
        (Call::Register(None), "asset"),
        (Call::Update(UpdateAssetRequest::default()), "asset"),
        (Call::Add(SN.into(), None), "sub_asset"),
        (Call::Add(SN.into(), Some(SubAsset::default())), "sub_asset.part"),
        (Call::Reconcile(Vec::new()), "sn"),
        (register(|asset| asset.r#type = 99), "asset.type"),
        (register(|asset| asset.r#type = -1), "asset.type"),
        (register(|asset| point(asset, 0).kind = 0), "asset.sub_assets[0].data_point.kind"),
        (register(|asset| point(asset, 0).kind = 99), "asset.sub_assets[0].data_point.kind"),
        (register(|asset| point(asset, 0).profile = String::new()), "asset.sub_assets[0].data_point.profile"),
        (register(|asset| point(asset, 0).profile = "{}".into()), "asset.sub_assets[0].data_point.profile"),
        (
            register(|asset| point(asset, 0).profile = "[".repeat(100_000)),
            "asset.sub_assets[0].data_point.profile",
        ),
        (
            register(|asset| {
                point(asset, 0).profile = r#"{"type":"number","minimum":2,"maximum":1}"#.into();
            }),
            "asset.sub_assets[0].data_point.profile",
        ),
        (
            register(|asset| point(asset, 0).profile = r#"{"type":"number","unit":"\u0000"}"#.into()),
            "asset.sub_assets[0].data_point.profile",
        ),
        (register(|asset| point(asset, 0).name = "Vent".into()), "asset.sub_assets[1].data_point.name"),
        (register(|asset| asset.sub_assets[1].part = None), "asset.sub_assets[1].part"),
        (register(|asset| asset.sub_assets[1].parent_sn = "X".into()), "asset.sub_assets[1].parent_sn"),
        (register(|asset| asset.parent_sn = "NEW".into()), "asset.parent_sn"),
        (register(|asset| asset.parent_sn = "NOBODY".into()), "asset.parent_sn"),
        (register(|asset| asset.sub_assets = vec![child(named("NEW"))]), "asset.sub_assets[0].device.sn"),
        (
            register(|asset| {
                asset.sub_assets = vec![child(Asset { parent_sn: "X".into(), ..named("N") })];
            }),
            "asset.sub_assets[0].device.parent_sn",
        ),
        (
            register(|asset| {
                (asset.parent_sn, asset.organization_id) = (SN.into(), "other".into());
            }),
            "asset.organization_id",
        ),
        (Call::Register(Some(name("BOTTOM"))), deep_path.as_str()),
        (update(Asset { parent_sn: SN.into(), ..named(SN) }, &["parent_sn"]), "asset.parent_sn"),
        (update(Asset { parent_sn: "GH-1-A".into(), ..named(SN) }, &["parent_sn"]), "asset.parent_sn"),
        (update(named(SN), &["name", "nam"]), "update_mask[1]"),
        (update(named(SN), &["name", "id\0"]), "update_mask[1]"),
        (
            update(Asset { organization_id: "x".into(), ..named("GH-1-A") }, &["organization_id"]),
            "asset.organization_id",
        ),
        (page(-1, ""), "page_size"),
        (page(i32::MIN, ""), "page_size"),
        (page(1, "nonsense"), "page_token"),
        (page(1, "\0"), "page_token"),
        (
            first_piece(|piece| {
                piece.upsert = vec![DataPoint {
                    name: "TEMPERATURE".into(),
                    ..DataPoint::from(&greenhouse(SN).assets[0])
                }];
                piece.delete = vec!["vent".into()];
            }),
            "upsert[0].name",
        ),
        (
            first_piece(|piece| {
                let point = DataPoint::from(&greenhouse(SN).assets[0]);
                piece.upsert = vec![point.clone(), point];
            }),
            "upsert[1].name",
        ),
        (
            first_piece(|piece| {
                let device = DeviceDescription { r#type: 77, ..DeviceDescription::default() };
                piece.device = Some(device);
            }),
            "device.type",
        ),
        (
            first_piece(|piece| {
                let device = DeviceDescription { parent_sn: "GH-1-A".into(), ..DeviceDescription::default() };
                piece.device = Some(device);
            }),
            "device.parent_sn",
        ),
    ] {
        world.invalid(call, field).await;
    }
    let pieces = |sn: &str, device| ReconcileAssetRequest {
        sn: sn.into(),
        device,
        ..ReconcileAssetRequest::default()
    };
    let description = || Some(DeviceDescription::default());
    let other = vec![pieces(SN, None), pieces("GH-1-A", None)];
    world.invalid(Call::Reconcile(other), "sn").await;
    let twice = vec![pieces(SN, description()), pieces("", description())];
    world.invalid(Call::Reconcile(twice), "device").await;
    world.platform.close().await;
}

#[tokio::test]
async fn several_mistakes_are_told_at_once() {
    let mut world = World::new().await;
    let asset = greenhouse_asset(|asset| {
        asset.sn = "a/b".into();
        asset.r#type = 99;
        point(asset, 0).name = "#".into();
        point(asset, 2).profile.clear();
    });
    let status = world.check(Call::Register(Some(asset)), Code::InvalidArgument).await;
    let details = status.get_error_details();
    let fields: Vec<_> =
        details.bad_request().unwrap().field_violations.iter().map(|v| v.field.as_str()).collect();
    let expected = [
        "asset.sn",
        "asset.type",
        "asset.sub_assets[0].data_point.name",
        "asset.sub_assets[2].data_point.profile",
    ];
    assert_eq!(fields, expected);
    world.platform.close().await;
}

#[tokio::test]
async fn what_is_not_there_is_taken_or_changed_has_its_own_code() {
    let mut world = World::new().await;
    let registered = world.registered.clone();
    let child_id = registered.sub_assets[3].id.clone();
    let point_id = registered.sub_assets[0].id.clone();
    let stale = |mask: &[&str]| update(Asset { version: 1, name: "New".into(), ..named(SN) }, mask);
    for (call, code, words) in [
        (Call::Get("no-id".into()), Code::NotFound, "no device with id `no-id`"),
        (Call::GetBySn("GH-2".into()), Code::NotFound, "no device with sn `GH-2`"),
        (Call::Open("GH-2".into()), Code::NotFound, "no device with sn `GH-2`"),
        (Call::Delete("no-id".into(), 0), Code::NotFound, "no device with id `no-id`"),
        (Call::Delete(point_id.clone(), 0), Code::NotFound, "no device with id"),
        (Call::Remove("no-id".into(), 0), Code::NotFound, "no sub-asset with id `no-id`"),
        (Call::Remove(registered.id.clone(), 0), Code::NotFound, "no sub-asset with id"),
        (Call::Add("GH-2".into(), Some(data_point(|_| {}))), Code::NotFound, "no device with sn `GH-2`"),
        (Call::Add("GH-2".into(), Some(child(named("N")))), Code::NotFound, "no device with sn `GH-2`"),
        (update(named("GH-2"), &["name"]), Code::NotFound, "no device with sn `GH-2`"),
        (first_piece(|piece| piece.sn = "GH-2".into()), Code::NotFound, "no device with sn `GH-2`"),
        (Call::Add(SN.into(), Some(child(named("GH-1-A")))), Code::AlreadyExists, "`GH-1-A`"),
        (Call::Add(SN.into(), Some(child(named(SN)))), Code::AlreadyExists, "`GH-1`"),
        (
            Call::Add(SN.into(), Some(data_point(|point| point.name = "VENT".into()))),
            Code::AlreadyExists,
            "the device `GH-1` has the data point `vent` already",
        ),
        (
            Call::Register(Some(greenhouse_asset(|asset| asset.sub_assets.push(child(named("GH-1-A")))))),
            Code::AlreadyExists,
            "`GH-1-A`",
        ),
        (stale(&["name"]), Code::Aborted, "`GH-1` is at version 2, the change was made against 1"),
        (Call::Delete(registered.id.clone(), 1), Code::Aborted, "`GH-1` is at version 2"),
        (Call::Remove(point_id, 9), Code::Aborted, "`temperature` is at version 1"),
        (Call::Remove(child_id, 9), Code::Aborted, "`GH-1-A` is at version 1"),
        (
            first_piece(|piece| (piece.version, piece.delete) = (1, vec!["vent".into()])),
            Code::Aborted,
            "`GH-1` is at version 2",
        ),
    ] {
        let status = world.check(call, code).await;
        assert!(status.message().contains(words), "{}", status.message());
    }
    world.platform.close().await;
}

#[tokio::test]
async fn what_is_too_much_ends_the_call_and_nothing_else() {
    let mut world = World::new().await;
    // More than a message may have.
    let large = greenhouse_asset(|asset| asset.name = "x".repeat(17 * 1024 * 1024));
    world.check(Call::Register(Some(large)), Code::OutOfRange).await;
    let template = DataPoint::from(&greenhouse(SN).assets[0]);
    let names = |count: usize, text: String| -> Vec<DataPoint> {
        (0..count)
            .map(|n| DataPoint { name: format!("a{n}"), description: text.clone(), ..template.clone() })
            .collect()
    };
    let piece = |upsert| ReconcileAssetRequest { sn: SN.into(), upsert, ..ReconcileAssetRequest::default() };
    // More data points than a device may have, and more bytes than a batch may have.
    let many = names(60_000, String::new());
    let many = Call::Reconcile(vec![piece(many.clone()), piece(many)]);
    world.invalid(many, "upsert").await;
    let long = || piece(vec![DataPoint { description: "x".repeat(15 * 1024 * 1024), ..template.clone() }]);
    let long = Call::Reconcile((0..5).map(|_| long()).collect());
    world.invalid(long, "upsert").await;
    world.platform.close().await;
}
