//! `cargo xtask`: placeholder
mod codegen;
fn main() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    codegen::write(root).unwrap();
    let _ = codegen::drift;
}
