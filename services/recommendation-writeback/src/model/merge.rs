//! What becomes of a buyer's edit when the planner plans again.

/// A field after the merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merged<T> {
    /// As the planner plans it now.
    Planned(T),
    /// As the buyer edited it: the planner's mind is what it was.
    Kept(T),
    /// As the buyer edited it, and the planner changed its mind otherwise.
    Conflict(T),
}

impl<T: Copy> Merged<T> {
    /// What counts.
    pub fn value(self) -> T {
        match self {
            Self::Planned(value) | Self::Kept(value) | Self::Conflict(value) => value,
        }
    }
}

/// Merges what was `published` last, what the buyer `edited` it to, and what is newly `planned`.
pub fn merge<T: Copy + PartialEq>(published: T, edited: T, planned: T) -> Merged<T> {
    if edited == published || edited == planned {
        Merged::Planned(planned)
    } else if planned == published {
        Merged::Kept(edited)
    } else {
        Merged::Conflict(edited)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_edit_is_never_lost_in_silence(published in 0..4, edited in 0..4, planned in 0..4) {
            match merge(published, edited, planned) {
                Merged::Planned(value) => prop_assert!(value == planned && (edited == published || edited == planned)),
                Merged::Kept(value) => prop_assert!(value == edited && planned == published),
                Merged::Conflict(value) => prop_assert!(value == edited && edited != planned && planned != published),
            }
        }

        #[test]
        fn merging_again_with_the_same_plan_changes_nothing(published in 0..4, edited in 0..4, planned in 0..4) {
            let once = merge(published, edited, planned).value();
            prop_assert_eq!(merge(planned, once, planned).value(), once);
        }
    }
}
