//! Ways to publish states, each run in a process of its own beside a [`sink`]: ours, a program with stock
//! rumqttc, and what a socket allows. One message has about 120 bytes on the wire.

mod ours;
mod raw;
mod sink;
mod stock;

use std::process::{Command, ExitCode, Stdio};

pub(crate) use self::sink::Sink;

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A part of the run before it is measured: what is allocated once, is.
const WARM_UP: usize = 10;
/// States of one transaction.
pub(crate) const TOGETHER: usize = 10;

/// Who publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// A device of ours, a setter for each state.
    Ours,
    /// A device of ours, a transaction for each [`TOGETHER`] states.
    OursTogether,
    /// A program with rumqttc 0.25.1.
    Stock,
    /// JSON and packets by hand, written 64 KB at a time.
    Raw,
}

/// A way to publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) who: Who,
    /// QoS 1, or else QoS 0.
    pub(crate) acknowledged: bool,
}

impl Way {
    pub(crate) const fn new(who: Who, acknowledged: bool) -> Self {
        Self { who, acknowledged }
    }

    fn words(self) -> [&'static str; 2] {
        let who = match self.who {
            Who::Ours => "ours",
            Who::OursTogether => "ours-together",
            Who::Stock => "stock",
            Who::Raw => "raw",
        };
        [who, if self.acknowledged { "1" } else { "0" }]
    }

    fn parse(who: &str, qos: &str) -> Option<Self> {
        let all = [Who::Ours, Who::OursTogether, Who::Stock, Who::Raw];
        let mut ways = all.into_iter().flat_map(|who| [Self::new(who, false), Self::new(who, true)]);
        ways.find(|way| way.words() == [who, qos])
    }

    /// This program as one that publishes: prints the nanoseconds of CPU that it took.
    pub(crate) fn command(self, sink: &Sink, states: usize) -> Result<Vec<String>, Failure> {
        let [who, qos] = self.words();
        let program = std::env::current_exe()?.display().to_string();
        Ok(vec![program, PUBLISH.into(), who.into(), qos.into(), sink.port.to_string(), states.to_string()])
    }
}

/// What a program prints until it ends: output, and errors.
pub(crate) fn output(command: &[String]) -> Result<(String, String), Failure> {
    let output = Command::new(&command[0]).args(&command[1..]).stdin(Stdio::null()).output()?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok((text(&output.stdout), text(&output.stderr)))
    } else {
        Err(format!("{command:?}: {}\n{}", output.status, text(&output.stderr)).into())
    }
}

const PUBLISH: &str = "publish";
const SINK: &str = "sink";

/// This process as one of those that a benchmark starts; `None` when it is the benchmark itself.
pub(crate) fn as_child() -> Option<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let result = match words[..] {
        [SINK] => sink::serve(),
        [PUBLISH, who, qos, port, states] => run(who, qos, port, states),
        _ => return None,
    };
    Some(match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    })
}

fn run(who: &str, qos: &str, port: &str, states: &str) -> Result<(), Failure> {
    let way = Way::parse(who, qos).ok_or("no such way")?;
    let (port, states) = (port.parse()?, states.parse()?);
    let took = match way.who {
        Who::Raw => raw::run(port, way.acknowledged, states)?,
        who => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                match who {
                    Who::Stock => stock::run(port, way.acknowledged, states).await,
                    who => ours::run(port, way.acknowledged, who == Who::OursTogether, states).await,
                }
            })?
        }
    };
    println!("{}", took.as_nanos());
    Ok(())
}

/// A value as sensors have them.
fn value(number: usize) -> f64 {
    (number % 1000) as f64 / 10.0
}
