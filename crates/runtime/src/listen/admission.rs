//! How many connections there are, in all and of one address.

use crossdock_rpc::Limits;
use crossdock_telemetry::metrics::CONNECTIONS;
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts the connections that are open.
#[derive(Clone)]
pub(super) struct Admission {
    open: Arc<Mutex<Open>>,
    most: usize,
    most_of_one: usize,
}

#[derive(Default)]
struct Open {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Admission {
    pub fn new(limits: &Limits) -> Self {
        Self { open: Arc::default(), most: limits.connections, most_of_one: limits.connections_per_address }
    }

    /// Room for one more connection of this address, or which limit stands against it.
    pub fn admit(&self, address: IpAddr) -> Result<Admitted, &'static str> {
        let address = holder(address);
        let mut open = self.open();
        if open.all >= self.most {
            return Err("connections");
        }
        let of_one = open.by_address.get(&address).copied().unwrap_or_default();
        if of_one >= self.most_of_one {
            return Err("address");
        }
        open.all += 1;
        open.by_address.insert(address, of_one + 1);
        CONNECTIONS.change(&[], 1);
        Ok(Admitted { admission: self.clone(), address })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that counts until this is dropped.
pub(super) struct Admitted {
    admission: Admission,
    address: IpAddr,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut open = self.admission.open();
        open.all -= 1;
        if let Some(of_one) = open.by_address.get_mut(&self.address) {
            *of_one -= 1;
            if *of_one == 0 {
                open.by_address.remove(&self.address);
            }
        }
        CONNECTIONS.change(&[], -1);
    }
}

/// Who holds an address, as far as that can be told: with IPv6 everybody has 2^64 of them.
fn holder(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_count_until_they_are_closed() {
        let admission = Admission::new(&Limits { connections: 3, connections_per_address: 2, ..Limits::default() });
        let admit = |address: &str| admission.admit(address.parse().unwrap());
        let one = admit("10.0.0.1").ok();
        let mapped = admit("::ffff:10.0.0.1").ok();
        assert_eq!(admit("10.0.0.1").err(), Some("address"));
        let third = admit("2001:db8::1").ok();
        assert_eq!(admit("10.0.0.2").err(), Some("connections"));
        drop((one, mapped));
        let same_network = admit("2001:db8::2").ok();
        assert_eq!(admit("2001:db8::3").err(), Some("address"));
        assert!(admit("2001:db8:0:1::1").is_ok());
        drop((third, same_network));
        assert!(admission.open().by_address.is_empty() && admission.open().all == 0);
    }
}
