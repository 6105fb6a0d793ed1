//! Devices: looked up, listed, started.

use edge_proto::Opening;
use sqlx::Row as _;

use super::row::{self, device_columns};
use super::tree::{self, Key, Reach, select_tree, tree};
use super::{DeviceRecord, Store, StoreError};

/// A session that was just opened.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) session: u64,
    pub(crate) version: u64,
    pub(crate) digest: String,
    /// The document is the one that what is asked of the device is checked by.
    pub(crate) document_counts: bool,
    /// Somebody has put it.
    pub(crate) document_known: bool,
}

/// Which devices a caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope<'a> {
    /// All of them.
    All,
    /// Those of an organization.
    Organization(&'a str),
    /// This one and what belongs to it.
    Device(&'a str),
}

const OPEN_AND_CLAIM: &str = "UPDATE devices SET session = session + 1, document_digest = $2 WHERE sn = $1 \
    RETURNING id, organization_id, session, version, digest, document_digest";

const OPEN: &str = "UPDATE devices SET session = session + 1 WHERE sn = $1 \
    RETURNING id, organization_id, session, version, digest, document_digest";

const LOOK: &str =
    "SELECT id, organization_id, session, version, digest, document_digest FROM devices WHERE sn = $1";

const KNOWS: &str = "SELECT 1 FROM documents WHERE digest = $1 AND organization_id IN ($2, '') LIMIT 1";

impl Store {
    /// A device with its assets and its child devices.
    pub(crate) async fn device(&self, key: Key<'_>) -> Result<Option<DeviceRecord>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        tree::load(&mut connection, key, Reach::Tree).await
    }

    /// A device without what belongs to it.
    pub(crate) async fn header(&self, key: Key<'_>) -> Result<Option<DeviceRecord>, StoreError> {
        let query = match key {
            Key::Id(id) => sqlx::query(concat!("SELECT ", device_columns!(), " WHERE d.id = $1")).bind(id),
            Key::Sn(sn) => sqlx::query(concat!("SELECT ", device_columns!(), " WHERE d.sn = $1")).bind(sn),
        };
        let row = query.fetch_optional(&self.pool).await?;
        row.as_ref().map(row::device).transpose()
    }

    /// All devices of a scope, without their assets, by serial number.
    pub(crate) async fn devices(&self, scope: Scope<'_>) -> Result<Vec<DeviceRecord>, StoreError> {
        let query = match scope {
            Scope::All => sqlx::query(concat!("SELECT ", device_columns!(), " ORDER BY d.sn")),
            Scope::Organization(id) => sqlx::query(concat!(
                "SELECT ",
                device_columns!(),
                " WHERE d.organization_id = $1 ORDER BY d.sn"
            ))
            .bind(id),
            Scope::Device(sn) => sqlx::query(concat!(
                tree!("SELECT id FROM devices WHERE sn = $2"),
                "SELECT ",
                device_columns!(),
                " JOIN tree t ON t.id = d.id ORDER BY d.sn"
            ))
            .bind(Reach::Tree.levels())
            .bind(sn),
        };
        query.fetch_all(&self.pool).await?.iter().map(row::device).collect()
    }

    /// Devices that belong to no other one, by serial number, with all that they have: the first
    /// `limit` of the scope behind `after`.
    pub(crate) async fn top_level(
        &self,
        scope: Scope<'_>,
        after: &str,
        limit: usize,
    ) -> Result<Vec<DeviceRecord>, StoreError> {
        let query = match scope {
            Scope::All => sqlx::query(select_tree!(
                "SELECT id FROM devices WHERE parent_id IS NULL AND sn > $2 ORDER BY sn LIMIT $3"
            )),
            Scope::Organization(_) => sqlx::query(select_tree!(
                "SELECT id FROM devices WHERE parent_id IS NULL AND sn > $2 AND organization_id = $4 \
                 ORDER BY sn LIMIT $3"
            )),
            Scope::Device(_) => sqlx::query(select_tree!(
                "SELECT id FROM devices WHERE parent_id IS NULL AND sn > $2 AND sn = $4 ORDER BY sn LIMIT $3"
            )),
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let query = query.bind(Reach::Tree.levels()).bind(after).bind(limit);
        let query = match scope {
            Scope::All => query,
            Scope::Organization(text) | Scope::Device(text) => query.bind(text),
        };
        let mut connection = self.pool.acquire().await?;
        let rows = query.fetch_all(&mut *connection).await?;
        tree::assemble(&mut connection, &rows).await
    }

    /// The number of a device's newest session, 0 when it never had one; `None` when it is not registered.
    pub(crate) async fn session(&self, sn: &str) -> Result<Option<u64>, StoreError> {
        let row = sqlx::query("SELECT session FROM devices WHERE sn = $1")
            .bind(sn)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| row::unsigned(row.try_get("session")?)).transpose()
    }

    /// Hands out the next session number, or the last one to whoever only looks; `None` when the device is not registered.
    pub(crate) async fn open_session(
        &self,
        sn: &str,
        opening: Opening,
    ) -> Result<Option<Session>, StoreError> {
        let document = opening.document().map(|digest| digest.to_string()).unwrap_or_default();
        let query = match opening {
            Opening::Look => sqlx::query(LOOK).bind(sn),
            Opening::Ask(_) => sqlx::query(OPEN).bind(sn),
            Opening::Start(_) => sqlx::query(OPEN_AND_CLAIM).bind(sn).bind(&document),
        };
        // What a device says from now on is not forgotten by a put that has not seen it.
        let mut transaction = match opening {
            Opening::Start(Some(_)) => self.begin_documents().await?,
            _ => self.pool.begin().await?,
        };
        let Some(row) = query.fetch_optional(&mut *transaction).await? else { return Ok(None) };
        let document_known = !document.is_empty() && {
            let organization: String = row.try_get("organization_id")?;
            let query = sqlx::query(KNOWS).bind(&document).bind(organization);
            query.fetch_optional(&mut *transaction).await?.is_some()
        };
        transaction.commit().await?;
        Ok(Some(Session {
            id: row.try_get("id")?,
            session: row::number(&row, "session")?,
            version: row::number(&row, "version")?,
            digest: row.try_get("digest")?,
            document_counts: row.try_get::<String, _>("document_digest")? == document,
            document_known,
        }))
    }
}
