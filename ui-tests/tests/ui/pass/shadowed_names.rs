//! The user has types and modules with the names of the standard library's.
#![deny(warnings)]
#![allow(dead_code, non_camel_case_types)]

mod core {}
mod std {}
mod serde_json {}
mod inventory {}
mod __rt {}
mod __private {}
type Result = ();
type Option = ();
type Vec = ();
struct String;
struct Box;
struct Some;
struct None;
struct Ok;
struct Send;
struct Clone;
struct Any;
struct From;
struct usize;
struct str;
const MODEL: f64 = 5.0;

#[derive(edge_runtime::Device, ::core::clone::Clone)]
#[device(model = "urn:example:f:1", title = "F", alert(A), format(B), action(any(out: H, value: f64)))]
struct F {
    #[asset(kind = "actuator", max = MODEL)]
    value: f64,
    #[asset(kind = "config")]
    edit: bool,
    #[asset]
    mode: H,
    #[device(child)]
    handler: G,
}

#[derive(edge_runtime::Device, ::core::clone::Clone)]
#[device(model = "urn:example:g:1", title = "F")]
struct G {
    #[asset]
    index: u8,
}

#[derive(edge_runtime::AssetValue, ::core::clone::Clone, ::core::marker::Copy)]
enum H {
    Some,
    None,
}

#[derive(edge_runtime::AssetValue, ::core::clone::Clone)]
struct E {
    members: u8,
    json: u8,
    out: H,
}

#[derive(edge_runtime::Alert)]
struct A {
    #[alert(max = MODEL)]
    value: f64,
    error: H,
}

#[derive(edge_runtime::Format)]
struct B {
    fields: E,
}

fn main() {
    edge_runtime::catalog().for_each(|model| ::core::assert_eq!(model.title, "F"));
}
