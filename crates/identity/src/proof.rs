use std::sync::Arc;

/// What the way by which a call came proves of its caller; an extension of every request. A request without one is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It came from this process: another of its services called.
    Process,
    /// Nobody has to prove anything (`--insecure`): callers are believed.
    Believed,
    /// It came over TLS. The names in the caller's certificate; none if it showed none.
    Names(Arc<[String]>),
}
