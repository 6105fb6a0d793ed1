//! Turns `proto/edge/**/*.proto` into the committed Rust code and the descriptor set for reflection.
//! No `protoc` is needed: protox compiles the files.

use std::fs;
use std::path::{Path, PathBuf};

use prost::Message as _;

use crate::Result;

const PROTO: &str = "proto/edge/connector/v1/connector.proto";
const DESCRIPTORS: &str = "descriptors.bin";

fn committed(root: &Path) -> PathBuf {
    root.join("proto/src/connector/generated")
}

/// Writes the generated code where it is committed.
pub(crate) fn write(root: &Path) -> Result {
    generate(root, &committed(root))
}

/// Generates again beside it; files that differ from the committed ones are an error.
pub(crate) fn check(root: &Path) -> Result {
    let fresh = root.join("target/codegen");
    generate(root, &fresh)?;
    let mut differing = Vec::new();
    for entry in fs::read_dir(&fresh)? {
        let name = entry?.file_name();
        if fs::read(fresh.join(&name))? != fs::read(committed(root).join(&name)).unwrap_or_default() {
            differing.push(name.to_string_lossy().into_owned());
        }
    }
    if differing.is_empty() {
        return Ok(());
    }
    Err(format!("{} would change: run `cargo xtask codegen`", differing.join(", ")).into())
}

fn generate(root: &Path, out: &Path) -> Result {
    fs::create_dir_all(out)?;
    let descriptors = protox::compile([root.join(PROTO)], [root.join("proto")])?;
    fs::write(out.join(DESCRIPTORS), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().out_dir(out).compile_fds(descriptors)?;
    Ok(())
}
