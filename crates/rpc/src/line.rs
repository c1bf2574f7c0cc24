//! The connection a call came over.

use std::sync::Arc;
use tokio::sync::Notify;

/// The connection a call came over; an extension of requests from the network. Whoever holds it may end it.
#[derive(Clone, Debug, Default)]
pub struct Line(Arc<Notify>);

impl Line {
    /// Ends the connection with all its calls: its caller does not keep to the limits.
    pub fn cut(&self) {
        self.0.notify_one();
    }

    /// Waits until it is to be ended; for the listener that holds the connection.
    pub async fn is_cut(&self) {
        self.0.notified().await;
    }
}
