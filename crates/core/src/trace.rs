use std::fmt;

/// A W3C trace context, version 00: trace id, parent id and flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent([u8; 25]);

impl TraceParent {
    /// From the `traceparent` header; `None` if it is not a valid one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if version.len() != 2 || version == "ff" || (version == "00" && parts.next().is_some()) {
            return None;
        }
        let mut bytes = [0; 25];
        hex(trace, &mut bytes[..16])?;
        hex(parent, &mut bytes[16..24])?;
        hex(flags, &mut bytes[24..])?;
        let zero = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
        (!zero(&bytes[..16]) && !zero(&bytes[16..24])).then_some(Self(bytes))
    }

    /// As kept in a store: 25 bytes, or none.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Whether the trace is recorded.
    pub fn is_sampled(&self) -> bool {
        self.0[24] & 1 == 1
    }

    /// The id of the trace, in hexadecimal.
    pub fn trace_id(&self) -> String {
        self.0[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The id of the span, in hexadecimal.
    pub fn span_id(&self) -> String {
        self.0[16..24].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// As kept in a store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn hex(text: &str, into: &mut [u8]) -> Option<()> {
    if text.len() != into.len() * 2 || !text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
        return None;
    }
    for (index, byte) in into.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).ok()?;
    }
    Some(())
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("00")?;
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 0 | 16 | 24) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::TraceParent;

    #[test]
    fn only_valid_contexts_are_kept() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(TraceParent::parse(good).unwrap().to_string(), good);
        for bad in [
            "",
            "00-4bf9-00f0-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        ] {
            assert!(TraceParent::parse(bad).is_none(), "{bad}");
        }
    }
}
