//! Tests in a process of their own.

use std::{env, process::Command};

/// Says to a process which test it was started for.
const TEST: &str = "CROSSDOCK_TEST_ALONE";

/// Runs a test in a process of its own, where nothing else is measured. `name` is that of the test in its binary, with its modules.
///
/// # Panics
/// If it fails there, or has another name.
pub fn alone(name: &str, test: impl FnOnce()) {
    if env::var_os(TEST).is_some_and(|started_for| started_for == name) {
        return test();
    }
    let run = Command::new(env::current_exe().unwrap()).args(["--exact", name]).env(TEST, name).output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{name}:\n{said}{}", String::from_utf8_lossy(&run.stderr));
}
