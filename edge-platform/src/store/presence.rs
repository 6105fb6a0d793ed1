//! Whether a device is there, and over whose connection.

use edge_proto::payload::{Presence, PresenceStatus};
use sqlx::Row as _;

use super::row::{number, read_word, word};
use super::{Store, StoreError};

/// Of the session that we know, or of a later one.
const CHANGE: &str = "UPDATE devices SET presence = $2, presence_session = $3, presence_via = $4 \
    WHERE sn = $1 AND (presence_session < $3 OR presence_session = $3 AND presence <> $2)";

const REPEAT: &str = "UPDATE devices SET presence_via = $4 \
    WHERE sn = $1 AND presence_session = $3 AND presence = $2";

/// What became of a presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noted {
    /// It is what we know now, and was not before.
    Stored,
    /// It is what we knew: it came again, as all that is retained does on a new connection; perhaps over another one's.
    Same,
    /// It is of an older session than the one that we know.
    Stale,
    /// There is no such device.
    Unknown,
}

/// A device that was online.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lost {
    pub(crate) sn: String,
    pub(crate) session: u64,
}

impl Store {
    /// Keeps a device's presence. One of an older session is not news: an old connection's will may
    /// arrive after the birth of the next session.
    pub(crate) async fn set_presence(&self, sn: &str, presence: &Presence) -> Result<Noted, StoreError> {
        let Ok(session) = i64::try_from(presence.session) else { return Ok(Noted::Stale) };
        for (statement, noted) in [(CHANGE, Noted::Stored), (REPEAT, Noted::Same)] {
            let query = sqlx::query(statement).bind(sn).bind(word(presence.status)).bind(session);
            let done = query.bind(presence.via.as_deref()).execute(&self.pool).await?;
            if done.rows_affected() == 1 {
                return Ok(noted);
            }
        }
        Ok(if self.is_registered(sn).await? { Noted::Stale } else { Noted::Unknown })
    }

    /// The presence that we know; `None` when the device is not registered.
    pub(crate) async fn presence(&self, sn: &str) -> Result<Option<Presence>, StoreError> {
        let query = "SELECT presence, presence_session, presence_via FROM devices WHERE sn = $1";
        let Some(row) = sqlx::query(query).bind(sn).fetch_optional(&self.pool).await? else {
            return Ok(None);
        };
        Ok(Some(Presence {
            status: read_word(row.try_get("presence")?, "presence")?,
            session: number(&row, "presence_session")?,
            via: row.try_get("presence_via")?,
        }))
    }

    /// Takes everybody for offline who was online over this connection, and says who that was.
    pub(crate) async fn lose_via(&self, via: &str) -> Result<Vec<Lost>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let rows = sqlx::query(
            "UPDATE devices SET presence = $2 WHERE presence_via = $1 AND presence = $3 \
             RETURNING sn, presence_session",
        )
        .bind(via)
        .bind(word(PresenceStatus::Offline))
        .bind(word(PresenceStatus::Online))
        .fetch_all(&mut *transaction)
        .await?;
        transaction.commit().await?;
        let lost =
            |row| Ok(Lost { sn: sqlx::Row::try_get(row, "sn")?, session: number(row, "presence_session")? });
        rows.iter().map(lost).collect()
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
