//! Waiting until something is as wanted, where whoever changes it notifies.

use tokio::sync::Notify;

/// Waits until `look` finds something: it looks at once, and whenever those who wait are notified. Cancel safe.
pub(crate) async fn until<T>(changed: &Notify, mut look: impl FnMut() -> Option<T>) -> T {
    loop {
        let notified = changed.notified();
        tokio::pin!(notified);
        // From here on no change is missed.
        notified.as_mut().enable();
        if let Some(found) = look() {
            return found;
        }
        notified.await;
    }
}
