//! Chance, by a seed: the waits of devices, the moments at which things go wrong, and what is made up.

use std::cell::Cell;
use std::time::Duration;

/// Says the seed; without it there is another one each time. `cargo xtask soak` goes through twenty.
pub(super) const VARIABLE: &str = "EDGE_SEED";

thread_local! {
    /// The test's seed, and how many worlds it has had.
    static SOWN: Cell<Option<(u64, u64)>> = const { Cell::new(None) };
}

/// From here on all that is drawn by chance on this thread follows from the test's seed: all of a test whose runtime has no
/// further threads, for each test has a thread of its own. In which order things happen that wait for sockets, disks and other
/// processes does not follow from it. Every further world of a test has chances of its own.
pub(super) fn sow() {
    let (seed, worlds) = sown();
    fastrand::seed(seed ^ (worlds << 32));
    SOWN.set(Some((seed, worlds + 1)));
}

/// The test's seed, printed before it is used. For what has chances of its own, as other processes do.
pub(crate) fn seed() -> u64 {
    let (seed, worlds) = sown();
    SOWN.set(Some((seed, worlds)));
    seed
}

/// The seed that somebody has said. For what has the same cases each time unless others are asked for.
pub(crate) fn told() -> Option<u64> {
    std::env::var(VARIABLE).ok().map(|text| text.parse().expect("EDGE_SEED is a whole number"))
}

fn sown() -> (u64, u64) {
    SOWN.get().unwrap_or_else(|| {
        let seed = told().unwrap_or_else(|| fastrand::u64(..1_000_000));
        println!("{VARIABLE}={seed}");
        (seed, 0)
    })
}

/// Waits for a moment that is chosen by chance: keep-alives, waits and what is on its way are somewhere else then.
pub(super) async fn moment() {
    tokio::time::sleep(Duration::from_millis(fastrand::u64(..3_000))).await;
}
