//! Generates the Rust side of the contracts with protox: no system protoc.
//!
//! The messages around records (`Record`, `Filter` and those of the five methods of `RecordService`) have the same shape in every service. They are
//! generated once, from master data, and the other packages use those; `Record` and `Filter` are written by hand (src/tagged.rs) so that
//! one server, one client and one ingest serve every kind. A test compares the shapes.
//!
//! A contract that does not say who may call, write or read does not build.

use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Value};
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

const SECRET: [&str; 3] =
    [".crossdock.governance.v1.SealKey", ".crossdock.governance.v1.CreateTokenResponse", ".crossdock.governance.v1.RotateTokenResponse"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=crossdock");
    let mut compiler = protox::Compiler::new(["."])?;
    compiler.include_imports(true).include_source_info(true);
    for file in proto_files(PathBuf::from("crossdock"))? {
        compiler.open_file(file)?;
    }
    let faults = undecided(&DescriptorPool::decode(compiler.encode_file_descriptor_set().as_slice())?);
    if !faults.is_empty() {
        return Err(format!("the contracts leave open who may do what:\n{}", faults.join("\n")).into());
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
    // Their `Debug` is in src/secrets.rs, where the secret is not shown.
    prost.skip_debug(SECRET);
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

/// Methods without callers, and kinds that do not say who writes them, who reads them, and which rows.
fn undecided(pool: &DescriptorPool) -> Vec<String> {
    let mut faults = Vec::new();
    let services = pool.services().filter(|service| service.package_name().starts_with("crossdock."));
    for method in services.flat_map(|service| service.methods().collect::<Vec<_>>()) {
        if !says(pool, &method.options(), "callers") {
            faults.push(format!("{}: no callers", method.full_name()));
        }
    }
    for record in pool.all_messages().filter(|message| message.name() == "Record") {
        for arm in record.oneofs().flat_map(|oneof| oneof.fields().collect::<Vec<_>>()) {
            let writes = says(pool, &arm.options(), "writers");
            if !says(pool, &arm.options(), "readers") {
                faults.push(format!("{}: no readers", arm.full_name()));
            }
            if rows(pool, &arm.options()) == 0 {
                faults.push(format!("{}: no rows", arm.full_name()));
            }
            if writes == comment(&arm).starts_with(" Output only:") {
                faults.push(format!("{}: either has writers or its comment begins with `Output only:`", arm.full_name()));
            }
        }
    }
    faults
}

fn says(pool: &DescriptorPool, options: &DynamicMessage, name: &str) -> bool {
    pool.get_extension_by_name(&format!("crossdock.type.v1.{name}")).is_some_and(|extension| options.has_extension(&extension))
}

fn rows(pool: &DescriptorPool, options: &DynamicMessage) -> i32 {
    let Some(extension) = pool.get_extension_by_name("crossdock.type.v1.kind") else { return 0 };
    let kind = options.get_extension(&extension);
    let said = kind.as_message().and_then(|kind| kind.get_field_by_name("rows"));
    said.as_deref().and_then(Value::as_enum_number).unwrap_or_default()
}

fn comment(arm: &FieldDescriptor) -> String {
    let file = arm.parent_file();
    let places = file.file_descriptor_proto().source_code_info.iter().flat_map(|info| &info.location);
    let mut of_arm = places.filter(|place| place.path == arm.path());
    of_arm.find_map(|place| place.leading_comments.clone()).unwrap_or_default()
}
