//! The default of a text that may be unset, as a literal in `Some`.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default = Some("new"))]
    label: Option<String>,
}

fn main() {}

//~ `"new"`: String, literal
//~ fix: String::from("new")
