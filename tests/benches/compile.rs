//! What the derives cost while a user's crate is compiled, beside serde's for the same structs.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use edge_tests::bench::{Figures, median};

/// How often each crate is compiled.
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
        let empty = user.cost(command, "")?;
        for structs in STRUCTS {
            let each = |shape: Shape| -> Result<Cost> {
                Ok(user.cost(command, &shape.source(structs))?.less(&empty).divided(structs))
            };
            let (sensors, one_way) = (each(Shape::Sensors)?, each(Shape::Serialize)?);
            let (actuators, both_ways) = (each(Shape::Actuators)?, each(Shape::SerializeDeserialize)?);
            let mut beside = |name: &str, ours: &Cost, serde: &Cost, bound: f64| {
                let label = |what: &str| format!("{command}, {structs} structs: {name}, {what}");
                figures.tell(&label("a struct, wall"), ours.wall * 1e3, "ms");
                figures.tell(&label("a struct, user"), ours.user * 1e3, "ms");
                figures.at_most(&label("wall, of serde's"), ours.wall / serde.wall, bound, "times");
                figures.at_most(&label("user, of serde's"), ours.user / serde.user, bound, "times");
            };
            beside("sensors", &sensors, &one_way, 2.5);
            beside("3 actuators", &actuators, &both_ways, 0.5);
        }
    }
    let (without, with) = (user.cost("check", "")?, user.cost("check", &Shape::Actuators.source(1))?);
    figures.at_most("cargo check, one device: more than without", with.wall - without.wall, 0.5, "s");
    Ok(())
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
#[derive(Clone, Debug)]
struct Cost {
    wall: f64,
    user: f64,
}

impl Cost {
    fn less(self, other: &Self) -> Self {
        Self { wall: self.wall - other.wall, user: self.user - other.user }
    }

    fn divided(self, by: usize) -> Self {
        Self { wall: self.wall / by as f64, user: self.user / by as f64 }
    }
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

    /// The median of several compilations.
    fn cost(&self, command: &str, source: &str) -> Result<Cost> {
        let costs: Vec<_> = (0..REPETITIONS).map(|_| self.compile(command, source)).collect::<Result<_>>()?;
        let median = |part: fn(&Cost) -> f64| median(costs.iter().map(part).collect());
        Ok(Cost { wall: median(|cost| cost.wall), user: median(|cost| cost.user) })
    }

    fn compile(&self, command: &str, source: &str) -> Result<Cost> {
        // Never the same twice, or cargo has nothing to do.
        #[allow(clippy::disallowed_methods, reason = "a number that was not there before")]
        let stamp = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_nanos();
        std::fs::write(self.folder.join("src/lib.rs"), format!("//! {stamp}\n{source}"))?;
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([command, "--offline", "--quiet"]).current_dir(&self.folder);
        cargo.env("CARGO_TARGET_DIR", self.folder.join("target")).env("CARGO_INCREMENTAL", "0");
        let (start, before) = (Instant::now(), children_time()?);
        let status = cargo.env_remove("RUSTFLAGS").status()?;
        let cost =
            Cost { wall: start.elapsed().as_secs_f64(), user: (children_time()? - before).as_secs_f64() };
        if status.success() { Ok(cost) } else { Err(format!("cargo {command}: {status}").into()) }
    }
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
