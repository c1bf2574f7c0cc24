//! Proving who somebody is: certificates, tokens, JSON Web Tokens; and seals and signatures on what leaves the suite and comes back.

mod authority;
mod certificates;
mod complaint;
mod connector;
mod endings;
mod explain;
mod files;
pub mod jwt;
mod names;
mod pem;
mod proof;
mod seal;
mod secret;
mod sign;
mod tls;
mod token;
mod trust;

pub use authority::{Authority, Issued};
pub use certificates::{Certificates, Renewal};
pub use complaint::Complaint;
pub use connector::{Connector, Io, Stream};
pub use endings::Ending;
pub use explain::explain;
pub use files::{ClientTls, ServiceIdentity, Tls};
pub use names::names;
pub use proof::Proof;
pub use seal::Seal;
pub use secret::{Secret, SecretFile, has_hash, hash, random};
pub use sign::{PublicKey, Signer};
pub use tls::{HTTP1, HTTP2};
pub use token::{NewToken, token_id};
pub use trust::Trust;
