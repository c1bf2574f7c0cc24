//! Programs under test, as processes that can be stopped and killed.

use crate::eventually;
use std::{
    env,
    fs::{self, File},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::NamedTempFile;

/// A port of the loopback address that nobody listens on. Better where the program can do it: give it port 0 and read what it got.
///
/// # Panics
/// If there is none.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("no free port on 127.0.0.1").local_addr().unwrap().port()
}

/// The path of a program of this workspace, as built for the tests. Where there is `env!("CARGO_BIN_EXE_…")`, take that.
///
/// # Panics
/// If it has not been built.
pub fn binary(name: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let path = test.parent().and_then(|deps| deps.parent()).unwrap().join(name);
    assert!(path.is_file(), "{} is not there: run `cargo build --workspace` first, or test with `--workspace`", path.display());
    path
}

/// A running program. It is killed when this is dropped; if the test fails, the end of what it printed is shown.
#[derive(Debug)]
pub struct Process {
    child: Child,
    output: NamedTempFile,
}

impl Process {
    /// Starts it, without input; what it prints on stdout and stderr goes, mixed, into one file.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(command: &mut Command) -> Self {
        let output = NamedTempFile::new().expect("no temporary file");
        let file = File::options().append(true).open(output.path()).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        match command.spawn() {
            Ok(child) => Self { child, output },
            Err(error) => panic!("cannot start {command:?}: {error}"),
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything it has printed so far.
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.output.path()).unwrap()).into_owned()
    }

    /// Waits until it has printed a whole line that contains this text, and returns the first such line.
    ///
    /// # Panics
    /// If it does not do so `within` this time, or ends before.
    pub fn wait_for_line(&mut self, text: &str, within: Duration) -> String {
        let start = Instant::now();
        loop {
            // Asked first: what it printed before its end is complete then.
            let ended = self.child.try_wait().unwrap();
            let found = self.output().split_inclusive('\n').find(|line| line.ends_with('\n') && line.contains(text)).map(str::to_owned);
            if let Some(line) = found {
                return line.trim_end().to_owned();
            }
            if let Some(status) = ended {
                panic!("it ended with {status} and never printed {text:?}");
            }
            assert!(start.elapsed() < within, "it did not print {text:?} within {within:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until it has ended by itself.
    ///
    /// # Panics
    /// If it is still running after this time.
    pub fn wait(&mut self, within: Duration) -> ExitStatus {
        eventually("the end of the process", within, || self.child.try_wait().unwrap())
    }

    /// Whether it ends by itself within this time.
    ///
    /// # Panics
    /// If it cannot be asked.
    pub fn ends_within(&mut self, time: Duration) -> bool {
        let start = Instant::now();
        while start.elapsed() < time {
            if self.child.try_wait().unwrap().is_some() {
                return true;
            }
            thread::sleep(Duration::from_millis(5));
        }
        false
    }

    /// SIGKILL: it gets no chance to finish anything. Returns when it is gone.
    pub fn kill9(&mut self) -> ExitStatus {
        self.child.kill().unwrap();
        self.child.wait().unwrap()
    }

    /// SIGTERM, as Kubernetes does it, and waits for the end.
    ///
    /// # Panics
    /// If it is still running after this time.
    pub fn terminate(&mut self, within: Duration) -> ExitStatus {
        self.signal("TERM");
        self.wait(within)
    }

    /// Sends a signal by name: `STOP` freezes it, `CONT` lets it go on.
    ///
    /// # Panics
    /// If it has ended, or there is no such signal.
    pub fn signal(&mut self, name: &str) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("no SIG{name}: it has ended with {status}");
        }
        // The shell's own `kill`: std has none, and small images have no program of that name.
        let sent = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &self.id().to_string()]).status().unwrap();
        assert!(sent.success(), "SIG{name} was not sent");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let ended = self.child.try_wait().ok().flatten().is_some();
        if !ended {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if thread::panicking() {
            let output = fs::read(self.output.path()).unwrap_or_default();
            let lines: Vec<_> = String::from_utf8_lossy(&output).lines().map(str::to_owned).collect();
            let shown = &lines[lines.len().saturating_sub(40)..];
            eprintln!("process {}, last {} of {} lines:\n{}", self.child.id(), shown.len(), lines.len(), shown.join("\n"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    const SOON: Duration = Duration::from_secs(10);

    fn shell(script: &str) -> Process {
        Process::start(Command::new("sh").args(["-c", script]))
    }

    #[test]
    fn reads_both_streams_line_by_line() {
        let mut process = shell("echo one; echo two >&2; printf thr; sleep 0.05; echo ee; exec sleep 60");
        assert_eq!(process.wait_for_line("t", SOON), "two");
        assert_eq!(process.wait_for_line("thr", SOON), "three");
        assert_eq!(process.output(), "one\ntwo\nthree\n");
    }

    #[test]
    fn a_clean_end_and_a_kill_are_told_apart() {
        let mut polite = shell("trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.01; done");
        polite.wait_for_line("ready", SOON);
        assert_eq!(polite.terminate(SOON).code(), Some(3));
        assert_eq!(polite.wait_for_line("bye", SOON), "bye");

        let mut killed = shell("trap '' TERM; echo ready; while :; do sleep 0.01; done");
        killed.wait_for_line("ready", SOON);
        killed.signal("TERM");
        assert_eq!(killed.kill9().signal(), Some(9));
    }

    #[test]
    fn frozen_it_prints_nothing() {
        let mut process = shell("echo ready; while :; do sleep 0.01; echo tick; done");
        process.wait_for_line("tick", SOON);
        process.signal("STOP");
        let state = || fs::read_to_string(format!("/proc/{}/stat", process.id())).is_ok_and(|stat| stat.contains(") T "));
        if cfg!(target_os = "linux") {
            eventually("a stopped process", SOON, || state().then_some(()));
        }
        process.signal("CONT");
        process.terminate(SOON);
    }

    #[test]
    #[should_panic(expected = "it ended with exit status: 2 and never printed \"ready\"")]
    fn an_early_end_is_reported() {
        shell("echo no database; exit 2").wait_for_line("ready", SOON);
    }

    #[test]
    fn dropped_it_is_gone() {
        let mut process = shell("echo ready; exec sleep 60");
        process.wait_for_line("ready", SOON);
        let id = process.id().to_string();
        drop(process);
        let alive = Command::new("sh").args(["-c", "kill -0 \"$0\" 2>/dev/null", &id]).status().unwrap();
        assert!(!alive.success());
    }

    #[test]
    fn a_free_port_can_be_bound() {
        TcpListener::bind(("127.0.0.1", free_port())).unwrap();
    }
}
