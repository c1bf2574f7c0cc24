//! Generates the Rust side of the contracts with protox: no system protoc.
//!
//! The messages around records (`Record`, `Filter` and those of the five methods of `RecordService`) have the same shape in every service. They are
//! generated once, from master data, and the other packages use those; `Record` and `Filter` are written by hand (src/tagged.rs) so that
//! one server, one client and one ingest serve every kind. A test compares the shapes.

use std::{env, error::Error, fs, path::PathBuf};

const SERVICES: [&str; 4] = ["demand", "execution", "governance", "writeback"];
const SHARED: [&str; 10] = [
    "IngestRequest",
    "IngestResponse",
    "IngestBatchRequest",
    "IngestBatchResponse",
    "WatchRequest",
    "WatchResponse",
    "BatchGetRequest",
    "BatchGetResponse",
    "ListRequest",
    "ListResponse",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=crossdock");
    let mut compiler = protox::Compiler::new(["."])?;
    compiler.include_imports(true).include_source_info(true);
    for file in proto_files(PathBuf::from("crossdock"))? {
        compiler.open_file(file)?;
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;

    let mut config = tonic_prost_build::configure()
        .include_file("contracts.rs")
        .bytes(".crossdock")
        // What is hashed or shown has one order.
        .btree_map(".crossdock")
        .extern_path(".crossdock.masterdata.v1.Record", "crate::tagged::Record")
        .extern_path(".crossdock.masterdata.v1.Filter", "crate::tagged::Filter");
    for service in SERVICES {
        for message in ["Record", "Filter"] {
            config = config.extern_path(format!(".crossdock.{service}.v1.{message}"), format!("crate::tagged::{message}"));
        }
        for message in SHARED {
            config =
                config.extern_path(format!(".crossdock.{service}.v1.{message}"), format!("crate::crossdock::masterdata::v1::{message}"));
        }
    }
    let mut files = compiler.file_descriptor_set();
    for file in &mut files.file {
        // Served and called by one hand-written pair in crates/rpc.
        file.service.retain(|service| service.name() != "RecordService");
    }
    let mut prost = prost_build::Config::new();
    prost.enable_type_names();
    config.compile_fds_with_config(files, prost)?;
    Ok(())
}

fn proto_files(folder: PathBuf) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(proto_files(path)?);
        } else if path.extension().is_some_and(|ending| ending == "proto") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
