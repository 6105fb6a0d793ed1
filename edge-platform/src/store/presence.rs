//! Whether a device is there.

use edge_proto::payload::{Presence, PresenceStatus};

use super::row::word;
use super::{Store, StoreError};

impl Store {
    /// Keeps a device's presence, and says whether it was news. One of an older session is not: an old
    /// connection's will may arrive after the birth of the next session.
    pub(crate) async fn set_presence(&self, sn: &str, presence: Presence) -> Result<bool, StoreError> {
        let Ok(session) = i64::try_from(presence.session) else { return Ok(false) };
        let done = sqlx::query(
            "UPDATE devices SET presence = $2, presence_session = $3 WHERE sn = $1 AND presence_session <= $4",
        )
        .bind(sn)
        .bind(word(presence.status))
        .bind(session)
        .bind(session)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Takes every device for offline, until it says otherwise.
    pub(crate) async fn forget_presences(&self) -> Result<(), StoreError> {
        sqlx::query("UPDATE devices SET presence = $1")
            .bind(word(PresenceStatus::Offline))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
