//! Delivery: what a state costs the device's process from the setter to the wire, beside a program written by
//! hand with rumqttc 0.25.1, and beside what a socket allows. In turns, each in a process of its own; so is
//! the server that acknowledges.

#![allow(clippy::print_stdout, reason = "processes tell each other what they have found")]

mod publish;

use std::process::ExitCode;

use edge_tests::bench::{self, Figures, median};

use self::publish::{Failure, Sink, Way, Who, output};

const REPETITIONS: usize = 9;
const STATES: usize = 100_000;

const WAYS: [Way; 7] = [
    Way::new(Who::Ours, false),
    Way::new(Who::Stock, false),
    Way::new(Who::Raw, false),
    Way::new(Who::Ours, true),
    Way::new(Who::Stock, true),
    Way::new(Who::Raw, true),
    Way::new(Who::OursTogether, true),
];

fn main() -> ExitCode {
    publish::as_child().unwrap_or_else(|| bench::main(run))
}

async fn run(figures: &mut Figures) -> Result<(), Failure> {
    let sink = Sink::start()?;
    let mut rounds = Vec::new();
    for _ in 0..REPETITIONS {
        let round: Vec<f64> = WAYS.iter().map(|way| measure(*way, &sink)).collect::<Result<_, Failure>>()?;
        rounds.push(round);
    }
    let figure = |of: &dyn Fn(&[f64]) -> f64| median(rounds.iter().map(|round| of(round)).collect());
    let names = [
        "QoS 0: ours",
        "QoS 0: rumqttc by hand",
        "QoS 0: raw batches",
        "QoS 1: ours",
        "QoS 1: rumqttc by hand",
        "QoS 1: raw batches",
        "QoS 1: ours, transactions of ten",
    ];
    for (index, name) in names.iter().enumerate() {
        figures.tell(&format!("CPU of a state, {name}"), figure(&|round| round[index]), "us");
    }
    figures.at_most("QoS 0: ours / rumqttc by hand", figure(&|round| round[0] / round[1]), 0.30, "");
    figures.at_most("QoS 1: ours / rumqttc by hand", figure(&|round| round[3] / round[4]), 0.60, "");
    figures.at_most("QoS 1: ours in tens / rumqttc by hand", figure(&|round| round[6] / round[4]), 0.15, "");
    figures.at_most("QoS 0: ours / raw batches", figure(&|round| round[0] / round[2]), 10.0, "");
    figures.tell("QoS 1: ours / raw batches", figure(&|round| round[3] / round[5]), "");
    figures.tell("QoS 1: ours in tens / raw batches", figure(&|round| round[6] / round[5]), "");
    Ok(())
}

/// Microseconds of CPU for each state.
fn measure(way: Way, sink: &Sink) -> Result<f64, Failure> {
    let line = output(&way.command(sink, STATES)?)?.0;
    Ok(line.trim().parse::<f64>()? / 1e3 / STATES as f64)
}
