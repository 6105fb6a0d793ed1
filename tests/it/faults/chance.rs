//! Chance, by a seed: the waits of devices, and the moments at which things go wrong.

use std::cell::Cell;
use std::time::Duration;

/// Says the seed; without it there is another one each time. `cargo xtask soak` goes through twenty.
const VARIABLE: &str = "EDGE_SEED";

thread_local! {
    /// The test's seed, and how many worlds it has had.
    static SOWN: Cell<Option<(u64, u64)>> = const { Cell::new(None) };
}

/// From here on all chance of this test follows from its seed, which it prints: a test has a thread of its own, and in these
/// tests all that it starts runs on it. Every further world of a test has chances of its own.
pub(super) fn sow() {
    let (seed, worlds) = SOWN.get().unwrap_or_else(|| {
        let told =
            std::env::var(VARIABLE).ok().map(|text| text.parse().expect("EDGE_SEED is a whole number"));
        let seed = told.unwrap_or_else(|| fastrand::u64(..1_000_000));
        println!("{VARIABLE}={seed}");
        (seed, 0)
    });
    fastrand::seed(seed ^ (worlds << 32));
    SOWN.set(Some((seed, worlds + 1)));
}

/// Waits for a moment that is chosen by chance: keep-alives, waits and what is on its way are somewhere else then.
pub(super) async fn moment() {
    tokio::time::sleep(Duration::from_millis(fastrand::u64(..3_000))).await;
}
