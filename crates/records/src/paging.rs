//! Pages of answers: how many are on one, and where the next begins.

use crossdock_core::{Error, Result};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Positions or values on a page, if the reader does not say.
const PAGE: usize = 100;
/// Most on a page.
const MOST: usize = 1_000;

/// How many are on a page.
///
/// # Errors
/// If it is negative.
pub fn page_size(asked: i32) -> Result<usize> {
    match usize::try_from(asked) {
        Ok(0) => Ok(PAGE),
        Ok(size) => Ok(size.min(MOST)),
        Err(_) => Err(Error::invalid("PAGE_SIZE", format!("page_size {asked} is negative; 0 means {PAGE}"))),
    }
}

/// Where a page begins; the token is good for one question alone.
#[derive(Clone, Copy, Debug)]
pub struct Token(u64);

impl Token {
    /// For this question.
    pub fn of(question: &impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        question.hash(&mut hasher);
        Self(hasher.finish())
    }

    /// What an answer gives out.
    pub fn give(self, at: &str) -> String {
        format!("{:016x}.{at}", self.0)
    }

    /// What a reader brings back; empty for the beginning.
    ///
    /// # Errors
    /// If it is of another question.
    pub fn take(self, token: &str) -> Result<String> {
        match token.split_once('.') {
            None if token.is_empty() => Ok(String::new()),
            Some((digest, at)) if u64::from_str_radix(digest, 16) == Ok(self.0) => Ok(at.to_owned()),
            _ => Err(Error::invalid("PAGE_TOKEN", "page_token is not from this question; ask the same, or begin without a token")),
        }
    }
}
