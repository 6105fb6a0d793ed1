//! A type of the user's own that panics at each of the places where its code runs, one after the other: what was under way has been
//! done, or has not, whole; nothing stays locked, and everything goes on.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use edge_runtime::policy::Pipeline;
use edge_runtime::testing::{MemoryPlatform, Message};
use edge_runtime::{
    Alert, AssetValue, Change, Device, HandlerOf, HandlerResult, Limits, NoHandler, Number, Observer,
    Profile, Refusal, Value,
};
use futures_util::FutureExt as _;

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T = ()> = std::result::Result<T, Error>;

thread_local! {
    /// How often its code runs on this thread before it panics, once.
    static FUSE: Cell<Option<u32>> = const { Cell::new(None) };
}

fn touch() {
    let left = FUSE.get();
    FUSE.set(left.and_then(|left| left.checked_sub(1)));
    assert_ne!(left, Some(0), "touched");
}

#[derive(Debug)]
struct Touchy(u8);

impl Clone for Touchy {
    fn clone(&self) -> Self {
        touch();
        Self(self.0)
    }
}

impl PartialEq for Touchy {
    fn eq(&self, other: &Self) -> bool {
        touch();
        self.0 == other.0
    }
}

impl AssetValue for Touchy {
    const NUMERIC: bool = true;

    fn profile() -> Profile {
        u8::profile()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        touch();
        self.0.encode(out);
    }

    fn decode(json: Value) -> std::result::Result<Self, Refusal> {
        touch();
        u8::decode(json).map(Self)
    }

    fn check(&self, limits: &Limits) -> std::result::Result<(), Refusal> {
        touch();
        self.0.check(limits)
    }

    fn number(&self) -> Option<Number> {
        touch();
        self.0.number()
    }
}

#[derive(Device, Clone)]
struct Bowl {
    #[asset]
    water: Touchy,
}

#[derive(Device)]
#[device(alert(Spilt), alert(Dry))]
struct Rig {
    #[asset(publish(deadband = 1))]
    level: Touchy,
    #[asset(kind = "actuator")]
    valve: Touchy,
    #[asset]
    plain: u8,
    #[asset(kind = "virtual", publish(deadband = 1), compute = double(level))]
    double: Touchy,
    #[asset(kind = "virtual", compute = both(valve, plain))]
    both: Touchy,
    #[device(child)]
    bowl: Bowl,
}

impl Clone for Rig {
    fn clone(&self) -> Self {
        touch();
        let Self { level, valve, plain, double, both, bowl } = self;
        Self {
            level: level.clone(),
            valve: valve.clone(),
            plain: *plain,
            double: double.clone(),
            both: both.clone(),
            bowl: bowl.clone(),
        }
    }
}

fn double(level: Touchy) -> Touchy {
    touch();
    Touchy(2 * level.0)
}

fn both(valve: Touchy, plain: u8) -> Touchy {
    touch();
    Touchy(valve.0 + plain)
}

#[derive(Alert)]
struct Spilt {
    drops: Touchy,
}

#[derive(Alert)]
struct Dry;

struct Pump;

impl RigHandler for Pump {
    fn bowl(&mut self) -> impl HandlerOf<Bowl> {
        NoHandler
    }

    async fn on_valve(&mut self, _: &RigDevice, change: Change<Touchy>) -> HandlerResult<Touchy> {
        touch();
        Ok(change.value)
    }
}

/// How all is: level, valve, plain, double, both, and the bowl's water.
type All = [u8; 6];

/// An asset by its place there, what it is, and what it was.
type Step = (usize, u8, u8);

/// A device that is observed, and where its messages go. All is 0 at first.
struct World {
    memory: MemoryPlatform,
    rig: RigDevice,
    observers: Vec<(usize, Observer<Touchy>)>,
}

impl World {
    async fn new() -> Result<Self> {
        let memory = MemoryPlatform::new();
        let zero = || Touchy(0);
        let bowl = Bowl { water: zero() };
        let first = Rig { level: zero(), valve: zero(), plain: 0, double: zero(), both: zero(), bowl };
        let rig = memory.platform().device("RIG-1", first).handler(Pump).connect().await?;
        let observers = [
            (0, rig.observe_level()),
            (1, rig.observe_valve()),
            (3, rig.observe_double()),
            (4, rig.observe_both()),
        ];
        let world = Self { memory, rig, observers: observers.into() };
        world.flush().await?;
        Ok(world)
    }

    /// All that is in the outbox is at the platform.
    async fn flush(&self) -> Result {
        let plain = self.rig.plain();
        Ok(self.rig.set_plain(plain).await?.delivered().await?)
    }

    fn all(&self) -> All {
        let rig = self.rig.snapshot();
        [rig.level.0, rig.valve.0, rig.plain, rig.double.0, rig.both.0, rig.bowl.water.0]
    }

    /// As the platform has it.
    fn told(&self) -> [Option<Value>; 6] {
        let assets =
            ["level", "valve", "plain", "double", "both"].map(|asset| self.memory.state("RIG-1", asset));
        let [level, valve, plain, double, both] = assets;
        [level, valve, plain, double, both, self.memory.state("RIG-1-bowl", "water")]
    }

    /// What was observed since it was asked last.
    fn observed(&mut self) -> Vec<Step> {
        let mut seen = Vec::new();
        for (place, observer) in &mut self.observers {
            while let Some(Some(step)) = observer.recv().now_or_never() {
                seen.push((*place, step.value.0, step.previous.0));
            }
        }
        seen
    }
}

/// Does something in a world in which all is 0, and again in a new one, until its user's code has panicked at each place. `act` makes of
/// zeros this, and returns whether it is done where that does not panic.
async fn at_each_place(
    expected: All,
    act: impl AsyncFn(&RigDevice, &MemoryPlatform) -> Result<bool>,
) -> Result {
    let is_observed = |place: &usize| ![2, 5].contains(place) && expected[*place] > 0;
    let steps: Vec<Step> = (0..6).filter(is_observed).map(|place| (place, expected[place], 0)).collect();
    for place in 0.. {
        let mut world = World::new().await?;
        let (told, count) = (world.told(), world.rig.stats().states);
        FUSE.set(Some(place));
        let done = AssertUnwindSafe(act(&world.rig, &world.memory)).catch_unwind().await;
        let has_panicked = FUSE.take().is_none();
        let is_done = matches!(done, Ok(Ok(true)));
        assert!(is_done || has_panicked, "{done:?}");
        if !is_done {
            assert_eq!((world.all(), world.observed()), ([0; 6], vec![]), "place {place}");
            assert_eq!(world.rig.stats().states, count, "place {place}");
            world.flush().await?;
            assert_eq!(world.told(), told, "place {place}");
            // As if it had never been: the same is done, and told.
            assert!(act(&world.rig, &world.memory).await?, "place {place}");
        }
        assert_eq!((world.all(), world.observed()), (expected, steps.clone()), "place {place}");
        world.flush().await?;
        assert_eq!(world.told(), expected.map(|value| Some(value.into())), "place {place}");
        world.rig.close().await?;
        if !has_panicked {
            assert!(place > 2, "{place}");
            break;
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_setter_is_done_or_not_wherever_a_value_panics() -> Result {
    let set = async |rig: &RigDevice, _: &MemoryPlatform| Ok(rig.set_level(Touchy(5)).await.is_ok());
    at_each_place([5, 0, 0, 10, 0, 0], set).await
}

#[tokio::test(start_paused = true)]
async fn what_is_set_by_name_is_done_or_not_wherever_a_value_panics() -> Result {
    let set = async |rig: &RigDevice, _: &MemoryPlatform| Ok(rig.set("level", 5).await.is_ok());
    at_each_place([5, 0, 0, 10, 0, 0], set).await
}

#[tokio::test(start_paused = true)]
async fn an_offer_is_done_or_not_wherever_a_value_panics() -> Result {
    let offer = async |rig: &RigDevice, _: &MemoryPlatform| {
        // It may have seen the value that was lost.
        rig.set_pipeline("level", Pipeline::<Touchy>::new().eliminate_duplicates(Duration::from_secs(60)))?;
        Ok(rig.offer_level(Touchy(5)).await?.is_some())
    };
    at_each_place([5, 0, 0, 10, 0, 0], offer).await
}

#[tokio::test(start_paused = true)]
async fn a_transaction_is_done_or_not_wherever_a_value_panics() -> Result {
    let transaction = async |rig: &RigDevice, _: &MemoryPlatform| {
        let mut both = rig.begin();
        both.set_valve(Touchy(3))?.set_level(Touchy(4))?.set_level(Touchy(5))?;
        Ok(both.finish().await.is_ok())
    };
    at_each_place([5, 3, 0, 10, 3, 0], transaction).await
}

/// The bowl's share of it comes first.
#[tokio::test(start_paused = true)]
async fn an_update_is_done_or_not_wherever_a_value_panics() -> Result {
    let update = async |rig: &RigDevice, _: &MemoryPlatform| {
        let edit = |rig: &mut Rig| {
            (rig.level, rig.valve, rig.plain, rig.bowl.water) = (Touchy(5), Touchy(3), 1, Touchy(6));
        };
        Ok(rig.update(edit).await.is_ok())
    };
    at_each_place([5, 3, 1, 10, 4, 6], update).await
}

#[tokio::test(start_paused = true)]
async fn a_command_is_done_or_not_wherever_a_value_panics() -> Result {
    let commands = Cell::new(0);
    let command = async |_: &RigDevice, memory: &MemoryPlatform| {
        let id = commands.replace(commands.get() + 1);
        let text = format!(r#"{{"id":"{id}","value":5}}"#);
        memory.publish("device/RIG-1/asset/valve/command", text);
        let id = format!("\"id\":\"{id}\"");
        let is_it =
            move |message: &Message| message.topic.ends_with("/outcome") && message.text().contains(&id);
        Ok(memory.message(is_it).await.text().contains("\"applied\""))
    };
    at_each_place([0, 5, 0, 0, 5, 0], command).await
}

/// One alert's field panics; the other alert, and the value, are none the worse.
#[tokio::test(start_paused = true)]
async fn an_alert_that_panics_is_the_only_one_that_is_lost() -> Result {
    let world = World::new().await?;
    let pipeline = Pipeline::<Touchy>::new()
        .alert_when(|_| true, |_| Spilt { drops: Touchy(1) })
        .alert_when(|_| true, |_| Dry);
    world.rig.set_pipeline("level", pipeline)?;
    let mut lost = 0;
    for place in 0.. {
        let raised = |name: &str| {
            let name = format!("\"{name}\"");
            let alerts =
                world.memory.messages().into_iter().filter(|message| message.topic.ends_with("/alert"));
            alerts.filter(|alert| alert.text().contains(&name)).count()
        };
        let before = ["spilt", "dry"].map(raised);
        FUSE.set(Some(place));
        let offered = AssertUnwindSafe(world.rig.offer_level(Touchy(place as u8 + 5))).catch_unwind().await;
        let has_panicked = FUSE.take().is_none();
        world.flush().await?;
        let [spilt, dry] = ["spilt", "dry"].map(raised).map(|count| count as u32);
        let [spilt, dry] = [spilt - before[0] as u32, dry - before[1] as u32];
        match (offered, spilt) {
            // Before the pipeline has seen it, or when the value was set.
            (Err(_), 0) => assert_eq!((place, dry), (0, 0)),
            (Err(_), spilt) => assert_eq!((spilt, dry), (1, 1), "place {place}"),
            (Ok(offered), spilt) => {
                assert!(offered?.is_some() && dry == 1, "place {place}");
                lost += 1 - spilt;
            }
        }
        if !has_panicked {
            break;
        }
    }
    assert!(lost > 0);
    world.rig.close().await?;
    Ok(())
}
