//! Types of the user's own as values: what they do wrong is an outcome, and not the end of commands; and it changes nothing.

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{AssetValue, Change, Device, HandlerResult, Number, Profile, Refusal, Value};

use common::Fragile;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Superstitious(u8);

impl AssetValue for Superstitious {
    fn profile() -> Profile {
        u8::profile()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }

    fn decode(json: Value) -> std::result::Result<Self, Refusal> {
        assert_ne!(json, 13, "never");
        u8::decode(json).map(Self)
    }
}

#[derive(Device, Clone)]
struct Lift {
    #[asset(kind = "actuator")]
    floor: Superstitious,
}

struct Motor;

impl LiftHandler for Motor {
    async fn on_floor(
        &mut self,
        _: &LiftDevice,
        change: Change<Superstitious>,
    ) -> HandlerResult<Superstitious> {
        Ok(change.value)
    }
}

#[tokio::test]
async fn a_value_that_panics_is_an_outcome_and_commands_go_on() -> Result {
    let memory = MemoryPlatform::new();
    let lift = memory.platform().device("LIFT-1", Lift { floor: Superstitious(0) }).handler(Motor);
    let lift = lift.connect().await?;
    for (id, floor) in [("a", 13), ("b", 14)] {
        let command = format!(r#"{{"id":"{id}","value":{floor}}}"#);
        memory.publish("device/LIFT-1/asset/floor/command", command);
    }
    let of = |id: &str| {
        let id = format!("\"id\":\"{id}\"");
        memory.message(move |message| message.topic.ends_with("/outcome") && message.text().contains(&id))
    };
    assert!(of("a").await.text().contains("\"failed\""));
    assert!(of("b").await.text().contains("\"applied\""));
    assert_eq!(lift.floor(), Superstitious(14));
    lift.close().await?;
    Ok(())
}

#[derive(Device, Clone)]
struct Vase {
    #[asset]
    water: u32,
    #[asset]
    flowers: u8,
    #[asset(kind = "virtual", compute = glaze(water))]
    glaze: Fragile,
}

fn glaze(water: u32) -> Fragile {
    Fragile(water)
}

/// What is computed is copied before it is computed anew.
#[tokio::test]
async fn a_copy_of_what_is_computed_that_panics_leaves_everything_as_it_was() -> Result {
    let memory = MemoryPlatform::new();
    let first = Vase { water: 1, flowers: 1, glaze: Fragile(0) };
    let vase = memory.platform().device("VASE-1", first).connect().await?;
    let breaking = vase.clone();
    let mut both = vase.begin();
    both.set_flowers(2)?.set_water(2)?;
    Fragile::set(true);
    let set = tokio::spawn(async move { breaking.set_water(2).await.map(drop) });
    assert!(set.await.is_err_and(|error| error.is_panic()));
    let set = tokio::spawn(async move { both.finish().await.map(drop) });
    assert!(set.await.is_err_and(|error| error.is_panic()));
    Fragile::set(false);
    assert_eq!((vase.water(), vase.flowers(), vase.glaze()), (1, 1, Fragile(1)));
    vase.set_water(3).await?.delivered().await?;
    let states = ["water", "flowers", "glaze"].map(|asset| memory.state("VASE-1", asset));
    assert_eq!(states, [3, 1, 3].map(|number| Some(Value::from(number))));
    vase.close().await?;
    Ok(())
}

/// Whether what is shy says nothing.
static IS_SHY: AtomicBool = AtomicBool::new(false);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Shy(u8);

impl AssetValue for Shy {
    fn profile() -> Profile {
        u8::profile()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        assert!(!IS_SHY.load(Ordering::Relaxed), "not in JSON");
        self.0.encode(out);
    }

    fn decode(json: Value) -> std::result::Result<Self, Refusal> {
        u8::decode(json).map(Self)
    }
}

#[derive(Device, Clone)]
struct Bird {
    #[asset]
    height: u8,
    #[asset]
    song: Shy,
}

#[tokio::test]
async fn a_value_that_cannot_be_encoded_changes_nothing_not_even_what_is_set_with_it() -> Result {
    let memory = MemoryPlatform::new();
    let bird = memory.platform().device("BIRD-1", Bird { height: 1, song: Shy(1) }).connect().await?;
    let (alone, together) = (bird.clone(), bird.clone());
    let mut both = bird.begin();
    both.set_height(2)?.set_song(Shy(2))?;
    IS_SHY.store(true, Ordering::Relaxed);
    let set = tokio::spawn(async move { alone.set_song(Shy(2)).await.map(drop) });
    assert!(set.await.is_err_and(|error| error.is_panic()));
    let set = tokio::spawn(async move { both.finish().await.map(drop) });
    assert!(set.await.is_err_and(|error| error.is_panic()));
    let update = tokio::spawn(async move {
        let update = together.update(|bird| (bird.height, bird.song) = (2, Shy(2)));
        update.await.map(drop)
    });
    assert!(update.await.is_err_and(|error| error.is_panic()));
    IS_SHY.store(false, Ordering::Relaxed);
    assert_eq!((bird.height(), bird.song()), (1, Shy(1)));
    bird.set_height(3).await?.delivered().await?;
    bird.set_song(Shy(4)).await?.delivered().await?;
    let states = ["height", "song"].map(|asset| memory.state("BIRD-1", asset));
    assert_eq!(states, [3, 4].map(|number| Some(Value::from(number))));
    bird.close().await?;
    Ok(())
}

/// Whether what is vague does not say which number it is.
static IS_VAGUE: AtomicBool = AtomicBool::new(false);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Vague(u8);

impl AssetValue for Vague {
    const NUMERIC: bool = true;

    fn profile() -> Profile {
        u8::profile()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }

    fn decode(json: Value) -> std::result::Result<Self, Refusal> {
        u8::decode(json).map(Self)
    }

    fn number(&self) -> Option<Number> {
        assert!(!IS_VAGUE.load(Ordering::Relaxed), "no number");
        self.0.number()
    }
}

#[derive(Device, Clone)]
struct Fog {
    #[asset(publish(on_change))]
    light: u8,
    #[asset(publish(deadband = 1))]
    density: Vague,
}

/// A `deadband` asks for the number before the change.
#[tokio::test]
async fn a_number_that_panics_leaves_everything_as_it_was() -> Result {
    let memory = MemoryPlatform::new();
    let fog = memory.platform().device("FOG-1", Fog { light: 1, density: Vague(1) }).connect().await?;
    let mut both = fog.begin();
    both.set_light(2)?.set_density(Vague(5))?;
    IS_VAGUE.store(true, Ordering::Relaxed);
    let set = tokio::spawn(async move { both.finish().await.map(drop) });
    assert!(set.await.is_err_and(|error| error.is_panic()));
    IS_VAGUE.store(false, Ordering::Relaxed);
    assert_eq!((fog.light(), fog.density()), (1, Vague(1)));
    fog.set_light(2).await?.delivered().await?;
    fog.set_density(Vague(5)).await?.delivered().await?;
    let states = ["light", "density"].map(|asset| memory.state("FOG-1", asset));
    assert_eq!(states, [2, 5].map(|number| Some(Value::from(number))));
    fog.close().await?;
    Ok(())
}
