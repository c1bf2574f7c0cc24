//! Posting keys: what an ERP keeps with an order so that it can be found again.

use sha2::{Digest, Sha256};

/// Digits and capitals without those that people mix up; in ASCII's order, so that keys sort by number.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of the number: some 34 thousand million drafts.
const NUMBER: u32 = 7;
/// Characters that tell one life of a store from another: 65 bits.
const LIFE: usize = 13;

/// The key of the draft order with this number, in this life of the store. Drafts are numbered as they begin, and their keys sort so. After a restore
/// the numbers after the backup are given again; the rest of the key is another then, and no key that an ERP has seen comes back.
pub fn posting_key(epoch: u64, number: i64) -> String {
    let number_part = (0..NUMBER).rev().map(|place| digit(number.cast_unsigned() >> (5 * place)));
    let mut hash = Sha256::new();
    hash.update(epoch.to_be_bytes());
    hash.update(number.to_be_bytes());
    let life = hash.finalize();
    number_part.chain(life.iter().take(LIFE).map(|byte| digit(u64::from(*byte)))).collect()
}

/// Whether a draft began in this life of the store. One that did not may have been posted in the other.
pub fn is_of(epoch: u64, key: &str) -> bool {
    let value = |byte: u8| DIGITS.iter().position(|digit| *digit == byte).and_then(|at| i64::try_from(at).ok());
    let number = key.bytes().take(NUMBER as usize).try_fold(0, |number, byte| Some(number * 32 + value(byte)?));
    number.is_some_and(|number| posting_key(epoch, number) == key)
}

fn digit(bits: u64) -> char {
    DIGITS[usize::try_from(bits % 32).unwrap_or_default()].into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn short_sorted_and_of_one_life(epoch: u64, other: u64, a in 1_i64..1 << 35, b in 1_i64..1 << 35) {
            let (first, second) = (posting_key(epoch, a), posting_key(epoch, b));
            prop_assert_eq!(first.len(), 20);
            prop_assert!(first.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()));
            prop_assert_eq!(a.cmp(&b), first.cmp(&second));
            prop_assert!(is_of(epoch, &first));
            prop_assert_eq!(is_of(other, &first), other == epoch);
            prop_assert!(!is_of(epoch, "NOT A KEY"));
        }
    }
}
