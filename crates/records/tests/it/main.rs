//! What becomes of records, whatever the order in which they come: outcomes, parking, following, and a model of it all, on both engines.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "in tests a panic is the report")]
#![allow(clippy::redundant_closure_for_method_calls, reason = "the methods of `Read` are not general enough for the compiler")]

mod audit;
mod bench;
mod following;
mod kinds;
mod model;
mod outcomes;
mod parking;
mod references;

macro_rules! on_both_engines {
    ($($of:ident: $($test:ident)*;)*) => {
        mod sqlite {
            $(mod $of {
                use crossdock_testkit::{Engine, Place};
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    Box::pin(crate::$of::$test(&Place::new(Engine::Sqlite))).await;
                })*
            })*
        }
        mod postgres {
            $(mod $of {
                use crossdock_testkit::{Engine, Place};
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    Box::pin(crate::$of::$test(&Place::new(Engine::Postgres))).await;
                })*
            })*
        }
    };
}

on_both_engines! {
    outcomes: every_version_has_its_outcome a_duplicate_is_no_event the_source_that_went_backwards_is_found violations_are_all_told
        bad_texts_are_rejected_alone large_records_are_rejected_alone
        a_finding_stops_nothing one_connection_counts others_are_kept_and_not_counted another_connection_counts_from_now_on a_row_scope_is_kept
        what_was_sent_may_be_deleted_by_its_sender totals_that_do_not_match_fail_the_batch whole_batches_that_fail
        a_watermark_never_goes_back_nor_ahead;
    parking: what_waits_is_taken_in_when_its_cause_goes only_the_newest_version_waits a_version_that_waits_is_not_reused
        refused_when_tried_again_it_stays a_parked_record_can_be_discarded discarded_while_it_is_taken_in a_neighbour_parks_while_the_cause_goes
        more_than_a_chunk_waits those_that_stay_stop_nobody an_issue_opens_after_its_grace_and_resolves findings_are_an_issue corroboration_that_waited_leaves;
    references: own_ids_are_translated an_ambiguous_id_waits masters_wait_for_their_id two_connections_wait_for_the_same_word;
    audit: a_chain_is_unbroken_whoever_writes a_thousand_changes_are_found what_is_taken_out_put_in_or_moved_is_found
        what_is_made_anew_is_found_by_a_checkpoint;
    following: replicas_are_the_same_however_often a_tombstone_ends_a_replica after_a_restore_the_rest_is_forgotten;
    model: every_order_has_the_same_end a_naive_intake_is_noticed;
}
