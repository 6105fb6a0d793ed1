//! Reconciling at startup: compare what is declared with what is registered, and write the difference
//! as far as the policy allows.

mod plan;

pub use plan::{Batch, Difference, Plan, Severity, plan};

use edge_proto::{Device, Opening, digest};

use crate::model::OverwritePolicy;
use crate::registry::{Registered, Registry, RegistryError, Session};

/// How often a plan is made again because another writer was faster.
const ATTEMPTS: u32 = 5;

/// A device that is registered as it is declared, or as near as its policy allows.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reconciled {
    /// The session's number; where none was opened, the last one's, or 0.
    pub session: u64,
    /// What was found and done; `None` when the digests were equal, and of a device that was registered as a whole.
    pub plan: Option<Plan>,
    /// Whether it was not registered before.
    pub is_new: bool,
    /// Whether the registry has the document that says what the device is.
    pub(crate) document_known: bool,
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

/// What is wanted of the registry: a device as it is declared, and what is done with differences.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) declared: Device,
    pub(crate) policy: OverwritePolicy,
    /// As it is opened once nothing refuses it.
    pub(crate) opening: Opening,
}

/// What the registry has of a device.
#[derive(Debug)]
enum Found {
    Missing,
    InSync { session: Session },
    Differs { session: Session, version: u64, plan: Plan },
}

/// A device that is registered as it is wanted.
#[derive(Debug)]
struct Settled {
    session: Session,
    plan: Option<Plan>,
    is_new: bool,
}

/// Registers devices that are new, else compares and writes what the policy allows; parents before their
/// children. All are looked at before anything is written: one mismatch, and nothing is.
///
/// One round trip for each device whose digests are equal, and one more when it is of another document than before.
pub(crate) async fn reconcile(
    registry: &dyn Registry,
    wanted: &[Wanted],
) -> Result<Vec<Reconciled>, ReconcileError> {
    let mut found = Vec::with_capacity(wanted.len());
    for wanted in wanted {
        found.push(inspect(registry, wanted, wanted.opening.unless_refused()).await?);
    }
    refuse(wanted, &found)?;
    let mut settled = Vec::with_capacity(wanted.len());
    for (wanted, found) in wanted.iter().zip(found) {
        settled.push(settle(registry, wanted, found).await?);
    }
    // Now that nothing is refused any more.
    let mut reconciled = Vec::with_capacity(wanted.len());
    for (wanted, Settled { session, plan, is_new }) in wanted.iter().zip(settled) {
        let Session { number, document_known, .. } = claim(registry, wanted, session).await?;
        reconciled.push(Reconciled { session: number, plan, is_new, document_known });
    }
    Ok(reconciled)
}

/// Says of which document the device is, unless that is the one that counts already.
async fn claim(
    registry: &dyn Registry,
    wanted: &Wanted,
    session: Session,
) -> Result<Session, ReconcileError> {
    let Wanted { declared, opening, .. } = wanted;
    if session.document_counts || *opening == Opening::Look {
        return Ok(session);
    }
    // It may have gone in the meantime.
    let gone = || ReconcileError::Contended { device: declared.sn.clone(), attempts: 1 };
    open(registry, wanted, *opening).await?.ok_or_else(gone)
}

async fn open(
    registry: &dyn Registry,
    wanted: &Wanted,
    opening: Opening,
) -> Result<Option<Session>, ReconcileError> {
    let opened = registry.open_session(&wanted.declared, opening).await;
    opened.map_err(|source| failed(wanted, source))
}

/// What starting the device would change.
pub(crate) async fn look(registry: &dyn Registry, wanted: &Wanted) -> Result<Plan, ReconcileError> {
    let Wanted { declared, policy, .. } = wanted;
    let registered = registry.fetch(declared).await.map_err(|source| failed(wanted, source))?;
    Ok(plan(declared, registered.as_ref().map(|registered| &registered.device), *policy))
}

fn failed(wanted: &Wanted, source: RegistryError) -> ReconcileError {
    ReconcileError::Registry { device: wanted.declared.sn.clone(), source }
}

/// Opens a session and compares: by digest, and where that differs thing by thing.
async fn inspect(
    registry: &dyn Registry,
    wanted: &Wanted,
    opening: Opening,
) -> Result<Found, ReconcileError> {
    let Wanted { declared, policy, .. } = wanted;
    let Some(session) = open(registry, wanted, opening).await? else { return Ok(Found::Missing) };
    if session.digest == digest::of(declared) {
        return Ok(Found::InSync { session });
    }
    let registered = registry.fetch(declared).await.map_err(|source| failed(wanted, source))?;
    // It may have gone in the meantime.
    let Some(Registered { version, device }) = registered else { return Ok(Found::Missing) };
    Ok(Found::Differs { session, version, plan: plan(declared, Some(&device), *policy) })
}

/// Fails when a policy forbids to go on.
fn refuse(wanted: &[Wanted], found: &[Found]) -> Result<(), ReconcileError> {
    let refused = found.iter().filter_map(|found| match found {
        Found::Differs { plan, .. } if plan.is_refused() => Some(plan),
        _ => None,
    });
    let refused: Vec<&Plan> = refused.collect();
    match wanted.first() {
        Some(first) if !refused.is_empty() => Err(mismatch(&first.declared.sn, refused)),
        _ => Ok(()),
    }
}

/// Every difference of every device, as seen from the first one.
fn mismatch<'a>(device: &str, plans: impl IntoIterator<Item = &'a Plan>) -> ReconcileError {
    let differences = plans.into_iter().flat_map(|plan| plan.mismatches_seen_from(device)).collect();
    ReconcileError::AssetMismatch { device: device.to_owned(), differences }
}

/// Brings one device from what was found to what is wanted, with other writers about.
async fn settle(
    registry: &dyn Registry,
    wanted: &Wanted,
    mut found: Found,
) -> Result<Settled, ReconcileError> {
    let (declared, mut opening) = (&wanted.declared, wanted.opening.unless_refused());
    let mut is_new = false;
    for _ in 0..ATTEMPTS {
        match found {
            Found::InSync { session } => return Ok(Settled { session, plan: None, is_new }),
            Found::Missing => {
                registry.register(declared).await.map_err(|source| failed(wanted, source))?;
                // It came with this start: nothing else runs as it.
                (opening, is_new) = (wanted.opening, true);
            }
            Found::Differs { session, version, plan } => {
                if plan.is_refused() {
                    return Err(mismatch(&declared.sn, [&plan]));
                }
                let batch = plan.batch(declared);
                let written = match batch.is_empty() {
                    true => Ok(()),
                    false => registry.write(declared, version, &batch).await,
                };
                match written {
                    Ok(()) => {
                        log(&plan);
                        return Ok(Settled { session, plan: Some(plan), is_new });
                    }
                    Err(RegistryError::Conflict) => {}
                    Err(source) => return Err(failed(wanted, source)),
                }
            }
        }
        found = inspect(registry, wanted, opening).await?;
    }
    Err(ReconcileError::Contended { device: declared.sn.clone(), attempts: ATTEMPTS })
}

fn log(plan: &Plan) {
    for difference in plan.differences.iter().filter(|_| plan.policy == OverwritePolicy::Never) {
        tracing::info!(device = plan.sn, %difference, "left to the platform");
    }
    for asset in plan.orphans.iter().filter(|_| plan.policy != OverwritePolicy::Prune) {
        tracing::info!(device = plan.sn, asset, "registered, no longer declared");
    }
}
