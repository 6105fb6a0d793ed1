//! A bad value of each key of a data format.
use edge_runtime::Format;

#[derive(Format)]
#[format(name = "too hot", urn = "my urn", description = " ", retention = "discard", crate = "edge_runtime")]
struct Overheat {}

fn main() {}

//~ `" "`: description, empty
//~ `"discard"`: retention, volatile, stored
//~ fix: "volatile"
//~ `"edge_runtime"`: a path, ::edge_runtime
//~ fix: ::edge_runtime
//~ `"my urn"`: urn, white space
//~ fix: "urn:example:over-temperature"
//~ `"too hot"`: format name
//~ fix: "too-hot"
//~ replace: description = " ",  =>
