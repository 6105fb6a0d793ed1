//! A device with everything that can come between setting and telling, and those who do something with it at the same time.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use edge_runtime::policy::Pipeline;
use edge_runtime::{
    Alert, Batch, Change, Device, ErrorCause, ErrorEvent, Format, HandlerResult, PipelineError, Sending,
    SetError, Severity,
};
use edge_tests::TestResult;
use serde_json::json;
use tokio::time::sleep;

use super::Peer;

#[derive(Device, Clone, Debug, Default)]
#[device(model = "urn:test:plant:1", alert(Hot, Crest, Seen), format(Trip))]
pub(super) struct Plant {
    #[asset(alias = "p", min = 0, max = 4)]
    plain: i64,
    #[asset(publish(on_change))]
    changed: i64,
    #[asset(publish(min_interval = "1s"))]
    slow: i64,
    #[asset(publish(on_change, min_interval = "700ms"))]
    both: i64,
    #[asset(pipeline = not_by_three, publish(on_change, min_interval = "300ms"))]
    piped: i64,
    #[asset(publish(on_change))]
    average: f64,
    /// Its pipeline has windows that overlap, and alerts behind them.
    #[asset(publish(min_interval = "200ms"))]
    crest: i64,
    /// Its pipeline has alerts.
    #[asset]
    hot: u32,
    #[asset(kind = "actuator", alias = "v", publish(on_change, min_interval = "1s"))]
    valve: i64,
    #[asset(kind = "config")]
    period: i64,
    #[asset(kind = "virtual", compute = total(plain, slow, valve), publish(on_change, min_interval = "500ms"))]
    sum: i64,
    #[asset(kind = "virtual", compute = twice(crest))]
    twice: i64,
    /// On the disk before its setter is done.
    #[asset(retention = "stored", publish(on_change))]
    kept: i64,
    /// Only the first actor sets it.
    #[asset(publish(deadband = BAND))]
    band: i64,
    #[asset(publish(deadband = 2, max_interval = "1s"))]
    steady: i64,
}

pub(super) const ASSETS: [&str; 15] = [
    "plain", "changed", "slow", "both", "piped", "average", "crest", "hot", "valve", "period", "sum",
    "twice", "kept", "band", "steady",
];

const BAND: i64 = 1;

/// By how much the platform may be off, for want of an occasion to tell it more.
pub(super) fn width(asset: &str) -> i64 {
    match asset {
        "band" => BAND,
        "steady" => 2,
        _ => 0,
    }
}

/// Made before a window. Nobody waits for the disk with these two: see [`Still`].
#[derive(Alert)]
#[alert(retention = "volatile")]
pub(super) struct Hot {
    number: u32,
}

/// Made behind a window.
#[derive(Alert)]
#[alert(severity = "critical", retention = "volatile")]
pub(super) struct Crest {
    number: u32,
}

/// Raised, and on the disk before that is done.
#[derive(Alert)]
#[alert(severity = "low")]
pub(super) struct Seen {
    number: u32,
}

/// Data.
#[derive(Format)]
pub(super) struct Trip {
    number: u32,
}

fn total(plain: i64, slow: i64, valve: i64) -> i64 {
    plain + slow + valve
}

fn twice(crest: i64) -> i64 {
    2 * crest
}

fn not_by_three() -> Pipeline<i64> {
    Pipeline::new().filter(|v| *v % 3 != 0).eliminate_duplicates(Duration::from_millis(500))
}

pub(super) struct Driver;

impl PlantHandler for Driver {
    async fn on_valve(&mut self, plant: &PlantDevice, change: Change<i64>) -> HandlerResult<i64> {
        // The program may set it meanwhile.
        sleep(Duration::from_millis(change.value.unsigned_abs() * 10)).await;
        match change.value {
            4 => Err("stuck".into()),
            value => Ok(value.min(plant.plain() + 2)),
        }
    }
}

/// What must arrive. Clones are the same.
///
/// Of alerts and data their names, with their numbers: of those who are told one after the other (an actor, a pipeline), in that
/// order.
#[derive(Clone, Debug, Default)]
pub(super) struct Said(Arc<Mutex<Vec<(&'static str, u32)>>>, Arc<Mutex<i64>>);

impl Said {
    /// `band` was set, and is told if that is far enough from what was told of it last: the first state is 0.
    fn set_band(&self, value: i64) {
        let mut told = self.1.lock().unwrap();
        if (value - *told).abs() > BAND {
            *told = value;
        }
    }

    /// What was told of `band` last, on one connection.
    pub(super) fn band(&self) -> i64 {
        *self.1.lock().unwrap()
    }

    fn add(&self, name: &'static str, number: u32) {
        self.0.lock().unwrap().push((name, number));
    }

    /// The numbers that one of them has said under a name. Actors' numbers begin with theirs.
    pub(super) fn of(&self, name: &str, actor: Option<u32>) -> Vec<u32> {
        let said = self.0.lock().unwrap();
        said.iter()
            .filter(|(of, number)| *of == name && is_by(actor, *number))
            .map(|(_, number)| *number)
            .collect()
    }

    /// An alert that was made and not raised.
    pub(super) fn take_back(&self, error: &ErrorEvent) {
        if let (Sending::Alert { name, value }, ErrorCause::NotRaised(_)) = (&error.sending, &error.cause) {
            let number = value["number"].as_u64().unwrap();
            self.0.lock().unwrap().retain(|said| !(said.0 == name && u64::from(said.1) == number));
        }
    }
}

/// While it is there, a paused clock stands, also when everybody waits: it knows nothing of the thread that writes to the disk, and would
/// go on to whatever is due next.
struct Still(#[expect(dead_code, reason = "dropping it says that it is over")] mpsc::Sender<()>);

impl Still {
    fn begin() -> Self {
        let (goes_on, is_over) = mpsc::channel();
        tokio::task::spawn_blocking(move || is_over.recv());
        Self(goes_on)
    }
}

const OF_ONE: u32 = 1000;

pub(super) fn is_by(actor: Option<u32>, number: u32) -> bool {
    actor.is_none_or(|actor| number / OF_ONE == actor)
}

/// Pipelines that write down which alerts they make.
pub(super) fn give_pipelines(plant: &PlantDevice, said: &Said) -> Result<(), PipelineError> {
    let (before, behind) = (said.clone(), said.clone());
    let hot = Pipeline::<u32>::new().alert_when(
        |v| *v % 2 == 0,
        move |v| {
            before.add("hot", *v);
            Hot { number: *v }
        },
    );
    let crest =
        Pipeline::<i64>::new().max(Duration::from_millis(600), Duration::from_millis(200)).alert_when(
            |v| *v > 2,
            move |_| {
                let number = behind.of("crest", None).len() as u32;
                behind.add("crest", number);
                Crest { number }
            },
        );
    plant.set_pipeline("hot", hot)?;
    plant.set_pipeline("crest", crest)?;
    let window = Duration::from_millis(500);
    plant.set_pipeline("average", Pipeline::<f64>::new().mean(window, window))
}

/// One of those who do something with the plant, at the same time as the others.
pub(super) struct Actor<P> {
    pub(super) actor: u32,
    pub(super) random: fastrand::Rng,
    pub(super) peer: Arc<P>,
    pub(super) plant: PlantDevice,
    pub(super) said: Said,
    pub(super) may_cut: bool,
}

impl<P: Peer> Actor<P> {
    pub(super) async fn run(mut self, steps: u32) -> TestResult {
        for step in 0..steps {
            self.step(self.actor * OF_ONE + step).await?;
        }
        Ok(())
    }

    async fn step(&mut self, number: u32) -> TestResult {
        // Few values, so that there are equal ones.
        let mut value = || self.random.i64(0..5);
        let (one, other) = (value(), value());
        let plant = &self.plant;
        match self.random.u8(0..29) {
            0 => drop(plant.set_plain(one).await?),
            1 => drop(plant.set_changed(one).await?),
            2 => drop(plant.set_slow(one).await?),
            3 => drop(plant.set_both(one).await?),
            4 => drop(plant.set_valve(one).await?),
            5 => self.transact(one, other).await?,
            6 => self.by_name(one, other).await?,
            7 | 8 => drop(plant.offer_piped(one).await?),
            9 => drop(plant.offer_average(one as f64).await?),
            10 | 11 => drop(plant.offer_crest(one).await?),
            12 => drop(plant.offer_hot(number).await?),
            13 => self.command("asset/valve/command", &format!(r#""value":{one}"#)).await,
            14 => self.command("asset/v/command", &format!(r#""value":{one}"#)).await,
            15 => {
                let values = format!(r#""values":{{"valve":{one},"period":{other}}}"#);
                self.command("command", &values).await;
            }
            16 => self.report(number).await?,
            17 => {
                let batch = self.batch();
                self.plant.set_batch(batch);
            }
            18 if self.may_cut && self.random.u8(0..4) == 0 => self.peer.cut(),
            19 => self.beyond_limits(one, other).await?,
            20 | 21 => self.store(one, other).await?,
            22 => drop(plant.set_steady(one).await?),
            23 | 24 if self.actor == 0 => self.set_band(one, other).await?,
            _ => sleep(Duration::from_millis(self.random.u64(0..900))).await,
        }
        Ok(())
    }

    async fn transact(&self, one: i64, other: i64) -> TestResult {
        let plant = &self.plant;
        if one % 2 == 0 {
            let mut transaction = plant.begin();
            transaction.set_slow(one)?.set_plain(other)?.set_slow(other)?;
            drop(transaction.finish().await?);
        } else {
            let update = plant.update(|plant| {
                (plant.slow, plant.both) = (one, other);
                plant.changed += 1;
            });
            drop(update.await?);
        }
        Ok(())
    }

    /// What is refused leaves all as it was, also the transaction that it was to be in.
    async fn beyond_limits(&self, one: i64, other: i64) -> TestResult {
        let (plant, beyond) = (&self.plant, 5 + other);
        assert!(matches!(plant.set_plain(beyond).await, Err(SetError::Refused { .. })));
        assert!(plant.set("p", -1 - other).await.is_err());
        assert!(plant.update(|plant| (plant.slow, plant.plain) = (other, beyond)).await.is_err());
        let mut transaction = plant.begin();
        transaction.set_plain(one)?;
        assert!(transaction.set_plain(beyond).is_err());
        transaction.set_slow(other)?;
        drop(transaction.finish().await?);
        Ok(())
    }

    /// Sets what is stored, alone and with others.
    async fn store(&self, one: i64, other: i64) -> TestResult {
        let (plant, _still) = (&self.plant, Still::begin());
        match other {
            0 | 1 => drop(plant.set_kept(one).await?),
            2 => drop(plant.set("kept", one).await?),
            3 => drop(plant.update(|plant| (plant.kept, plant.plain) = (plant.kept + 1, one)).await?),
            _ => {
                let mut transaction = plant.begin();
                transaction.set_kept(one)?.set_slow(other)?.set_steady(one)?;
                drop(transaction.finish().await?);
            }
        }
        Ok(())
    }

    /// Sets what nobody else does, so that it is known what was told of it before: in small steps and large ones, in vain, with what
    /// is stored, and by way of another value.
    async fn set_band(&mut self, one: i64, other: i64) -> TestResult {
        let (plant, _still) = (&self.plant, Still::begin());
        let value = match self.random.u8(0..6) {
            0 => {
                let refused = plant.update(|plant| (plant.band, plant.plain) = (one, 5 + other)).await;
                assert!(refused.is_err());
                return Ok(());
            }
            1 => {
                drop(plant.set("band", one).await?);
                one
            }
            2 => {
                let mut transaction = plant.begin();
                transaction.set_band(one)?.set_kept(other)?.set_band(other)?;
                drop(transaction.finish().await?);
                other
            }
            3 => {
                let value = plant.band() + [-1, 1][self.random.usize(..2)];
                drop(plant.update(|plant| (plant.band, plant.changed) = (value, one)).await?);
                value
            }
            _ => {
                drop(plant.set_band(one).await?);
                one
            }
        };
        self.said.set_band(value);
        Ok(())
    }

    async fn by_name(&mut self, one: i64, other: i64) -> TestResult {
        let plant = &self.plant;
        match self.random.u8(0..3) {
            0 => drop(plant.set("p", one).await?),
            1 => drop(plant.set("both", json!(one)).await?),
            _ => {
                let mut transaction = plant.begin();
                transaction.set("p", one)?.set("slow", other)?.set("crest", one)?;
                drop(transaction.finish().await?);
            }
        }
        Ok(())
    }

    /// Alerts and data, which are written down once they are accepted: nobody else writes what is this actor's.
    async fn report(&mut self, number: u32) -> TestResult {
        let (plant, _still) = (&self.plant, Still::begin());
        let severities = [Severity::Low, Severity::Significant, Severity::Critical];
        let name = match self.random.u8(0..4) {
            0 => {
                let severity = severities[self.random.usize(..3)];
                drop(plant.raise(Seen { number }).severity(severity).await?);
                "seen"
            }
            1 => {
                drop(plant.raise_by_name("seen", json!({ "number": number })).await?);
                "seen"
            }
            2 => {
                drop(plant.submit(Trip { number }).await?);
                "trip"
            }
            _ => {
                drop(plant.submit_by_name("trip", json!({ "number": number })).await?);
                "trip"
            }
        };
        self.said.add(name, number);
        Ok(())
    }

    fn batch(&mut self) -> Option<Batch> {
        let every = Duration::from_millis(400);
        let severity = Severity::Significant;
        [
            None,
            Some(Batch::new().size(5)),
            Some(Batch::new().every(every)),
            Some(Batch::new().size(3).every(every).severity(severity)),
        ][self.random.usize(..4)]
    }

    async fn command(&mut self, topic: &str, values: &str) {
        let id = self.random.u64(..);
        self.peer.command(topic, format!(r#"{{"id":"{id}",{values}}}"#)).await;
    }
}
