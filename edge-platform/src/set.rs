//! States that are set by a request: all of them or none, and told as those that come by MQTT.

use crate::ingest;
use crate::platform::Platform;
use crate::store::{Reading, StoreError, StoredState, Verdict};

/// Why states are not set. Nothing is stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetError {
    /// Which ones do not fit, and why.
    #[error("{}", shown(.0))]
    Refused(Vec<Refused>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A state that does not fit its asset.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) asset: String,
    pub(crate) reason: String,
}

/// How many refusals are told of one request, and how many characters of each.
const SHOWN: usize = 20;
const CHARACTERS: usize = 300;

fn shown(refused: &[Refused]) -> String {
    let text = |Refused { asset, reason }: &Refused| {
        let text = format!("`{asset}`: {reason}");
        text.chars().take(CHARACTERS).collect::<String>()
    };
    let mut texts: Vec<_> = refused.iter().take(SHOWN).map(text).collect();
    if refused.len() > SHOWN {
        texts.push(format!("and {} more", refused.len() - SHOWN));
    }
    texts.join("; ")
}

impl Platform {
    /// Stores all of the readings, or none when one is refused. Returns those that are their asset's newest
    /// now; one with a session and a number may be older than what is there.
    pub(crate) async fn set_states(
        &self,
        readings: &[Reading],
    ) -> Result<Vec<(String, StoredState)>, SetError> {
        let verdicts = self.store.ingest_all(readings).await?;
        let refused: Vec<_> = readings.iter().zip(&verdicts).filter_map(refused).collect();
        if !refused.is_empty() {
            return Err(SetError::Refused(refused));
        }
        let mut stored = Vec::with_capacity(readings.len());
        for (reading, verdict) in readings.iter().zip(verdicts) {
            if let Verdict::Stored(state) = &verdict {
                stored.push((reading.asset.clone(), state.clone()));
            }
            ingest::tell(self, reading, verdict);
        }
        Ok(stored)
    }
}

fn refused((reading, verdict): (&Reading, &Verdict)) -> Option<Refused> {
    match verdict {
        Verdict::Refused(reason) => Some(Refused { asset: reading.asset.clone(), reason: reason.clone() }),
        Verdict::Stored(_) | Verdict::Stale => None,
    }
}
