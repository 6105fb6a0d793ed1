//! One suite for both databases: SQLite in memory, and a real PostgreSQL.

mod declare;
mod devices;
mod file;
mod history;
mod models;
mod pages;
mod postgres;
mod presence;
mod reports;
mod states;
mod trees;
mod versions;

use edge_proto::model::{Asset, AssetType, AssetVendor, Device, Kind};
use edge_proto::{Profile, ValueType};

use super::*;

/// Makes of each case `async fn case(store: Store)` a test for each database.
macro_rules! for_both {
    ($($case:ident)+) => {
        mod sqlite {
            $(#[tokio::test] async fn $case() {
                super::$case($crate::store::tests::in_memory().await).await;
            })+
        }
        mod postgresql {
            $(#[tokio::test] async fn $case() {
                let Some(store) = $crate::store::tests::in_postgresql().await else { return };
                super::$case(store).await;
            })+
        }
    };
}
use for_both;

async fn in_memory() -> Store {
    Store::open(&DatabaseUrl::memory()).await.unwrap()
}

async fn in_postgresql() -> Option<Store> {
    Some(Store::open(&postgres::database().await?).await.unwrap())
}

const SN: Key<'static> = Key::Sn("GH-1");

fn asset(name: &str, value_type: ValueType) -> Asset {
    Asset {
        name: name.into(),
        kind: Kind::Sensor,
        title: name.into(),
        description: String::new(),
        profile: Profile { maximum: Some(100.into()), ..Profile::new(value_type) },
    }
}

/// A device with two data points.
fn device(sn: &str) -> Device {
    Device {
        sn: sn.into(),
        model: "urn:example:greenhouse:1".into(),
        title: "Greenhouse".into(),
        description: String::new(),
        asset_type: AssetType::Sensor,
        vendor: AssetVendor::Unknown,
        parent: None,
        assets: vec![asset("temperature", ValueType::Number), asset("open", ValueType::Boolean)],
    }
}

/// A device with child devices.
fn tree(sn: &str, children: Vec<Declared>) -> Declared {
    let mut children = children;
    for child in &mut children {
        child.device.parent = Some(sn.to_owned());
    }
    Declared { device: device(sn), version: 0, children }
}

fn leaf(sn: &str) -> Declared {
    tree(sn, Vec::new())
}

/// Registers a device without children on top.
async fn register(store: &Store, sn: &str) -> DeviceRecord {
    store.register(&leaf(sn), "").await.unwrap().record()
}

async fn get(store: &Store, sn: &str) -> DeviceRecord {
    store.device(Key::Sn(sn)).await.unwrap().unwrap_or_else(|| panic!("`{sn}` is not there"))
}

async fn is_there(store: &Store, sn: &str) -> bool {
    store.is_registered(sn).await.unwrap()
}

/// How many rows the tables have: what was refused must leave no trace.
async fn rows(store: &Store) -> [i64; 4] {
    use sqlx::Row as _;

    let mut counts = [0; 4];
    let queries = [
        "SELECT COUNT(*) FROM devices",
        "SELECT COUNT(*) FROM assets",
        "SELECT COUNT(*) FROM states",
        "SELECT COUNT(*) FROM retired",
    ];
    for (count, query) in counts.iter_mut().zip(queries) {
        *count = sqlx::query(query).fetch_one(&store.pool).await.unwrap().try_get(0).unwrap();
    }
    counts
}
