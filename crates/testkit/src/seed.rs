//! One number that decides everything random in a test.

use std::{
    env,
    hash::{BuildHasher, Hasher, RandomState},
    thread,
};

const VARIABLE: &str = "CROSSDOCK_TEST_SEED";

/// The seed of a test: from the environment if it is given there, else by chance. A failing test prints the command that repeats it.
///
/// Keep it alive to the end of the test: `let seed = Seed::new();`, never `Seed::new().value()`.
#[derive(Debug)]
pub struct Seed(u64);

impl Seed {
    /// Reads `CROSSDOCK_TEST_SEED`, or draws a seed.
    ///
    /// # Panics
    /// If the variable is set to something other than a number from 0 to 2^64 - 1.
    #[allow(clippy::new_without_default, reason = "a default is the same every time; this is not")]
    pub fn new() -> Self {
        match env::var(VARIABLE) {
            Ok(text) => Self::parse(&text),
            Err(_) => Self(RandomState::new().build_hasher().finish()),
        }
    }

    /// The seed as a number.
    pub fn value(&self) -> u64 {
        self.0
    }

    /// The seed as the 32 bytes that the generators of rand and proptest ask for.
    pub fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&self.0.to_le_bytes());
        bytes
    }

    /// The command that runs the current test with this seed again.
    pub fn command(&self) -> String {
        let package = env::var("CARGO_PKG_NAME").map(|name| format!(" -p {name}")).unwrap_or_default();
        let thread = thread::current();
        let test = thread.name().filter(|name| *name != "main").unwrap_or_default();
        format!("{VARIABLE}={} tests/with-postgres cargo test --locked{package} {test}", self.0)
    }

    fn parse(text: &str) -> Self {
        Self(text.parse().unwrap_or_else(|_| panic!("{VARIABLE}={text:?} is not a number from 0 to {}", u64::MAX)))
    }
}

impl Drop for Seed {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("to repeat it: {}", self.command());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_to_repeat_the_test() {
        assert_eq!(
            Seed(7).command(),
            "CROSSDOCK_TEST_SEED=7 tests/with-postgres cargo test --locked -p crossdock-testkit seed::tests::says_how_to_repeat_the_test"
        );
    }

    #[test]
    fn reads_what_it_prints() {
        let seed = Seed::parse(&u64::MAX.to_string());
        assert_eq!(seed.value(), u64::MAX);
        assert_eq!(seed.bytes()[..9], [255, 255, 255, 255, 255, 255, 255, 255, 0]);
    }

    #[test]
    #[should_panic(expected = "CROSSDOCK_TEST_SEED=\"-1\" is not a number from 0 to 18446744073709551615")]
    fn refuses_what_is_no_seed() {
        Seed::parse("-1");
    }
}
