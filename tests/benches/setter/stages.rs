//! What each stage of a pipeline adds to a value's way.

use std::hint::black_box;
use std::time::Duration;

use edge_runtime::Alert;
use edge_runtime::policy::{Pipeline, Sample, Verdict};
use edge_tests::bench::{Figures, median};
use tokio::time::Instant;

use super::{each, value};

/// Values through a pipeline.
const VALUES: usize = 200_000;
/// Stages in a pipeline that is measured.
const STAGES: usize = 10;

const DAY: Duration = Duration::from_secs(86_400);
const SECOND: Duration = Duration::from_secs(1);

/// What no value here is.
#[derive(Alert)]
struct Hot;

/// What every value here is.
#[derive(Alert)]
struct Gust {
    speed: f64,
}

type Stage = fn(Pipeline<f64>) -> Pipeline<f64>;

/// What is offered: the `n`th value, and how long after the first.
type Offers = fn(usize) -> (f64, Duration);

/// All at one time, and no two that follow each other the same.
fn various(number: usize) -> (f64, Duration) {
    (value(number), Duration::ZERO)
}

fn equal(_: usize) -> (f64, Duration) {
    (1.0, Duration::ZERO)
}

/// A hundred in a second.
fn steady(number: usize) -> (f64, Duration) {
    (value(number), Duration::from_millis(10) * number as u32)
}

fn steady_and_equal(number: usize) -> (f64, Duration) {
    (1.0, steady(number).1)
}

pub(super) fn measure(figures: &mut Figures, repetitions: usize) {
    for (name, stage, offers) in stages() {
        let cost = median((0..repetitions).map(|_| of_stage(stage, offers)).collect());
        figures.at_most(&format!("a stage: {name}"), cost, 30.0, "ns");
    }
    // An alert is a message of its own, and its box is in this: no limit of a stage's is asked of it.
    for (name, stage, offers) in alerts() {
        let cost = median((0..repetitions).map(|_| of_stage(stage, offers)).collect());
        figures.tell(&format!("a stage that makes an alert: {name}"), cost, "ns");
    }
}

fn alerts() -> [(&'static str, Stage, Offers); 3] {
    [
        ("alert_when", |it| it.alert_when(|v| *v >= 0.0, |v| Gust { speed: *v }), various),
        ("alert_instead", |it| it.alert_instead(|v| *v >= 0.0, |v| Gust { speed: *v }), various),
        // One in each such time: not every value makes one.
        (
            "detect_duplicates",
            |it| it.detect_duplicates(Duration::from_millis(15), |v| Gust { speed: *v }),
            steady_and_equal,
        ),
    ]
}

fn stages() -> [(&'static str, Stage, Offers); 19] {
    [
        ("filter", |it| it.filter(|v| *v >= 0.0), various),
        ("map", |it| it.map(|v| *v + 1.0), various),
        ("sample", |it| it.sample(1), various),
        // As good as none of them: one that comes out goes through no other stage here.
        ("sample by chance", |it| it.sample(Sample::Random(1_000_000)), various),
        ("eliminate_duplicates", |it| it.eliminate_duplicates(SECOND), various),
        ("eliminate_duplicates, of an equal value", |it| it.eliminate_duplicates(SECOND), equal),
        ("detect_duplicates", |it| it.detect_duplicates(SECOND, |_| Hot), various),
        ("detect_duplicates, of an equal value", |it| it.detect_duplicates(SECOND, |_| Hot), equal),
        ("alert_when, of a value that is none for it", |it| it.alert_when(|v| *v < 0.0, |_| Hot), various),
        (
            "alert_instead, of a value that is none for it",
            |it| it.alert_instead(|v| *v < 0.0, |_| Hot),
            various,
        ),
        ("mean", |it| it.mean(DAY, DAY), various),
        ("min", |it| it.min(DAY, DAY), various),
        ("max", |it| it.max(DAY, DAY), various),
        ("standard_deviation", |it| it.standard_deviation(DAY, DAY), various),
        // With what comes out.
        ("mean over windows that overlap", |it| it.mean(60 * SECOND, SECOND), steady),
        ("min over windows that overlap", |it| it.min(60 * SECOND, SECOND), steady),
        ("max over windows that overlap", |it| it.max(60 * SECOND, SECOND), steady),
        (
            "standard_deviation over windows that overlap",
            |it| it.standard_deviation(60 * SECOND, SECOND),
            steady,
        ),
        ("filter by another asset's value", |it| it.filter(|v| v.current::<f64>("a").is_none()), various),
    ]
}

/// What a stage adds to a value's way, in nanoseconds: ten of those that let values through, one of the others.
fn of_stage(stage: Stage, offers: Offers) -> f64 {
    let lets_through = lets_through(stage(Pipeline::new()), offers);
    let stages = if lets_through { STAGES } else { 1 };
    let with = through((0..stages).fold(Pipeline::new(), |pipeline, _| stage(pipeline)), offers);
    (with - through(Pipeline::new(), offers)) / stages as f64
}

/// Whether values come out as they come in.
fn lets_through(mut pipeline: Pipeline<f64>, offers: Offers) -> bool {
    let start = Instant::now();
    (0..2).map(offers).all(|(value, after)| pipeline.offer(start + after, value).value.is_some())
}

/// What a value costs, with what is due before it.
fn through(mut pipeline: Pipeline<f64>, offers: Offers) -> f64 {
    let start = Instant::now();
    each(VALUES, || {
        for (value, after) in (0..VALUES).map(offers) {
            let now = start + after;
            while pipeline.next_due().is_some_and(|due| due <= now) {
                black_box(pipeline.due(now));
            }
            let Verdict { value, .. } = pipeline.offer(now, black_box(value));
            black_box(value);
        }
    })
}
