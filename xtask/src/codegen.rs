//! Turns `proto/edge/**/*.proto` into the committed Rust code and the descriptor set for reflection.
//! No `protoc` is needed: protox compiles the files.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use prost::Message as _;

const PROTO: &str = "proto/edge/connector/v1/connector.proto";
const DESCRIPTORS: &str = "descriptors.bin";

fn committed(root: &Path) -> PathBuf {
    root.join("proto/src/connector/generated")
}

/// Writes the generated code where it is committed.
pub(crate) fn write(root: &Path) -> Result<(), Box<dyn Error>> {
    generate(root, &committed(root))
}

/// Generates again beside it and names the files that differ from the committed ones.
pub(crate) fn drift(root: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let fresh = root.join("target/codegen");
    generate(root, &fresh)?;
    let mut differing = Vec::new();
    for entry in fs::read_dir(&fresh)? {
        let name = entry?.file_name();
        if fs::read(fresh.join(&name))? != fs::read(committed(root).join(&name)).unwrap_or_default() {
            differing.push(name.to_string_lossy().into_owned());
        }
    }
    Ok(differing)
}

fn generate(root: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(out)?;
    let descriptors = protox::compile([root.join(PROTO)], [root.join("proto")])?;
    fs::write(out.join(DESCRIPTORS), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().out_dir(out).compile_fds(descriptors)?;
    Ok(())
}
