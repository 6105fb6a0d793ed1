//! Who is connected under which client id: a client that takes an id in use throws the other one out, and
//! nobody may do that to others.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The ids in use, as the broker tells. No more than connections.
#[derive(Debug, Default)]
pub(crate) struct ClientIds(Mutex<HashMap<String, Owner>>);

#[derive(Debug)]
struct Owner {
    user: String,
    /// Two for a moment, when the owner itself takes its id again.
    connections: usize,
}

impl ClientIds {
    pub(super) fn connected(&self, id: &str, user: &str) {
        let mut owners = self.lock();
        let owner =
            owners.entry(id.to_owned()).or_insert_with(|| Owner { user: String::new(), connections: 0 });
        owner.user = user.to_owned();
        owner.connections += 1;
    }

    pub(super) fn disconnected(&self, id: &str) {
        let mut owners = self.lock();
        let Some(owner) = owners.get_mut(id) else { return };
        owner.connections -= 1;
        if owner.connections == 0 {
            owners.remove(id);
        }
    }

    /// How many connections there are.
    pub(crate) fn connections(&self) -> usize {
        self.lock().values().map(|owner| owner.connections).sum()
    }

    /// Whether another user is connected under it.
    pub(super) fn is_others(&self, id: &str, user: &str) -> bool {
        self.lock().get(id).is_some_and(|owner| owner.user != user)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Owner>> {
        // A map that a panic left behind is still a map.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_free_when_all_its_connections_have_ended() {
        let ids = ClientIds::default();
        assert!(!ids.is_others("c", "b"));
        ids.connected("c", "a");
        ids.connected("c", "a");
        assert_eq!(ids.connections(), 2);
        ids.disconnected("c");
        assert!(ids.is_others("c", "b") && !ids.is_others("c", "a"));
        ids.disconnected("c");
        ids.disconnected("c");
        assert!(!ids.is_others("c", "b"));
    }
}
