//! Documents about models of devices, by their URN.

use serde_json::value::RawValue;
use sqlx::Row as _;

use super::devices::Scope;
use super::tree::{Reach, tree};
use super::{Store, StoreError, row};

/// How many documents a page has.
const PAGE: usize = 100;

const UPSERT: &str = "INSERT INTO models (urn, document, created_at, updated_at) VALUES ($1, $2, $3, $3) \
    ON CONFLICT (urn) DO UPDATE SET document = excluded.document, updated_at = excluded.updated_at";

const SELECT: &str = "SELECT document FROM models WHERE urn = $1";

const LIST: &str = "SELECT document FROM models ORDER BY urn LIMIT $1 OFFSET $2";

const DEVICES: &str = "SELECT COUNT(*) AS devices FROM devices WHERE model = $1";

const DEVICES_OF_ORGANIZATION: &str =
    "SELECT COUNT(*) AS devices FROM devices WHERE model = $1 AND organization_id = $2";

const DEVICES_OF_TREE: &str = concat!(
    tree!("SELECT id FROM devices WHERE sn = $2"),
    "SELECT COUNT(*) AS devices FROM devices d JOIN tree t ON t.id = d.id WHERE d.model = $3"
);

impl Store {
    /// Whether all devices of the model are in the scope, and at least one.
    pub(crate) async fn is_model_of(&self, urn: &str, scope: Scope<'_>) -> Result<bool, StoreError> {
        let seen = match scope {
            Scope::All => return Ok(true),
            Scope::Organization(id) => sqlx::query(DEVICES_OF_ORGANIZATION).bind(urn).bind(id),
            Scope::Device(sn) => sqlx::query(DEVICES_OF_TREE).bind(Reach::Tree.levels()).bind(sn).bind(urn),
        };
        let seen: i64 = seen.fetch_one(&self.pool).await?.try_get("devices")?;
        let all: i64 = sqlx::query(DEVICES).bind(urn).fetch_one(&self.pool).await?.try_get("devices")?;
        Ok(seen > 0 && seen == all)
    }

    /// Keeps a document instead of what was there.
    pub(crate) async fn put_model(&self, urn: &str, document: &RawValue) -> Result<(), StoreError> {
        let query = sqlx::query(UPSERT).bind(urn).bind(document.get());
        query.bind(row::now().as_microsecond()).execute(&self.pool).await?;
        Ok(())
    }

    pub(crate) async fn model(&self, urn: &str) -> Result<Option<Box<RawValue>>, StoreError> {
        let row = sqlx::query(SELECT).bind(urn).fetch_optional(&self.pool).await?;
        row.map(|row| document(row.try_get("document")?)).transpose()
    }

    /// A page of all, by URN; pages are counted from 0.
    pub(crate) async fn models(&self, page: u32) -> Result<Vec<Box<RawValue>>, StoreError> {
        let query = sqlx::query(LIST).bind(PAGE as i64).bind(i64::from(page) * PAGE as i64);
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| document(row.try_get("document")?)).collect()
    }
}

fn document(text: String) -> Result<Box<RawValue>, StoreError> {
    RawValue::from_string(text).map_err(StoreError::corrupt("document"))
}
