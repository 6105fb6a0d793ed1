//! Documents about models of devices.
//!
//! A document belongs to an organization and is kept by its digest, so none takes another's place: a device that has said
//! which one it is of is judged by that one, whatever others of its URN come. By the URN one of them is found, the last that
//! was put by who sees all of the organization's devices of it.

use edge_proto::object::Sha256;
use serde_json::value::RawValue;
use sqlx::Row as _;

use super::tree::{Reach, tree};
use super::{Store, StoreError, row};

/// The most documents of a page ..
pub(super) const PAGE: usize = 100;

/// .. and it ends with the one that makes it so many bytes.
pub(super) const PAGE_BYTES: usize = 4 * 1024 * 1024;

const KEEP: &str = "INSERT INTO documents (organization_id, digest, urn, document, created_at) \
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (organization_id, digest) DO NOTHING";

/// What an organization has named stays its own when a device names it again.
const NAME: &str = "INSERT INTO document_names (organization_id, urn, digest, updated_at, by_device) \
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (organization_id, urn) DO UPDATE SET digest = excluded.digest, \
    updated_at = excluded.updated_at, \
    by_device = CASE WHEN document_names.by_device = 0 THEN 0 ELSE excluded.by_device END";

/// What devices have named that are of another model by now: or a token of one device, which may change its model, would
/// name as many as it likes.
const FORGET_NAMES: &str = "DELETE FROM document_names WHERE organization_id = $1 AND by_device = 1 \
    AND NOT EXISTS (SELECT 1 FROM devices d WHERE d.organization_id = document_names.organization_id \
    AND d.model = document_names.urn)";

/// What is found by no URN, and no device says: of the organization, or of any where the document is for everybody.
const FORGET: &str = "DELETE FROM documents WHERE organization_id = $1 AND digest <> $2 \
    AND NOT EXISTS (SELECT 1 FROM document_names n WHERE n.organization_id = documents.organization_id \
    AND n.urn = documents.urn AND n.digest = documents.digest) \
    AND NOT EXISTS (SELECT 1 FROM devices d WHERE d.document_digest = documents.digest AND d.document_digest <> '' \
    AND (documents.organization_id = '' OR d.organization_id = documents.organization_id))";

/// Of the devices that a device's token sees: how many are of the model, and how many of this document. Of the
/// organization's: how many are of the model.
const DEVICES: &str = concat!(
    tree!("SELECT id FROM devices WHERE sn = $2"),
    "SELECT (SELECT COUNT(*) FROM devices d JOIN tree t ON t.id = d.id WHERE d.model = $3) AS seen, \
     (SELECT COUNT(*) FROM devices d JOIN tree t ON t.id = d.id \
      WHERE d.model = $3 AND d.document_digest = $4) AS saying, \
     (SELECT COUNT(*) FROM devices WHERE model = $3 AND organization_id = $5) AS existing"
);

const OF_ORGANIZATION: &str = "SELECT m.document FROM document_names n \
    JOIN documents m ON m.organization_id = n.organization_id AND m.digest = n.digest \
    WHERE n.organization_id = $1 AND n.urn = $2";

const URNS_OF_ORGANIZATION: &str =
    "SELECT urn FROM document_names WHERE organization_id = $1 AND urn > $2 ORDER BY urn LIMIT $3";

/// What the devices themselves have said comes before what others of the organization find.
const OF_TREE: &str = concat!(
    tree!("SELECT id FROM devices WHERE sn = $2"),
    "SELECT m.document FROM tree t JOIN devices d ON d.id = t.id \
     JOIN documents m ON m.organization_id = d.organization_id AND m.urn = d.model \
     LEFT JOIN document_names n ON n.organization_id = m.organization_id AND n.urn = m.urn AND n.digest = m.digest \
     WHERE d.model = $3 AND (m.digest = d.document_digest OR n.digest IS NOT NULL) \
     ORDER BY CASE WHEN m.digest = d.document_digest THEN 0 ELSE 1 END, t.level, d.sn LIMIT 1"
);

const URNS_OF_TREE: &str = concat!(
    tree!("SELECT id FROM devices WHERE sn = $2"),
    "SELECT DISTINCT m.urn FROM tree t JOIN devices d ON d.id = t.id \
     JOIN documents m ON m.organization_id = d.organization_id AND m.urn = d.model \
     LEFT JOIN document_names n ON n.organization_id = m.organization_id AND n.urn = m.urn AND n.digest = m.digest \
     WHERE (m.digest = d.document_digest OR n.digest IS NOT NULL) AND m.urn > $3 ORDER BY m.urn LIMIT $4"
);

/// Whoever may put documents for everybody may not know of which organization the device is. What is found by a digest is
/// what was said, whoever has put it.
const OF_DEVICE: &str = "SELECT m.document FROM devices d JOIN documents m \
    ON m.digest = d.document_digest AND m.organization_id IN (d.organization_id, '') WHERE d.sn = $1 LIMIT 1";

/// Whose documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shelf<'a> {
    /// An organization's; empty: those of no organization.
    Organization(&'a str),
    /// Those of a device and of what belongs to it, in its organization.
    Device(&'a str),
}

/// What became of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// There was none of its URN.
    New,
    /// There was one, which may be the same.
    Known,
    /// It is not for the caller to put.
    Refused,
}

impl Store {
    /// Keeps the text of a document, as it came. By its URN it is found from now on if the caller sees all devices of it, at least one where the
    /// caller is a device; a device that sees only some puts what these have said that they are of.
    pub(crate) async fn put_model(&self, shelf: Shelf<'_>, urn: &str, text: &str) -> Result<Put, StoreError> {
        let digest = Sha256::of(text.as_bytes()).to_string();
        let (organization_id, is_named) = match shelf {
            Shelf::Organization(id) => (id.to_owned(), true),
            Shelf::Device(sn) => {
                let Some(lineage) = self.lineage(sn).await? else { return Ok(Put::Refused) };
                let query = sqlx::query(DEVICES).bind(Reach::Tree.levels()).bind(sn).bind(urn);
                let query = query.bind(&digest).bind(&lineage.organization_id);
                let row = query.fetch_one(&self.pool).await?;
                let (seen, existing) = (row.try_get::<i64, _>("seen")?, row.try_get::<i64, _>("existing")?);
                let is_named = seen > 0 && seen == existing;
                if !is_named && row.try_get::<i64, _>("saying")? == 0 {
                    return Ok(Put::Refused);
                }
                (lineage.organization_id, is_named)
            }
        };
        let is_new = self.model(shelf, urn).await?.is_none();
        let now = row::now().as_microsecond();
        let mut transaction = self.begin_documents().await?;
        if is_named {
            let by_device = i64::from(matches!(shelf, Shelf::Device(_)));
            let name =
                sqlx::query(NAME).bind(&organization_id).bind(urn).bind(&digest).bind(now).bind(by_device);
            name.execute(&mut *transaction).await?;
        }
        let keep = sqlx::query(KEEP).bind(&organization_id).bind(&digest).bind(urn);
        keep.bind(text).bind(now).execute(&mut *transaction).await?;
        // Each time: so there are never more than the organization has named, and two for each device.
        sqlx::query(FORGET_NAMES).bind(&organization_id).execute(&mut *transaction).await?;
        let forget = sqlx::query(FORGET).bind(&organization_id).bind(&digest);
        forget.execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(if is_new { Put::New } else { Put::Known })
    }

    /// The document that is found by a URN.
    pub(crate) async fn model(
        &self,
        shelf: Shelf<'_>,
        urn: &str,
    ) -> Result<Option<Box<RawValue>>, StoreError> {
        let query = match shelf {
            Shelf::Organization(id) => sqlx::query(OF_ORGANIZATION).bind(id).bind(urn),
            Shelf::Device(sn) => sqlx::query(OF_TREE).bind(Reach::Tree.levels()).bind(sn).bind(urn),
        };
        let row = query.fetch_optional(&self.pool).await?;
        row.map(|row| document(row.try_get("document")?)).transpose()
    }

    /// A page of all that are found by their URNs, in the order of these: the first of those behind this URN. None: that was
    /// all.
    pub(crate) async fn models(
        &self,
        shelf: Shelf<'_>,
        after: &str,
    ) -> Result<Vec<Box<RawValue>>, StoreError> {
        let query = match shelf {
            Shelf::Organization(id) => sqlx::query(URNS_OF_ORGANIZATION).bind(id),
            Shelf::Device(sn) => sqlx::query(URNS_OF_TREE).bind(Reach::Tree.levels()).bind(sn),
        };
        let rows = query.bind(after).bind(PAGE as i64).fetch_all(&self.pool).await?;
        let (mut page, mut bytes) = (Vec::new(), 0);
        for row in rows {
            // One may be gone by now.
            let Some(model) = self.model(shelf, &row.try_get::<String, _>("urn")?).await? else { continue };
            bytes += model.get().len();
            page.push(model);
            if bytes >= PAGE_BYTES {
                break;
            }
        }
        Ok(page)
    }

    /// The document that a device said it is of when its session was opened; `None`: it said nothing, or what nobody has put.
    pub(crate) async fn model_of(&self, sn: &str) -> Result<Option<Box<RawValue>>, StoreError> {
        let row = sqlx::query(OF_DEVICE).bind(sn).fetch_optional(&self.pool).await?;
        row.map(|row| document(row.try_get("document")?)).transpose()
    }
}

fn document(text: String) -> Result<Box<RawValue>, StoreError> {
    RawValue::from_string(text).map_err(StoreError::corrupt("document"))
}
