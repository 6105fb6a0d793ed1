//! Who waits for whom. The first statement of a transaction writes the row that it locks, so that what is
//! read afterwards cannot change under us, in SQLite as in PostgreSQL.

use sqlx::{Any, AnyConnection, Transaction};

use super::tree::Key;
use super::{Store, StoreError};

const TREE: &str = "tree";
const DOCUMENTS: &str = "documents";

impl Store {
    /// A transaction in which devices may get other parents and come and go. One at a time: so no two of
    /// them make a circle together, or wait for each other's devices.
    pub(super) async fn begin_tree(&self) -> Result<Transaction<'static, Any>, StoreError> {
        self.begin_alone(TREE).await
    }

    /// A transaction in which documents may come, be named, and be forgotten. One at a time: so none forgets what another names
    /// meanwhile.
    pub(super) async fn begin_documents(&self) -> Result<Transaction<'static, Any>, StoreError> {
        self.begin_alone(DOCUMENTS).await
    }

    async fn begin_alone(&self, name: &str) -> Result<Transaction<'static, Any>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let update = sqlx::query("UPDATE settings SET value = value WHERE name = $1").bind(name);
        if update.execute(&mut *transaction).await?.rows_affected() == 0 {
            let insert = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE \
                SET value = excluded.value";
            sqlx::query(insert).bind(name).bind("").execute(&mut *transaction).await?;
        }
        Ok(transaction)
    }
}

/// Makes other writers of this device wait.
pub(super) async fn device(connection: &mut AnyConnection, key: Key<'_>) -> Result<(), StoreError> {
    let query = match key {
        Key::Id(id) => sqlx::query("UPDATE devices SET version = version WHERE id = $1").bind(id),
        Key::Sn(sn) => sqlx::query("UPDATE devices SET version = version WHERE sn = $1").bind(sn),
    };
    query.execute(connection).await?;
    Ok(())
}
