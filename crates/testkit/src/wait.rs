//! Waiting for a condition instead of for a time.

use std::{
    thread,
    time::{Duration, Instant},
};

const PAUSE: Duration = Duration::from_millis(5);

/// Asks until there is an answer, and returns it. For tests without a runtime.
///
/// # Panics
/// If there is none `within` this time; `what` says what was waited for.
pub fn eventually<T>(what: &str, within: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < within, "{what}: not within {within:?}");
        thread::sleep(PAUSE);
    }
}

/// Asks until there is an answer, and returns it. Lets other tasks of the runtime work in between.
///
/// # Panics
/// If there is none `within` this time, also when an answer hangs; `what` says what was waited for.
pub async fn eventually_async<T>(what: &str, within: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    match tokio::time::timeout(within, asking).await {
        Ok(answer) => answer,
        Err(_) => panic!("{what}: not within {within:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_the_first_answer() {
        let mut asked = 0;
        let answer = eventually("three", Duration::from_secs(5), || {
            asked += 1;
            (asked == 3).then_some("three")
        });
        assert_eq!((answer, asked), ("three", 3));
    }

    #[test]
    #[should_panic(expected = "the moon: not within 20ms")]
    fn gives_up() {
        eventually("the moon", Duration::from_millis(20), || None::<()>);
    }

    #[tokio::test]
    #[should_panic(expected = "an answer that hangs: not within 20ms")]
    async fn gives_up_on_an_answer_that_hangs() {
        eventually_async("an answer that hangs", Duration::from_millis(20), async || std::future::pending::<Option<()>>().await).await;
    }
}
