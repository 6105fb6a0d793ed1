//! Documents about models: whose they are, which is found by a URN, and which one a device is of.

use edge_proto::Opening;
use edge_proto::object::Sha256;
use serde_json::value::RawValue;

use super::*;
use crate::store::models::{PAGE, PAGE_BYTES};

for_both! {
    a_document_is_found_by_its_urn_until_the_next_one
    organizations_have_models_of_their_own
    a_device_puts_the_model_that_no_other_is_of
    a_device_is_of_the_document_that_it_says
    what_no_device_is_of_is_forgotten
    a_document_that_is_only_asked_for_changes_nothing
    a_device_keeps_the_documents_of_its_own_organization
    documents_that_are_found_by_no_urn_do_not_pile_up
    a_device_that_changes_its_model_does_not_pile_up_names
    writers_at_the_same_time_lose_no_document
    models_are_listed_in_pages
}

const URN: &str = "urn:example:greenhouse:1";
const NOBODY: Shelf<'static> = Shelf::Organization("");
const OURS: Shelf<'static> = Shelf::Organization("ours");

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

/// Stands for a document that says this.
fn saying(text: &str) -> Box<RawValue> {
    raw(&format!(r#"{{"urn":"{URN}","name":"{text}"}}"#))
}

async fn put(store: &Store, shelf: Shelf<'_>, text: &str) -> Put {
    store.put_model(shelf, URN, saying(text).get()).await.unwrap()
}

fn word(found: Option<Box<RawValue>>) -> Option<String> {
    let found: serde_json::Value = serde_json::from_str(found?.get()).unwrap();
    found["name"].as_str().map(str::to_owned)
}

async fn found(store: &Store, shelf: Shelf<'_>) -> Option<String> {
    word(store.model(shelf, URN).await.unwrap())
}

async fn of(store: &Store, sn: &str) -> Option<String> {
    word(store.model_of(sn).await.unwrap())
}

/// The device starts, of the document that says this.
async fn start(store: &Store, sn: &str, text: &str) {
    let digest = Sha256::of(saying(text).get().as_bytes());
    store.open_session(sn, Opening::Start(Some(digest))).await.unwrap().unwrap();
}

/// GH-1 is of another model from now on.
async fn of_model(store: &Store, urn: &str) {
    let change = sqlx::query("UPDATE devices SET model = $1 WHERE sn = 'GH-1'").bind(urn);
    change.execute(&store.pool).await.unwrap();
}

async fn count(store: &Store) -> i64 {
    use sqlx::Row as _;

    let query = sqlx::query("SELECT COUNT(*) FROM documents");
    query.fetch_one(&store.pool).await.unwrap().try_get(0).unwrap()
}

async fn a_document_is_found_by_its_urn_until_the_next_one(store: Store) {
    assert_eq!(found(&store, NOBODY).await, None);
    assert_eq!(put(&store, NOBODY, "a").await, Put::New);
    assert_eq!(put(&store, NOBODY, "a").await, Put::Known);
    assert_eq!(put(&store, NOBODY, "b").await, Put::Known);
    assert_eq!(found(&store, NOBODY).await.as_deref(), Some("b"));
    assert_eq!(put(&store, NOBODY, "a").await, Put::Known);
    assert_eq!(found(&store, NOBODY).await.as_deref(), Some("a"));
    assert_eq!(store.models(NOBODY, "").await.unwrap().len(), 1);
}

async fn organizations_have_models_of_their_own(store: Store) {
    let theirs = Shelf::Organization("theirs");
    assert_eq!(put(&store, OURS, "ours").await, Put::New);
    assert_eq!(put(&store, theirs, "theirs").await, Put::New);
    assert_eq!(found(&store, OURS).await.as_deref(), Some("ours"));
    assert_eq!(found(&store, theirs).await.as_deref(), Some("theirs"));
    assert_eq!(found(&store, NOBODY).await, None);
    assert!(store.models(NOBODY, "").await.unwrap().is_empty());
    assert_eq!(store.models(OURS, "").await.unwrap().len(), 1);
}

async fn a_device_puts_the_model_that_no_other_is_of(store: Store) {
    let (dock, drone, stranger) = (Shelf::Device("DOCK"), Shelf::Device("DRONE"), Shelf::Device("GH-9"));
    assert_eq!(put(&store, dock, "a").await, Put::Refused, "it is not registered");
    store.register(&tree("DOCK", vec![leaf("DRONE")]), "ours").await.unwrap();
    assert_eq!(put(&store, drone, "a").await, Put::Refused, "its parent is of it as well");
    assert_eq!(put(&store, dock, "a").await, Put::New);
    // One of the same URN elsewhere is another model.
    store.register(&leaf("GH-1"), "").await.unwrap();
    assert_eq!(put(&store, dock, "b").await, Put::Known);
    assert_eq!(found(&store, OURS).await.as_deref(), Some("b"));
    store.register(&leaf("GH-2"), "ours").await.unwrap();
    assert_eq!(put(&store, dock, "c").await, Put::Refused);
    assert_eq!(put(&store, OURS, "d").await, Put::Known);
    for shelf in [dock, drone, Shelf::Device("GH-2")] {
        assert_eq!(found(&store, shelf).await.as_deref(), Some("d"), "{shelf:?}");
        assert_eq!(store.models(shelf, "").await.unwrap().len(), 1, "{shelf:?}");
    }
    for shelf in [stranger, Shelf::Device("GH-1")] {
        assert_eq!(found(&store, shelf).await, None, "{shelf:?}");
        assert!(store.models(shelf, "").await.unwrap().is_empty(), "{shelf:?}");
    }
}

async fn a_device_is_of_the_document_that_it_says(store: Store) {
    for sn in ["GH-1", "GH-2", "GH-3"] {
        store.register(&leaf(sn), "ours").await.unwrap();
    }
    let (one, two) = (Shelf::Device("GH-1"), Shelf::Device("GH-2"));
    start(&store, "GH-1", "first").await;
    start(&store, "GH-2", "second").await;
    assert_eq!(of(&store, "GH-1").await, None, "nobody has put it");
    assert_eq!(put(&store, one, "second").await, Put::Refused, "it is not of that one");
    assert_eq!(put(&store, one, "first").await, Put::New);
    assert_eq!(found(&store, OURS).await, None, "it does not see all devices of it");
    assert_eq!(put(&store, OURS, "second").await, Put::New);
    assert_eq!(of(&store, "GH-1").await.as_deref(), Some("first"));
    assert_eq!(of(&store, "GH-2").await.as_deref(), Some("second"));
    assert_eq!(of(&store, "GH-3").await, None);
    assert_eq!(found(&store, one).await.as_deref(), Some("first"), "its own comes first");
    assert_eq!(found(&store, two).await.as_deref(), Some("second"));
    assert_eq!(found(&store, OURS).await.as_deref(), Some("second"));
    // What was put for no organization is good for whoever says that it is of it.
    start(&store, "GH-3", "third").await;
    assert_eq!(put(&store, NOBODY, "third").await, Put::New);
    assert_eq!(of(&store, "GH-3").await.as_deref(), Some("third"));
    // Another firmware, which says nothing.
    store.open_session("GH-1", Opening::Start(None)).await.unwrap();
    assert_eq!(of(&store, "GH-1").await, None);
}

async fn what_no_device_is_of_is_forgotten(store: Store) {
    store.register(&leaf("GH-1"), "ours").await.unwrap();
    start(&store, "GH-1", "0").await;
    for text in ["0", "1", "2", "3"] {
        put(&store, OURS, text).await;
    }
    assert_eq!(count(&store).await, 2, "the last one, and the device's");
    assert_eq!(of(&store, "GH-1").await.as_deref(), Some("0"));
    start(&store, "GH-1", "4").await;
    put(&store, OURS, "4").await;
    assert_eq!(count(&store).await, 1);
}

/// A start that is refused in the end was of its document all the same, by which the firmware that ran on was judged.
async fn a_document_that_is_only_asked_for_changes_nothing(store: Store) {
    store.register(&leaf("GH-1"), "ours").await.unwrap();
    let (old, new) = (Sha256::of(saying("old").get().as_bytes()), Sha256::of(saying("new").get().as_bytes()));
    let open = async |claim| {
        let session = store.open_session("GH-1", claim).await.unwrap().unwrap();
        (session.session, session.document_counts, session.document_known)
    };
    assert_eq!(open(Opening::Start(Some(old))).await, (1, true, false));
    put(&store, Shelf::Device("GH-1"), "old").await;
    assert_eq!(open(Opening::Ask(Some(old))).await, (2, true, true));
    assert_eq!(open(Opening::Ask(Some(new))).await, (3, false, false));
    assert_eq!(open(Opening::Ask(None)).await, (4, false, false));
    assert_eq!(open(Opening::Look).await, (4, false, false), "nor is a session opened by who only looks");
    assert_eq!(of(&store, "GH-1").await.as_deref(), Some("old"));
    put(&store, NOBODY, "new").await;
    assert_eq!(open(Opening::Ask(Some(new))).await, (5, false, true));
    assert_eq!(open(Opening::Start(Some(new))).await, (6, true, true));
    assert_eq!(of(&store, "GH-1").await.as_deref(), Some("new"));
    assert_eq!(open(Opening::Start(None)).await, (7, true, false));
    assert_eq!(of(&store, "GH-1").await, None);
}

/// They were there until somebody put one that was found by its URN.
async fn documents_that_are_found_by_no_urn_do_not_pile_up(store: Store) {
    for sn in ["GH-1", "GH-2", "GH-3"] {
        store.register(&leaf(sn), "ours").await.unwrap();
    }
    store.put_model(OURS, "urn:another", "{}").await.unwrap();
    for text in 0..10 {
        for sn in ["GH-1", "GH-2"] {
            let text = format!("{sn} {text}");
            start(&store, sn, &text).await;
            assert_eq!(put(&store, Shelf::Device(sn), &text).await, Put::New, "nothing has its name");
            assert_eq!(of(&store, sn).await, Some(text));
        }
        assert!(count(&store).await <= 3, "{}", count(&store).await);
    }
    assert_eq!(found(&store, OURS).await, None);
    assert!(store.model(OURS, "urn:another").await.unwrap().is_some());
}

/// Another organization's device kept what was of the same digest, though it is judged by its own organization's copy.
async fn a_device_keeps_the_documents_of_its_own_organization(store: Store) {
    store.register(&leaf("GH-1"), "theirs").await.unwrap();
    start(&store, "GH-1", "same").await;
    for shelf in [NOBODY, OURS, Shelf::Organization("theirs")] {
        put(&store, shelf, "same").await;
        put(&store, shelf, "other").await;
    }
    assert_eq!(count(&store).await, 5, "all but ours");
    assert_eq!(of(&store, "GH-1").await.as_deref(), Some("same"));
}

/// A token of one device may change the device's model, and named what it liked, for ever.
async fn a_device_that_changes_its_model_does_not_pile_up_names(store: Store) {
    let listed = async || {
        let mut urns = Vec::new();
        for document in store.models(OURS, "").await.unwrap() {
            let document: serde_json::Value = serde_json::from_str(document.get()).unwrap();
            urns.push(document["urn"].as_str().unwrap().to_owned());
        }
        urns
    };
    let document = |urn: &str| format!(r#"{{"urn":"{urn}","name":"x"}}"#);
    store.register(&leaf("GH-1"), "ours").await.unwrap();
    // The organization names what no device is of yet, and it stays.
    assert_eq!(store.put_model(OURS, "urn:to-come", &document("urn:to-come")).await.unwrap(), Put::New);
    for number in 0..20 {
        let urn = format!("urn:n:{number:02}");
        of_model(&store, &urn).await;
        assert_eq!(store.put_model(Shelf::Device("GH-1"), &urn, &document(&urn)).await.unwrap(), Put::New);
        assert_eq!(listed().await, [urn.as_str(), "urn:to-come"]);
    }
    assert_eq!(count(&store).await, 2);
    // What the device names as well is the organization's still.
    for urn in ["urn:to-come", "urn:last"] {
        of_model(&store, urn).await;
        store.put_model(Shelf::Device("GH-1"), urn, &document(urn)).await.unwrap();
    }
    assert_eq!(listed().await, ["urn:last", "urn:to-come"]);
}

/// What one names, another one must not forget meanwhile.
async fn writers_at_the_same_time_lose_no_document(store: Store) {
    for sn in ["GH-1", "GH-2"] {
        store.register(&leaf(sn), "ours").await.unwrap();
    }
    put(&store, OURS, "first").await;
    let store = &store;
    let operator = |texts: [&'static str; 2]| async move {
        for round in 0..50 {
            put(store, OURS, texts[round % 2]).await;
            // Somebody has put it, and whatever it is by now, it is there.
            assert!(found(store, OURS).await.is_some(), "round {round}");
        }
    };
    let device = async {
        for round in 0..50 {
            let text = ["one", "two"][round % 2];
            start(store, "GH-1", text).await;
            put(store, Shelf::Device("GH-1"), text).await;
            assert_eq!(of(store, "GH-1").await.as_deref(), Some(text), "round {round}");
        }
    };
    tokio::join!(operator(["one", "two"]), operator(["two", "three"]), device);
    assert!(count(store).await <= 2, "{}", count(store).await);
}

async fn models_are_listed_in_pages(store: Store) {
    for number in 0..PAGE + 1 {
        let urn = format!("urn:a:{number:03}");
        store.put_model(OURS, &urn, &format!("{number}")).await.unwrap();
    }
    let first = store.models(OURS, "").await.unwrap();
    assert_eq!((first.len(), first[0].get(), first[7].get()), (PAGE, "0", "7"));
    let second = store.models(OURS, "urn:a:099").await.unwrap();
    assert_eq!((second.len(), second[0].get()), (1, "100"));
    assert!(store.models(OURS, "urn:a:100").await.unwrap().is_empty());
    // Large ones make a page full.
    let large = format!("\"{}\"", "x".repeat(PAGE_BYTES / 2));
    for number in 0..5 {
        store.put_model(OURS, &format!("urn:b:{number}"), &large).await.unwrap();
    }
    for (after, count) in [("urn:b", 2), ("urn:b:1", 2), ("urn:b:3", 1), ("urn:b:4", 0), ("urn:a:100", 2)] {
        assert_eq!(store.models(OURS, after).await.unwrap().len(), count, "after {after}");
    }
}

mod migration {
    //! Until then everybody saw all models.

    use sqlx::Executor as _;

    use super::*;

    async fn check(url: &DatabaseUrl) {
        sqlx::any::install_default_drivers();
        let pool = pool_options(url).connect(&url.to_sqlx()).await.unwrap();
        migrator(&STEPS[..4]).run(&pool).await.unwrap();
        for (sn, organization) in [("GH-1", "ours"), ("GH-2", "ours"), ("GH-3", "theirs")] {
            let device = format!(
                "INSERT INTO devices (id, sn, name, type, vendor, organization_id, description, model, version, digest, \
                 session, presence, presence_session, created_at, updated_at) VALUES \
                 ('id-{sn}', '{sn}', 'n', 'sensor', '', '{organization}', '', '{URN}', 1, 'd', 1, 'online', 1, 1, 2)"
            );
            pool.execute(sqlx::AssertSqlSafe(device)).await.unwrap();
        }
        for (urn, name) in [(URN, "old"), ("urn:unused", "unused")] {
            let model =
                format!(r#"INSERT INTO models VALUES ('{urn}', '{{"urn":"{urn}","name":"{name}"}}', 1, 2)"#);
            pool.execute(sqlx::AssertSqlSafe(model)).await.unwrap();
        }
        pool.close().await;

        let store = Store::open(url).await.unwrap();
        for shelf in [OURS, Shelf::Organization("theirs")] {
            assert_eq!(found(&store, shelf).await.as_deref(), Some("old"), "{shelf:?}");
            assert_eq!(store.models(shelf, "").await.unwrap().len(), 1, "{shelf:?}");
        }
        assert_eq!(found(&store, NOBODY).await, None);
        assert_eq!(word(store.model(NOBODY, "urn:unused").await.unwrap()).as_deref(), Some("unused"));
        assert_eq!(of(&store, "GH-1").await, None, "the device has not said that it is of it");
        assert_eq!(put(&store, OURS, "new").await, Put::Known);
        assert_eq!(found(&store, OURS).await.as_deref(), Some("new"));
        assert_eq!(found(&store, Shelf::Organization("theirs")).await.as_deref(), Some("old"));
        start(&store, "GH-1", "new").await;
        assert_eq!(of(&store, "GH-1").await.as_deref(), Some("new"));
        store.close().await;
    }

    #[tokio::test]
    async fn models_of_a_file_stay_with_those_who_have_devices_of_them() {
        let folder = tempfile::tempdir().unwrap();
        check(&DatabaseUrl::sqlite(folder.path().join("old.db"))).await;
    }

    #[tokio::test]
    async fn models_of_postgresql_stay_with_those_who_have_devices_of_them() {
        let Some(url) = postgres::database().await else { return };
        check(&url).await;
    }
}
