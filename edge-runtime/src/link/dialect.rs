//! What differs from broker to broker above MQTT: which topics there are, and what states look like.

use edge_proto::payload::Mark;
use edge_proto::topic::{self, DeviceStream, Stream};

use crate::origin::Origin;
use crate::outbox::Order;

/// What is spoken over a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Ours: presence with a last will, commands to several assets, outcomes, and states that carry session
    /// and sequence number.
    #[default]
    Native,
    /// AllThingsTalk's: none of that. A command is answered by the state that it leads to.
    AllThingsTalk,
}

impl Dialect {
    /// Whether there are presence, outcomes, actions, and commands to a whole device.
    pub(crate) fn is_native(self) -> bool {
        self == Self::Native
    }

    /// Whether a command is answered by an outcome, and not by the state that it leads to.
    pub(crate) fn has_outcomes(self) -> bool {
        self.is_native()
    }

    /// What a device subscribes to for its commands.
    pub(crate) fn command_filters(self, origin: &Origin) -> Vec<String> {
        let id = &origin.id;
        let assets = topic::all_assets(id, Stream::Command);
        let actions = || (!origin.model.actions.is_empty()).then(|| topic::all_actions(id));
        match self {
            Self::Native => {
                [assets, topic::device(id, DeviceStream::Command)].into_iter().chain(actions()).collect()
            }
            Self::AllThingsTalk => vec![assets],
        }
    }

    /// What the platform takes for an asset's newest state.
    pub(crate) fn order(self) -> Order {
        match self {
            Self::Native => Order::Numbers,
            // It has no word for what is late.
            Self::AllThingsTalk => Order::Arrival,
        }
    }

    /// What of this a state carries: to tell it from older and from newer ones, of what is missing before it, and of
    /// its time.
    pub(crate) fn mark(self, mark: Mark) -> Mark {
        match self {
            Self::Native => mark,
            Self::AllThingsTalk => Mark::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use edge_proto::payload::Stamp;

    use super::*;

    #[test]
    fn c15_allthingstalk_is_told_nothing_that_it_has_no_word_for() {
        let stamp = Some(Stamp { session: 7, seq: 9 });
        let mark = Mark { stamp, historical: true, dropped: 3, unsynced: true };
        assert_eq!(Dialect::Native.mark(mark), mark);
        assert_eq!(Dialect::AllThingsTalk.mark(mark), Mark::default());
    }
}
