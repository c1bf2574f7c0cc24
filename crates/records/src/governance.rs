//! What governance keeps: the policy, which every service follows, and exceptions, which it makes of every service's issues. Both are derived.

use crate::{Kind, Parse, Rules};
use crossdock_proto::governance::{Exception, ExceptionState, Policy, SealKey, Token};
use crossdock_store::Fields;

/// Number of the kind that holds the policy; its key is `active`.
pub const POLICY: u16 = 100;
/// Number of the kind of exceptions.
pub const EXCEPTION: u16 = 101;
/// Number of the kind of tokens.
pub const TOKEN: u16 = 102;
/// Number of the kind that holds the secret by which services seal; its key is `active`.
pub const SEAL_KEY: u16 = 103;

impl Kind for Policy {
    const NUMBER: u16 = POLICY;
    const DOCUMENT: bool = false;
    type Message = Self;

    fn parse(message: &Self, _: &mut Parse<'_>) -> Option<Self> {
        Some(message.clone())
    }
}

impl Rules for Policy {}

impl Kind for Token {
    const NUMBER: u16 = TOKEN;
    const DOCUMENT: bool = false;
    type Message = Self;

    fn parse(message: &Self, _: &mut Parse<'_>) -> Option<Self> {
        Some(message.clone())
    }
}

impl Rules for Token {
    fn fields(&self) -> Fields {
        vec![("connection", self.connection.clone())]
    }
}

impl Kind for SealKey {
    const NUMBER: u16 = SEAL_KEY;
    const DOCUMENT: bool = false;
    type Message = Self;

    fn parse(message: &Self, _: &mut Parse<'_>) -> Option<Self> {
        Some(message.clone())
    }
}

impl Rules for SealKey {}

impl Kind for Exception {
    const NUMBER: u16 = EXCEPTION;
    const DOCUMENT: bool = false;
    type Message = Self;

    fn parse(message: &Self, _: &mut Parse<'_>) -> Option<Self> {
        Some(message.clone())
    }
}

impl Rules for Exception {
    fn fields(&self) -> Fields {
        let state = match self.state() {
            ExceptionState::Unspecified | ExceptionState::Open => "open",
            ExceptionState::Acknowledged => "acknowledged",
            ExceptionState::Resolved => "resolved",
        };
        let mut fields = vec![("state", state.to_owned()), ("service", self.service.clone())];
        fields.extend((!self.team.is_empty()).then(|| ("team", self.team.clone())));
        fields.extend((!self.untold.is_empty()).then(|| ("untold", "yes".to_owned())));
        fields
    }
}
