//! The command line as people meet it.

use std::process::{Command, Output};

fn crossdock(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_crossdock")).args(arguments).env_clear().output().unwrap()
}

fn said(arguments: &[&str]) -> String {
    let output = crossdock(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn complained(arguments: &[&str]) -> String {
    let output = crossdock(arguments);
    assert!(!output.status.success(), "it should have failed");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn every_command_has_an_example() {
    let help = said(&["--help"]);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| line.starts_with("  "));
    let names: Vec<&str> = commands.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        let help = said(&[name, "--help"]);
        let nested: Vec<&str> = help
            .lines()
            .skip_while(|line| *line != "Commands:")
            .skip(1)
            .take_while(|line| line.starts_with("  "))
            .filter_map(|line| line.split_whitespace().next())
            .filter(|name| *name != "help")
            .collect();
        if nested.is_empty() {
            assert!(help.contains("Example: crossdock "), "{name} has no example");
        }
        for inner in nested {
            assert!(said(&[name, inner, "--help"]).contains("Example: crossdock "), "{name} {inner} has no example");
        }
    }
}

#[test]
fn configuration_comes_from_defaults_file_environment_and_flags_in_this_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crossdock.yaml");
    std::fs::write(&file, "listen: 127.0.0.1:1111\nlog: from-file\ndatabase_url: postgres://me:s3cret@db/x\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossdock"));
    command
        .env_clear()
        .env("CROSSDOCK_LISTEN", "127.0.0.1:2222")
        .env("CROSSDOCK_LOG", "from-environment")
        .arg("config")
        .arg("--config")
        .arg(&file);
    let shown = String::from_utf8(command.args(["--listen", "127.0.0.1:3333"]).output().unwrap().stdout).unwrap();
    assert!(shown.contains("listen: 127.0.0.1:3333"), "{shown}");
    assert!(shown.contains("log: from-environment"), "{shown}");
    assert!(shown.contains("data_dir: crossdock-data"), "{shown}");
    assert!(shown.contains("postgres://me:***@db/x") && !shown.contains("s3cret"), "{shown}");
}

#[test]
fn a_typo_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.yaml");
    std::fs::write(&policy, "connections:\n  - name: erp\n    rolles: [erp]\n").unwrap();
    let complaint = complained(&["policy", "check", policy.to_str().unwrap()]);
    assert!(complaint.contains("policy.yaml:3:5: ") && complaint.contains("roles"), "{complaint}");

    let mapping = folder.path().join("mapping.yaml");
    std::fs::write(&mapping, "input: {format: csv, columns: [A]}\nrecords:\n  - kind: item\n    fields:\n      itm_id: {column: A}\n")
        .unwrap();
    let complaint = complained(&["import", "--mapping", mapping.to_str().unwrap(), "-"]);
    assert!(complaint.contains("mapping.yaml:5:7: ") && complaint.contains("item_id"), "{complaint}");
}

#[test]
fn what_is_not_there_is_said_with_what_is() {
    assert!(complained(&["get", "itm", "X"]).contains("there are"), "kinds");
    assert!(complained(&["serve", "demand"]).contains("demand-signal"), "services");
    let away = complained(&["list", "item", "--address", "http://127.0.0.1:9"]);
    assert!(away.contains("cannot be reached") && away.contains("crossdock serve"), "{away}");
}

#[test]
fn nobody_listens_to_the_outside_by_accident() {
    let folder = tempfile::tempdir().unwrap();
    let serve = |arguments: &[&str]| complained(&[&["serve", "--data-dir", folder.path().to_str().unwrap()], arguments].concat());
    let neither = serve(&["--listen", "127.0.0.1:0"]);
    assert!(neither.contains("--tls-certificate") && neither.contains("--insecure"), "{neither}");
    let outside = serve(&["--listen", "0.0.0.0:0", "--insecure"]);
    assert!(outside.contains("0.0.0.0:0") && outside.contains("127.0.0.1"), "{outside}");
    let both = serve(&["--insecure", "--tls-certificate", "a.pem", "--tls-key", "b.pem"]);
    assert!(both.contains("leave one of them out"), "{both}");
    assert!(serve(&["--tls-certificate", "a.pem"]).contains("--tls-key"));
    assert!(serve(&["--tls-certificate", "a.pem", "--tls-key", "b.pem"]).contains("a.pem: No such file"));
}
