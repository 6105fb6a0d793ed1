//! What the platform remembers of itself.

use sqlx::Row as _;

use super::{Store, StoreError};

const INSTANCE: &str = "instance";

impl Store {
    /// A name for this database: made once, kept with it. By it a broker knows us again.
    pub(crate) async fn instance(&self) -> Result<String, StoreError> {
        sqlx::query("INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
            .bind(INSTANCE)
            .bind(uuid::Uuid::new_v4().simple().to_string())
            .execute(&self.pool)
            .await?;
        let row = sqlx::query("SELECT value FROM settings WHERE name = $1")
            .bind(INSTANCE)
            .fetch_one(&self.pool)
            .await?;
        Ok(row.try_get("value")?)
    }
}
