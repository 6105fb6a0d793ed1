//! What a SQLite file keeps over a restart.

use super::states::{reading, value};
use edge_proto::Opening;

use super::*;

#[tokio::test]
async fn a_file_keeps_everything_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::sqlite(folder.path().join("a b?.db"));
    let store = Store::open(&url).await.unwrap();
    register(&store, "GH-1").await;
    assert_eq!(store.open_session("GH-1", Opening::Start(None)).await.unwrap().unwrap().session, 1);
    store.ingest(&[reading("21.5", Some((1, 1)))]).await.unwrap();
    let instance = store.instance().await.unwrap();
    store.close().await;

    let store = Store::open(&url).await.unwrap();
    assert_eq!(value(&store).await.as_deref(), Some("21.5"));
    assert_eq!(store.open_session("GH-1", Opening::Start(None)).await.unwrap().unwrap().session, 2);
    assert_eq!(store.instance().await.unwrap(), instance);
    assert!(store.open_session("GH-2", Opening::Start(None)).await.unwrap().is_none());
    store.close().await;
}

/// Databases of the first release hold devices without parents.
#[tokio::test]
async fn a_database_of_the_first_step_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::sqlite(folder.path().join("old.db"));
    sqlx::any::install_default_drivers();
    let pool = pool_options(&url).connect(&url.to_sqlx()).await.unwrap();
    migrator(&STEPS[..1]).run(&pool).await.unwrap();
    let insert = "INSERT INTO devices VALUES ('id-1', 'GH-1', 'n', 'sensor', 'DJI', '', '', 'm', 7, 'd', 5, \
                  'online', 5, 1, 2)";
    pool.execute(insert).await.unwrap();
    pool.close().await;

    let store = Store::open(&url).await.unwrap();
    let record = get(&store, "GH-1").await;
    assert_eq!((record.version, record.device.parent, record.children.len()), (7, None, 0));
    assert_eq!(store.open_session("GH-1", Opening::Start(None)).await.unwrap().unwrap().session, 6);
    store.close().await;
}
