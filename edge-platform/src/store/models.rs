//! Documents about models of devices, by their URN.

use serde_json::value::RawValue;
use sqlx::Row as _;

use super::{Store, StoreError, row};

/// How many documents a page has.
const PAGE: usize = 100;

const UPSERT: &str = "INSERT INTO models (urn, document, created_at, updated_at) VALUES ($1, $2, $3, $3) \
    ON CONFLICT (urn) DO UPDATE SET document = excluded.document, updated_at = excluded.updated_at";

const SELECT: &str = "SELECT document FROM models WHERE urn = $1";

const LIST: &str = "SELECT document FROM models ORDER BY urn LIMIT $1 OFFSET $2";

impl Store {
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
