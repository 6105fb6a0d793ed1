//! What belongs together is stored together.

use edge_proto::payload;

use super::{Place, life};
use crate::faults::world::{Result, within};

#[test]
fn a_transaction_is_stored_as_a_whole() -> Result {
    let place = Place::new()?;
    life(async {
        let meter = place.alone().await?;
        meter.update(|meter| (meter.energy, meter.power) = (5, 6)).await?;
        meter.set_power(7).await?;
        Ok(())
    })?;
    place.memory.set_registry_away(false);
    life(async {
        let meter = place.meter().await?;
        let message = place.memory.message(|message| message.text().contains("historical")).await;
        let states = payload::read_states(&message.payload)?;
        let names: Vec<_> = states.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["energy", "power", "product"]);
        within(10, meter.close()).await??;
        Ok(())
    })?;
    assert!(!place.memory.messages().iter().any(|message| message.text().contains("\"value\":7,")));
    Ok(())
}
