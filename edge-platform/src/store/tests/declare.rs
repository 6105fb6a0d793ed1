//! One asset at a time, and what finds it.

use edge_proto::digest;

use super::states::reading;
use super::*;

for_both! {
    an_asset_is_declared_by_itself
    assets_are_found_by_their_id_and_by_their_devices
    readings_are_stored_all_or_none
    a_text_is_kept_as_the_value_that_it_stands_for
}

async fn an_asset_is_declared_by_itself(store: Store) {
    let before = register(&store, "GH-1").await;
    let declare = async |name: &str, existing, value_type| {
        let declared = asset(name, value_type);
        store.declare_asset("GH-1", name, existing, |_| Ok(declared)).await
    };
    let (declaration, new) = declare("co2", Existing::Refuse, ValueType::Integer).await.unwrap();
    assert_eq!((declaration, new.state.is_none()), (Declaration::Created, true));
    let record = get(&store, "GH-1").await;
    assert_eq!((record.version, record.device.assets.len()), (before.version + 1, 3));
    assert_eq!(record.digest, digest::of(&record.device));

    let (declaration, same) = declare("co2", Existing::Change, ValueType::Number).await.unwrap();
    assert_eq!((declaration, &same.id, same.created_at), (Declaration::Updated, &new.id, new.created_at));
    for (name, existing) in [("co2", Existing::Refuse), ("CO2", Existing::Refuse), ("CO2", Existing::Change)]
    {
        let refused = declare(name, existing, ValueType::Number).await;
        assert!(matches!(refused, Err(EditError::AssetTaken { name, .. }) if name == "co2"));
    }
    assert!(matches!(declare("a/b", Existing::Change, ValueType::Number).await, Err(EditError::Invalid(_))));
    assert_eq!(get(&store, "GH-1").await.version, before.version + 2);
    let nowhere = store.declare_asset("GH-2", "a", Existing::Change, |_| Ok(asset("a", ValueType::Number)));
    assert!(matches!(nowhere.await, Err(EditError::NotFound)));
}

async fn assets_are_found_by_their_id_and_by_their_devices(store: Store) {
    let devices = [register(&store, "GH-1").await, register(&store, "GH-2").await];
    let bare = store.register(&Declared::bare("BARE"), "").await.unwrap().record();
    store.ingest(&[reading("21.5", None)]).await.unwrap();
    let point = &devices[1].points[1];
    let (sn, found) = store.asset_by_id(&point.id).await.unwrap().unwrap();
    assert_eq!((sn.as_str(), found.asset.name.as_str()), ("GH-2", "open"));
    assert!(store.asset_by_id("none").await.unwrap().is_none());
    let found = store.assets_of(&[devices[0].clone(), bare]).await.unwrap();
    let names: Vec<_> = found[&devices[0].id].iter().map(|asset| asset.asset.name.as_str()).collect();
    assert_eq!((found.len(), &names[..]), (1, &["temperature", "open"][..]));
    assert_eq!(found[&devices[0].id][0].state.as_ref().unwrap().value.get(), "21.5");
}

async fn readings_are_stored_all_or_none(store: Store) {
    register(&store, "GH-1").await;
    let open = |value| Reading { asset: "open".into(), ..reading(value, None) };
    let verdicts = store.ingest_all(&[reading("1", None), open("7")]).await.unwrap();
    assert!(matches!(verdicts[..], [_, Verdict::Refused(_)]), "{verdicts:?}");
    assert_eq!(rows(&store).await[2], 0);
    let verdicts = store.ingest_all(&[reading("1", None), open("true")]).await.unwrap();
    assert!(matches!(verdicts[..], [Verdict::Stored(_), Verdict::Stored(_)]), "{verdicts:?}");
    assert_eq!(rows(&store).await[2], 2);
}

async fn a_text_is_kept_as_the_value_that_it_stands_for(store: Store) {
    register(&store, "GH-1").await;
    let verdicts = store.ingest(&[reading("\"23.5\"", None), reading("\"5\"", Some((1, 1)))]).await.unwrap();
    assert!(matches!(&verdicts[0], Verdict::Stored(state) if state.value.get() == "23.5"), "{verdicts:?}");
    assert!(matches!(&verdicts[1], Verdict::Refused(_)), "{verdicts:?}");
    assert_eq!(super::states::value(&store).await.as_deref(), Some("23.5"));
}
