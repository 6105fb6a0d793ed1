//! A command's round trip: from the controller through a real Mosquitto to the device, and the state back. Ours
//! beside a device on a plain socket, and one on a socket of tokio's, in turns, on the same broker, with TCP_NODELAY everywhere. The devices are
//! processes of their own; the controller is a plain socket in this one. All on one processor: on several, the figures say
//! most of all where the kernel has put whom. On one, a round trip is the sum of what all of them take: so besides it stands
//! what the device's program takes of a processor.

#![allow(clippy::print_stdout, reason = "processes tell each other what they have found")]

mod device;
mod socket;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use edge_tests::Mosquitto;
use edge_tests::bench::{self, Figures, median, percentile};

use self::socket::Socket;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How often each device is commanded so many times, in turns.
const REPETITIONS: usize = 30;
const COMMANDS: usize = 200;

/// How much more than raw sockets the median may take.
const BOUND: f64 = 1.1;

const OURS: &str = "OURS-1";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Ours,
    /// By hand, on a socket that keeps the thread.
    Raw,
    /// The same on a socket of tokio's.
    Tokio,
}

impl Who {
    const ALL: [Self; 3] = [Self::Ours, Self::Raw, Self::Tokio];

    /// The device's.
    fn name(self) -> &'static str {
        match self {
            Self::Ours => OURS,
            Self::Raw => "RAW-1",
            Self::Tokio => "TOKIO-1",
        }
    }

    fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|who| who.name() == name)
    }

    fn label(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Raw => "raw sockets",
            Self::Tokio => "raw sockets in tokio",
        }
    }
}

fn asset(qos: u8) -> String {
    format!("vent_{qos}")
}

fn command(who: Who, qos: u8) -> String {
    format!("device/{}/asset/{}/command", who.name(), asset(qos))
}

fn state(who: Who, qos: u8) -> String {
    format!("device/{}/asset/{}/state", who.name(), asset(qos))
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [who, port, qos] = &words[..] {
        let run = || device::run(who, port.parse()?, qos.parse()?);
        return run().map_or_else(
            |error| {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            },
            |()| ExitCode::SUCCESS,
        );
    }
    bench::stay_on_one_processor();
    bench::main(run)
}

async fn run(figures: &mut Figures) -> Result<(), Failure> {
    let Some(broker) = Mosquitto::start().await else { return Ok(()) };
    for qos in [0, 1] {
        let mut pairs = Vec::new();
        for who in Who::ALL {
            pairs.push(Pair::start(who, broker.port(), qos)?);
        }
        // Ours of the others', and tokio's of those that keep the thread.
        let mut ratios = [Vec::new(), Vec::new(), Vec::new()];
        // The first is to warm up.
        for repetition in 0..=REPETITIONS {
            let middles: Vec<f64> = pairs.iter_mut().map(Pair::command).collect::<Result<_, Failure>>()?;
            if repetition == 0 {
                pairs.iter_mut().for_each(Pair::forget);
            } else {
                let pairs = [(0, 1), (0, 2), (2, 1)];
                ratios
                    .iter_mut()
                    .zip(pairs)
                    .for_each(|(all, (one, other))| all.push(middles[one] / middles[other]));
            }
        }
        for pair in &mut pairs {
            for (part, word) in [(0.5, "p50"), (0.99, "p99")] {
                let time = percentile(&mut pair.times, part).as_secs_f64() * 1e6;
                let name = pair.who.label();
                figures.tell(&format!("QoS {qos}: command to state, {name}, {word}"), time, "us");
            }
            if !pair.used.is_empty() {
                let used = median(std::mem::take(&mut pair.used));
                let name = pair.who.label();
                figures.tell(&format!("QoS {qos}: CPU of a command, device, {name}"), used, "us");
            }
        }
        let [of_raw, of_tokio, tokios] = ratios.map(median);
        figures.tell(&format!("QoS {qos}: p50 of raw sockets in tokio / raw sockets"), tokios, "");
        figures.tell(&format!("QoS {qos}: p50 of ours / raw sockets in tokio"), of_tokio, "");
        figures.at_most(&format!("QoS {qos}: p50 of ours / raw sockets"), of_raw, BOUND, "");
    }
    Ok(())
}

/// A device, and who commands it.
struct Pair {
    who: Who,
    qos: u8,
    controller: Socket,
    times: Vec<Duration>,
    /// What the device's program has taken of a processor, for a command in microseconds; empty where nobody can tell.
    used: Vec<f64>,
    count: usize,
    device: Program,
}

impl Pair {
    fn start(who: Who, port: u16, qos: u8) -> Result<Self, Failure> {
        let device = Program::start(&[who.name(), &port.to_string(), &qos.to_string()])?;
        let controller =
            Socket::connect(port, &format!("controller-{}-{qos}", who.name()), &state(who, qos))?;
        Ok(Self { who, qos, controller, times: Vec::new(), used: Vec::new(), count: 0, device })
    }

    /// What was measured so far does not count.
    fn forget(&mut self) {
        self.times.clear();
        self.used.clear();
    }

    /// Commands one after the other. Returns the median of their times, in microseconds.
    fn command(&mut self) -> Result<f64, Failure> {
        let topic = command(self.who, self.qos);
        let mut times = Vec::new();
        let before = self.device.cpu();
        for _ in 0..COMMANDS {
            // Never the same id again: it would be answered from memory.
            self.count += 1;
            let number = self.count;
            let payload = format!(r#"{{"id":"{number}","value":{}.5}}"#, number % 1000);
            let start = Instant::now();
            self.controller.wire.publish(&topic, payload.as_bytes(), self.qos == 1);
            self.controller.flush()?;
            let state = self.controller.message()?;
            times.push(start.elapsed());
            self.controller.wire.acknowledge(&state);
            self.controller.flush()?;
        }
        if let (Some(before), Some(after)) = (before, self.device.cpu()) {
            self.used.push(after.saturating_sub(before).as_secs_f64() * 1e6 / COMMANDS as f64);
        }
        self.times.extend(&times);
        Ok(percentile(&mut times, 0.5).as_secs_f64() * 1e6)
    }
}

/// A process that ends when this is dropped.
struct Program(Child);

impl Program {
    /// Starts this program as a device, and waits until it is ready.
    fn start(words: &[&str]) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut program = Self(command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?);
        let mut line = String::new();
        BufReader::new(program.0.stdout.take().ok_or("it is piped")?).read_line(&mut line)?;
        if line.is_empty() { Err(format!("{words:?} has ended").into()) } else { Ok(program) }
    }

    fn cpu(&self) -> Option<Duration> {
        bench::cpu_of(self.0.id())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
