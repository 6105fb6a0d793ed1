//! The tables: devices, their assets, the newest state of each asset. The only folder that names sqlx.
//!
//! One implementation serves SQLite and PostgreSQL: portable SQL, `bigint` and `text` columns, and
//! values that reach SQL as bound parameters only.

mod assets;
mod batch;
mod declare;
mod devices;
mod edit;
mod error;
mod history;
mod insert;
mod lineage;
mod lock;
mod models;
mod plan;
mod presence;
mod record;
mod register;
mod remembered;
mod remove;
mod reports;
mod row;
mod settings;
mod states;
mod tree;
mod write;

use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Any, AnyPool, Executor as _, SqlSafeStr as _, Transaction};

use crate::database_url::DatabaseUrl;

pub(crate) use assets::AssetPlace;
pub(crate) use declare::{Declaration, Existing};
pub(crate) use devices::Scope;
pub(crate) use edit::Extent;
pub use error::StoreError;
pub(crate) use error::{EditError, MAX_POINTS};
use history::History;
pub(crate) use history::Span;
use lineage::Lineages;
pub(crate) use models::{Put, Shelf};
pub(crate) use plan::Draft;
pub(crate) use presence::{Lost, Noted};
pub(crate) use record::is_false;
pub use record::{AssetRecord, StoredState};
pub(crate) use record::{Declared, DeviceRecord, Point};
pub(crate) use register::Registered;
use remembered::Remembered;
pub(crate) use remove::Part;
pub(crate) use reports::{Arrival, Filter, Kept};
pub use reports::{ReportName, StoredReport};
use states::Registration;
pub(crate) use states::{Reading, Verdict};
pub(crate) use tree::{Key, MAX_LEVELS};

/// A number, a name, and SQL.
type Step = (i64, &'static str, &'static str);

/// Every step from an empty database to ours, in order. A step that was released is never changed.
const STEPS: [Step; 7] = [
    (1, "devices, assets, states", include_str!("../../migrations/1_devices_assets_states.sql")),
    (2, "trees, versions, retired", include_str!("../../migrations/2_trees_versions_retired.sql")),
    (3, "history, locations", include_str!("../../migrations/3_history_locations.sql")),
    (4, "reports, models", include_str!("../../migrations/4_reports_models.sql")),
    (5, "documents", include_str!("../../migrations/5_documents.sql")),
    (6, "unsynced", include_str!("../../migrations/6_unsynced.sql")),
    // Its file is as it was run: sqlx takes a comment more for another migration. Names from before count as the organization's.
    (7, "document names", include_str!("../../migrations/7_document_names.sql")),
];

/// How many connections a database server gives us. SQLite has one: its writers wait for each other in
/// our queue instead of failing with "database is locked", and a database in memory is its connection.
const SERVER_CONNECTIONS: u32 = 8;

const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// Kept in the file, so once is enough. (sqlx itself sets foreign keys and a busy timeout of 5 s, and
/// leaves `synchronous` at FULL: what is committed survives a power cut.)
const SQLITE_SETUP: &str = "PRAGMA journal_mode = WAL";

/// The database, opened and up to date. Clones share its connections.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pool: AnyPool,
    lineages: Lineages,
    places: Remembered<Option<AssetPlace>>,
    profiles: Remembered<Registration>,
    history: History,
    /// As the history, of the devices' alerts and data.
    reports: History,
}

impl Store {
    /// Opens the database, creating the file and the tables where they are missing.
    pub(crate) async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let pool = pool_options(url).connect(&url.to_sqlx()).await?;
        if url.is_sqlite() {
            pool.execute(SQLITE_SETUP).await?;
        }
        migrator(&STEPS).run(&pool).await.map_err(|source| StoreError::Migrate { source: source.into() })?;
        Ok(Self {
            pool,
            lineages: Lineages::default(),
            places: Remembered::default(),
            profiles: Remembered::default(),
            history: History::default(),
            reports: History::default(),
        })
    }

    /// Keeps so many states of each asset.
    pub(crate) fn with_history(self, per_asset: u64) -> Self {
        Self { history: History::new(per_asset), ..self }
    }

    /// Keeps so many alerts of each device, and so many data.
    pub(crate) fn with_reports(self, per_device: u64) -> Self {
        Self { reports: History::new(per_device), ..self }
    }

    /// Ends a transaction that has changed devices or assets.
    async fn commit(&self, transaction: Transaction<'_, Any>) -> Result<(), StoreError> {
        // Before it: who gets the connection next remembers nothing. After it: nor does who asks meanwhile,
        // through another one.
        self.forget();
        transaction.commit().await?;
        self.forget();
        Ok(())
    }

    fn forget(&self) {
        self.lineages.forget();
        self.places.forget();
        self.profiles.forget();
    }

    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Waits for what is running and closes the connections.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

fn pool_options(url: &DatabaseUrl) -> AnyPoolOptions {
    let options = AnyPoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT);
    if !url.is_sqlite() {
        return options.max_connections(SERVER_CONNECTIONS);
    }
    let options = options.max_connections(1).min_connections(1);
    options.idle_timeout(None).max_lifetime(None).test_before_acquire(false)
}

fn migrator(steps: &[Step]) -> Migrator {
    let step = |&(version, name, sql): &Step| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(steps.iter().map(step).collect())
}

#[cfg(test)]
mod tests;
