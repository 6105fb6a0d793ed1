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
    /// Whether it was not registered when this start looked for it. Two that start it at once may both find that: it is registered once,
    /// and the one with the lower session came first.
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

#[cfg(test)]
mod tests {
    use edge_proto::{Asset, AssetType, AssetVendor, Kind, Profile, ValueType};

    use super::*;
    use crate::future::BoxFuture;
    use crate::testing::MemoryPlatform;

    /// A registry whose answers take a while: all that ask at once have asked before the first is answered.
    #[derive(Debug)]
    struct Slow(crate::platform::Platform);

    impl Slow {
        fn registry(&self) -> &dyn Registry {
            self.0.registry()
        }
    }

    impl Registry for Slow {
        fn endpoint(&self) -> String {
            self.registry().endpoint()
        }

        fn open_session<'a>(
            &'a self,
            declared: &'a Device,
            opening: Opening,
        ) -> BoxFuture<'a, Result<Option<Session>, RegistryError>> {
            Box::pin(async move {
                let opened = self.registry().open_session(declared, opening).await;
                tokio::task::yield_now().await;
                opened
            })
        }

        fn register<'a>(&'a self, device: &'a Device) -> BoxFuture<'a, Result<(), RegistryError>> {
            self.registry().register(device)
        }

        fn fetch<'a>(
            &'a self,
            declared: &'a Device,
        ) -> BoxFuture<'a, Result<Option<Registered>, RegistryError>> {
            self.registry().fetch(declared)
        }

        fn remove<'a>(&'a self, sn: &'a str) -> BoxFuture<'a, Result<(), RegistryError>> {
            self.registry().remove(sn)
        }

        fn write<'a>(
            &'a self,
            declared: &'a Device,
            version: u64,
            batch: &'a Batch,
        ) -> BoxFuture<'a, Result<(), RegistryError>> {
            self.registry().write(declared, version, batch)
        }
    }

    fn wanted(value_type: ValueType) -> [Wanted; 1] {
        let power = Asset {
            name: "power".to_owned(),
            kind: Kind::Sensor,
            title: "Power".to_owned(),
            description: String::new(),
            profile: Profile::new(value_type),
        };
        let declared = Device {
            sn: "METER-1".to_owned(),
            model: "urn:example:meter".to_owned(),
            title: "Meter".to_owned(),
            description: String::new(),
            asset_type: AssetType::Unknown,
            vendor: AssetVendor::Unknown,
            parent: None,
            assets: vec![power],
        };
        [Wanted { declared, policy: OverwritePolicy::Never, opening: Opening::Start(None) }]
    }

    /// Of two programs with one serial number each hears that it was new; which came first, its session says.
    #[tokio::test]
    async fn two_that_start_a_new_device_at_once_register_it_once_and_in_an_order() {
        let memory = MemoryPlatform::new();
        let (slow, wanted) = (Slow(memory.platform()), wanted(ValueType::Number));
        let (one, other) = tokio::join!(reconcile(&slow, &wanted), reconcile(&slow, &wanted));
        let found = [one, other].map(|reconciled| reconciled.unwrap().remove(0));
        let mut found = found.map(|reconciled| (reconciled.is_new, reconciled.session));
        found.sort_unstable();
        assert_eq!(found, [(true, 1), (true, 2)]);
        assert_eq!(memory.registered("METER-1").as_ref(), Some(&wanted[0].declared));
        assert_eq!(memory.writes(), 1);
    }

    /// What the first has registered is not the second's to change.
    #[tokio::test]
    async fn of_two_that_start_different_devices_under_one_serial_number_one_is_refused() {
        let memory = MemoryPlatform::new();
        let slow = Slow(memory.platform());
        let (number, text) = (wanted(ValueType::Number), wanted(ValueType::String));
        let (one, other) = tokio::join!(reconcile(&slow, &number), reconcile(&slow, &text));
        let (first, second, registered) = if one.is_ok() { (one, other, number) } else { (other, one, text) };
        assert!(first.unwrap()[0].is_new);
        assert!(matches!(second, Err(ReconcileError::AssetMismatch { .. })), "{second:?}");
        assert_eq!(memory.registered("METER-1").as_ref(), Some(&registered[0].declared));
    }
}
