//! Reconciling at startup: compare what is declared with what is registered, and write the difference
//! as far as the policy allows.

mod plan;

pub use plan::{Batch, Difference, Plan, Severity, plan};

use edge_proto::{Device, digest};

use crate::model::OverwritePolicy;
use crate::registry::{Registry, RegistryError};

/// How often a plan is made again because another writer was faster.
const ATTEMPTS: u32 = 5;

/// A device that is registered as it is declared, or as near as its policy allows.
#[derive(Clone, Debug)]
pub(crate) struct Reconciled {
    /// The session's number.
    pub(crate) session: u64,
    /// What was found and done; `None` when the digests were equal.
    pub(crate) plan: Option<Plan>,
}

/// Why the declared assets and the registered ones could not be brought together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    /// Breaking or limiting differences under `overwrite_assets = false`. Nothing was written.
    #[error("the assets of `{device}` are registered otherwise than declared:{}", list(differences))]
    AssetMismatch {
        /// The serial number.
        device: String,
        /// All of them, not the first.
        differences: Vec<Difference>,
    },
    /// The registry failed.
    #[error("`{device}` could not be reconciled")]
    Registry {
        /// The serial number.
        device: String,
        /// The cause.
        source: RegistryError,
    },
    /// Other writers were faster, five times in a row.
    #[error("`{device}` was changed by other writers while it was reconciled, {attempts} times in a row")]
    Contended {
        /// The serial number.
        device: String,
        /// How often it was tried.
        attempts: u32,
    },
}

impl ReconcileError {
    /// Whether trying again may help.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::AssetMismatch { .. } => false,
            Self::Registry { source, .. } => source.is_retryable(),
            Self::Contended { .. } => true,
        }
    }
}

fn list(differences: &[Difference]) -> String {
    differences.iter().map(|difference| format!("\n  {difference}")).collect()
}

/// Registers the device if it is new, else compares and writes what the policy allows.
///
/// One round trip when the digests are equal.
pub(crate) async fn reconcile(
    registry: &dyn Registry,
    declared: &Device,
    policy: OverwritePolicy,
) -> Result<Reconciled, ReconcileError> {
    let failed = |source| ReconcileError::Registry { device: declared.sn.clone(), source };
    for _ in 0..ATTEMPTS {
        let Some(session) = registry.open_session(&declared.sn).await.map_err(failed)? else {
            registry.register(declared).await.map_err(failed)?;
            continue;
        };
        let session_number = session.number;
        if session.digest == digest::of(declared) {
            return Ok(Reconciled { session: session_number, plan: None });
        }
        match apply(registry, declared, policy).await {
            Ok(Some(plan)) => return Ok(Reconciled { session: session_number, plan: Some(plan) }),
            Ok(None) | Err(ReconcileError::Registry { source: RegistryError::Conflict, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(ReconcileError::Contended { device: declared.sn.clone(), attempts: ATTEMPTS })
}

/// Fetches, plans and writes once; `None` when the device has gone in the meantime.
async fn apply(
    registry: &dyn Registry,
    declared: &Device,
    policy: OverwritePolicy,
) -> Result<Option<Plan>, ReconcileError> {
    let failed = |source| ReconcileError::Registry { device: declared.sn.clone(), source };
    let Some(registered) = registry.fetch(&declared.sn).await.map_err(failed)? else { return Ok(None) };
    let plan = plan(declared, Some(&registered.device), policy);
    if plan.is_refused() {
        let differences = plan.mismatches().cloned().collect();
        return Err(ReconcileError::AssetMismatch { device: declared.sn.clone(), differences });
    }
    let batch = plan.batch(declared);
    if !batch.is_empty() {
        registry.write(declared, registered.version, &batch).await.map_err(failed)?;
    }
    log(&plan);
    Ok(Some(plan))
}

fn log(plan: &Plan) {
    for difference in plan.differences.iter().filter(|_| plan.policy == OverwritePolicy::Never) {
        tracing::info!(device = plan.sn, %difference, "left to the platform");
    }
    for asset in plan.orphans.iter().filter(|_| plan.policy != OverwritePolicy::Prune) {
        tracing::info!(device = plan.sn, asset, "registered, no longer declared");
    }
}
