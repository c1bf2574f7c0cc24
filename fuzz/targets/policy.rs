//! The text of a policy file. A fault has a place in the text; what is a policy is the same one as a message.
#![no_main]

use crossdock_governance::check;
use crossdock_proto::governance::Policy;
use libfuzzer_sys::fuzz_target;
use prost::Message;

fuzz_target!(|text: &str| {
    match check("policy.yaml", text) {
        Ok(policy) => {
            assert_eq!(check("other.yaml", text).as_ref(), Ok(&policy));
            assert_eq!(Policy::decode(policy.encode_to_vec().as_slice()).as_ref(), Ok(&policy));
            crossdock_records::Policy::new(policy);
        }
        Err(faults) => {
            assert!(!faults.is_empty());
            for fault in faults {
                crossdock_fuzz::assert_placed(text, fault.line, fault.column, &fault.message);
            }
        }
    }
});
