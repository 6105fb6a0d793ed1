//! A bad value of most keys of an alert.
use edge_runtime::Alert;

#[derive(Alert)]
#[alert(name = "too hot", description = " ", retention = "discard", crate = "edge_runtime")]
struct Overheat {}

fn main() {}

//~ `" "`: description, empty
//~ `"discard"`: retention, volatile, stored
//~ fix: "volatile"
//~ `"edge_runtime"`: a path, ::edge_runtime
//~ fix: ::edge_runtime
//~ `"too hot"`: alert name
//~ fix: "too-hot"
//~ replace: description = " ",  =>
