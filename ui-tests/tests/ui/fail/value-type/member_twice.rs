//! Two members of one name in an alert: what rustc says is enough.
use edge_runtime::Alert;

#[derive(Alert)]
struct Hot {
    limit: u8,
    limit: u8,
}

fn main() {}

//~ `limit: u8`: already declared
//~ fix: most: u8
