//! What the derives cost while a user's crate is compiled, beside serde's for the same structs: in time, and in instructions, which
//! are the same on a machine that does other things meanwhile.

use std::error::Error;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use edge_tests::bench::{Figures, median};

/// How often each crate is compiled, one after the other: what the machine does besides, it does to all of them.
const REPETITIONS: usize = 3;
/// How many structs there are in a crate; few and many, since a cost may grow.
const STRUCTS: [usize; 2] = [50, 200];
/// The types of the ten fields.
const TYPES: [&str; 10] = ["f64", "f64", "u8", "bool", "i32", "f64", "u32", "String", "f64", "bool"];

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let mut figures = Figures::default();
    match run(&mut figures) {
        Ok(()) => figures.exit(),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(figures: &mut Figures) -> Result {
    let user = User::new()?;
    for command in ["check", "build"] {
        user.compile(command, "")?;
        for structs in STRUCTS {
            let label = format!("{command}, {structs} structs");
            let [wall, processor] = times(&user, command, structs)?;
            beside(figures, &label, ("wall", "ms"), &wall);
            beside(figures, &label, ("user", "ms"), &processor);
        }
    }
    let devices = ["".to_owned(), Shape::Actuators.source(1)];
    let [without, with] = medians(&devices, |source| Ok(user.compile("check", source)?.wall))?;
    figures.at_most("cargo check, one device: more than without", with - without, 0.5, "s");
    if figures.needs("valgrind", "instructions of a check").is_some() {
        let structs = STRUCTS[0];
        let cost = EachShape::of(structs, |sources| {
            sources.each_ref().map(|source| user.instructions(source)).into_iter().collect::<Result<Vec<_>>>()
        })?;
        beside(figures, &format!("check, {structs} structs"), ("instructions", "millions"), &cost);
    }
    Ok(())
}

/// Wall and user time, in milliseconds.
fn times(user: &User, command: &str, structs: usize) -> Result<[EachShape; 2]> {
    let mut costs = Vec::new();
    let wall = EachShape::of(structs, |sources| {
        costs = repeated(sources, |source| user.compile(command, source))?;
        Ok(middle(&costs, |cost| cost.wall * 1e3))
    })?;
    let user = EachShape::of(structs, |_| Ok(middle(&costs, |cost| cost.user * 1e3)))?;
    Ok([wall, user])
}

/// Ours and serde's, and how they compare.
fn beside(figures: &mut Figures, label: &str, (what, unit): (&str, &str), cost: &EachShape) {
    let pairs = [
        ("sensors", cost.sensors, cost.serialize, 2.5),
        ("3 actuators", cost.actuators, cost.both_ways, 0.5),
    ];
    for (name, ours, serde, bound) in pairs {
        figures.tell(&format!("{label}: {name}, a struct, {what}"), ours, unit);
        figures.at_most(&format!("{label}: {name}, {what}, of serde's"), ours / serde, bound, "times");
    }
}

/// What a struct of each shape costs, beyond a crate without any.
struct EachShape {
    sensors: f64,
    serialize: f64,
    actuators: f64,
    both_ways: f64,
}

impl EachShape {
    /// `measure`: the costs of the crates, in their order.
    fn of(structs: usize, measure: impl FnOnce(&[String; 5]) -> Result<Vec<f64>>) -> Result<Self> {
        let shapes = [Shape::Sensors, Shape::Serialize, Shape::Actuators, Shape::SerializeDeserialize];
        let [sensors, serialize, actuators, both_ways] = shapes.map(|shape| shape.source(structs));
        let costs = measure(&["".to_owned(), sensors, serialize, actuators, both_ways])?;
        let each = |index: usize| (costs[index] - costs[0]) / structs as f64;
        Ok(Self { sensors: each(1), serialize: each(2), actuators: each(3), both_ways: each(4) })
    }
}

/// All of them in turn, again and again.
fn repeated<T>(sources: &[String], mut measure: impl FnMut(&str) -> Result<T>) -> Result<Vec<Vec<T>>> {
    let mut costs: Vec<Vec<T>> = sources.iter().map(|_| Vec::new()).collect();
    for _ in 0..REPETITIONS {
        for (costs, source) in costs.iter_mut().zip(sources) {
            costs.push(measure(source)?);
        }
    }
    Ok(costs)
}

/// The medians of a part of the costs.
fn middle<T>(costs: &[Vec<T>], part: impl Fn(&T) -> f64) -> Vec<f64> {
    costs.iter().map(|costs| median(costs.iter().map(&part).collect())).collect()
}

fn medians<const N: usize>(
    sources: &[String; N],
    measure: impl FnMut(&str) -> Result<f64>,
) -> Result<[f64; N]> {
    let costs = middle(&repeated(sources, measure)?, |cost| *cost);
    Ok(std::array::from_fn(|index| costs[index]))
}

/// What a struct derives.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Sensors,
    Actuators,
    Serialize,
    SerializeDeserialize,
}

impl Shape {
    fn source(self, structs: usize) -> String {
        (0..structs).map(|index| self.item(index)).collect()
    }

    fn item(self, index: usize) -> String {
        let derive = match self {
            Self::Sensors | Self::Actuators => "edge_runtime::Device",
            Self::Serialize => "serde::Serialize",
            Self::SerializeDeserialize => "serde::Serialize, serde::Deserialize",
        };
        let fields: String = TYPES.iter().enumerate().map(|(field, ty)| self.field(field, ty)).collect();
        format!("#[derive({derive}, Clone)]\npub struct S{index} {{\n{fields}}}\n\n")
    }

    fn field(self, index: usize, ty: &str) -> String {
        let attribute = match self {
            Self::Sensors => "#[asset]",
            Self::Actuators if index < 3 => "#[asset(kind = \"actuator\")]",
            Self::Actuators => "#[asset]",
            Self::Serialize | Self::SerializeDeserialize => "#[serde(default)]",
        };
        format!("    {attribute}\n    pub field_{index}: {ty},\n")
    }
}

/// Seconds.
struct Cost {
    wall: f64,
    user: f64,
}

/// A user's crate, whose dependencies are built.
struct User {
    folder: PathBuf,
}

impl User {
    fn new() -> Result<Self> {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no workspace")?;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile");
        std::fs::create_dir_all(folder.join("src"))?;
        let manifest = format!(
            "[package]\nname = \"user\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [dependencies]\nedge-runtime = {{ path = {:?} }}\n\
             serde = {{ version = \"1\", features = [\"derive\"] }}\n",
            workspace.join("edge-runtime"),
        );
        std::fs::write(folder.join("Cargo.toml"), manifest)?;
        std::fs::copy(workspace.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(Self { folder })
    }

    fn compile(&self, command: &str, source: &str) -> Result<Cost> {
        let mut cargo = self.cargo(command, source)?;
        let (start, before) = (Instant::now(), children_time()?);
        let status = cargo.status()?;
        let cost =
            Cost { wall: start.elapsed().as_secs_f64(), user: (children_time()? - before).as_secs_f64() };
        if status.success() { Ok(cost) } else { Err(format!("cargo {command}: {status}").into()) }
    }

    /// What rustc does for `cargo check` of this crate alone, in millions of instructions.
    fn instructions(&self, source: &str) -> Result<f64> {
        let logs = self.folder.join("valgrind");
        std::fs::remove_dir_all(&logs).ok();
        std::fs::create_dir_all(&logs)?;
        let mut cargo = self.cargo("check", source)?;
        cargo.env("RUSTC_WORKSPACE_WRAPPER", self.counting(&logs)?);
        let status = cargo.status()?;
        if !status.success() {
            return Err(format!("cargo check under valgrind: {status}").into());
        }
        let mut most = 0.0_f64;
        // Of the processes one has compiled the crate: cargo asks rustc for its version, too.
        for log in std::fs::read_dir(&logs)? {
            most = most.max(refs(&std::fs::read_to_string(log?.path())?).unwrap_or(0.0));
        }
        if most > 0.0 { Ok(most / 1e6) } else { Err("valgrind has counted nothing".into()) }
    }

    /// A program that runs its arguments and counts their instructions.
    fn counting(&self, logs: &Path) -> Result<PathBuf> {
        let program = self.folder.join("counting.sh");
        // rustup's `rustc` is another program, which becomes the real one.
        let options = "--tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null --trace-children=yes";
        let script =
            format!("#!/bin/sh\nexec valgrind {options} --log-file='{}/%p' \"$@\"\n", logs.display());
        std::fs::write(&program, script)?;
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))?;
        Ok(program)
    }

    /// Cargo, about to compile this.
    fn cargo(&self, command: &str, source: &str) -> Result<Command> {
        // Never the same twice, or cargo has nothing to do.
        #[allow(clippy::disallowed_methods, reason = "a number that was not there before")]
        let stamp = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_nanos();
        std::fs::write(self.folder.join("src/lib.rs"), format!("//! {stamp}\n{source}"))?;
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([command, "--offline", "--quiet"]).current_dir(&self.folder);
        cargo.env("CARGO_TARGET_DIR", self.folder.join("target")).env("CARGO_INCREMENTAL", "0");
        cargo.env_remove("RUSTFLAGS");
        Ok(cargo)
    }
}

/// Of a report like `==7== I   refs:      94,447,958`.
fn refs(report: &str) -> Option<f64> {
    let (_, refs) = report.lines().find_map(|line| line.split_once("refs:"))?;
    refs.trim().replace(',', "").parse().ok()
}

/// The processor time that the children of this process have used so far, outside of the kernel.
fn children_time() -> Result<Duration> {
    const TICKS_PER_SECOND: u64 = 100;
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // Behind the program's name, which may contain anything: `cutime` is the 14th.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in /proc/self/stat")?;
    let ticks: u64 = fields.split_whitespace().nth(13).ok_or("no cutime in /proc/self/stat")?.parse()?;
    Ok(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
}
