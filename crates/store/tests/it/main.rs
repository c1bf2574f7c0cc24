//! What a store has to do, as functions over a [`Location`](crossdock_store::Location): one list, run on both engines.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "in tests a panic is the report")]
#![allow(clippy::redundant_closure_for_method_calls, reason = "the methods of `Read` are not general enough for the compiler")]

mod feed;
mod group;
mod life;
mod pages;
mod place;
mod postgres;
mod record;
mod sums;
mod work;

macro_rules! conformance {
    ($($of:ident: $($test:ident)*;)*) => {
        mod sqlite {
            $(mod $of {
                use crossdock_testkit::{Engine, Place};
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let place = Place::new(Engine::Sqlite);
                    Box::pin(crate::$of::$test(place.location())).await;
                })*
            })*
        }
        mod on_postgres {
            $(mod $of {
                use crossdock_testkit::{Engine, Place};
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let place = Place::new(Engine::Postgres);
                    Box::pin(crate::$of::$test(place.location())).await;
                })*
            })*
        }
    };
}

conformance! {
    record: every_column_comes_back own_puts_are_seen a_touch_is_no_event fields_follow_the_record one_key_twice_in_a_transaction
        a_tombstone_stays;
    pages: prefixes_with_awkward_characters fields_with_awkward_characters keys_sort_by_their_bytes kinds_merge_into_one_feed
        a_page_shows_the_record_as_it_is_now;
    sums: what_adds_up_is_kept pages_of_sums an_overflow_is_an_error_and_keeps_nothing an_overflow_within_a_transaction_is_an_error;
    work: tasks_come_in_their_order a_task_alone_wakes_the_runner the_last_word_on_a_task_counts a_task_that_was_touched_is_not_due a_request_has_one_answer
        a_request_sent_again_adds_nothing answers_that_are_not_looked_up_are_noticed;
    feed: eight_writers_and_a_watcher a_position_taken_before_the_lock_is_noticed touches_and_tasks_move_no_head;
    group: what_waits_is_written_together a_refusal_hurts_nobody_else what_was_put_before_an_error_is_gone
        a_neighbours_put_survives_an_error a_job_that_the_database_refuses_fails_alone
        what_is_not_on_disk_is_not_measured a_job_that_panics_fails_alone
        a_read_that_panics_stops_nothing a_caller_that_goes_away_leaves_the_store_working;
    life: reopened_it_is_the_same an_epoch_ends_its_cursors the_next_release_runs_beside_this_one_and_a_later_one_does_not opened_many_times nothing_there_is_unavailable;
}
