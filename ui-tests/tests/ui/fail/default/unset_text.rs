//! The default of a text that may be unset, without `Some`.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default = "new")]
    label: Option<String>,
}

fn main() {}

//~ `"new"`: Option<String>, string, Some
//~ fix: Some(String::from("new"))
