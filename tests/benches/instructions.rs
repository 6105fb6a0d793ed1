//! Instructions: what a state costs the device's program, counted by callgrind, beside a program written by
//! hand with rumqttc 0.25.1, and beside what a socket allows. The difference of two runs, so that the start is not in it. What
//! the kernel does is not counted.

#![allow(clippy::print_stdout, reason = "processes tell each other what they have found")]

mod publish;

use std::process::ExitCode;

use edge_tests::bench::{self, Figures};

use self::publish::{Failure, Sink, Way, Who, output};

const FEW: usize = 10_000;
const MANY: usize = 20_000;

fn main() -> ExitCode {
    publish::as_child().unwrap_or_else(|| bench::main(run))
}

async fn run(figures: &mut Figures) -> Result<(), Failure> {
    if figures.needs("valgrind", "instructions of a state").is_none() {
        return Ok(());
    }
    let sink = Sink::start()?;
    let count = |who, acknowledged| slope(Way::new(who, acknowledged), &sink);
    for (qos, acknowledged) in [("QoS 0", false), ("QoS 1", true)] {
        let ours = count(Who::Ours, acknowledged)?;
        let (stock, raw) = (count(Who::Stock, acknowledged)?, count(Who::Raw, acknowledged)?);
        let figure = |name| format!("instructions of a state, {qos}: {name}");
        figures.tell(&figure("ours"), ours, "");
        if acknowledged {
            figures.tell(&figure("ours in tens"), count(Who::OursTogether, acknowledged)?, "");
        }
        figures.tell(&figure("rumqttc by hand"), stock, "");
        figures.tell(&figure("raw batches"), raw, "");
        figures.tell(&format!("{qos}: ours / rumqttc by hand"), ours / stock, "");
        figures.tell(&format!("{qos}: ours / raw batches"), ours / raw, "");
    }
    Ok(())
}

/// Instructions of one state more.
fn slope(way: Way, sink: &Sink) -> Result<f64, Failure> {
    let (few, many) = (instructions(way, sink, FEW)?, instructions(way, sink, MANY)?);
    // The child publishes a tenth more, to warm up.
    Ok((many - few) / ((MANY - FEW) as f64 * 1.1))
}

fn instructions(way: Way, sink: &Sink, states: usize) -> Result<f64, Failure> {
    let mut command = vec!["valgrind".to_owned(), "--tool=callgrind".to_owned()];
    command.push("--callgrind-out-file=/dev/null".to_owned());
    command.extend(way.command(sink, states)?);
    let report = output(&command)?.1;
    let line =
        report.lines().find_map(|line| line.split_once("Collected : ")).ok_or("callgrind says nothing")?;
    Ok(line.1.trim().parse()?)
}
