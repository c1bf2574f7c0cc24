//! The rules of the closing loop as the contract has them.

use super::policy::{duration, ids_of};
use crate::model::{
    closing::{ConfirmationMode, Feedback, ReceiptMode, Route},
    set::Distinct,
    values::{Id, Label, ReasonName, Whole},
    writeback::{ApprovalRule, Connector, Delegation, Fallback, FallbackMode, Fence, Level, Posting, Stage, StaleBasis, Writeback},
};
use crossdock_proto::governance as contract;

/// How recommendations become orders.
pub fn rules(rules: &Writeback) -> contract::WritebackRules {
    let stale_basis = match rules.stale_basis {
        StaleBasis::Hold => contract::StaleBasis::Hold,
        StaleBasis::Net => contract::StaleBasis::Net,
    };
    let fresh = rules.fresh_kinds.iter().flat_map(Distinct::iter);
    contract::WritebackRules {
        currency: rules.currency.as_ref().map_or_else(String::new, |currency| currency.as_str().to_owned()),
        rate_type: text(rules.rate_type.as_ref()),
        approval_rules: rules.approval_rules.iter().map(approval_rule).collect(),
        levels: rules.levels.iter().map(level).collect(),
        delegations: rules.delegations.iter().map(delegation).collect(),
        fences: rules.fences.iter().map(fence).collect(),
        connectors: rules.connectors.iter().map(connector).collect(),
        stale_basis: stale_basis.into(),
        seal_after: rules.seal_after.map(duration),
        posting: Some(posting(&rules.posting)),
        fallbacks: rules.fallbacks.iter().map(fallback).collect(),
        fresh_kinds: fresh.map(|kind| kind.as_str().to_owned()).collect(),
    }
}

fn text(id: Option<&Id>) -> String {
    id.map_or_else(String::new, |id| id.as_str().to_owned())
}

fn approval_rule(rule: &ApprovalRule) -> contract::ApprovalRule {
    let stage = match rule.stage {
        Stage::Line => contract::ApprovalStage::Line,
        Stage::Order => contract::ApprovalStage::Order,
    };
    contract::ApprovalRule {
        name: rule.name.as_str().to_owned(),
        stage: stage.into(),
        when: rule.when.clone(),
        levels: rule.levels.iter().map(|level| Label::as_str(level).to_owned()).collect(),
        expire_after: rule.expire_after.map(duration),
        escalate_after: rule.escalate_after.map(duration),
    }
}

fn level(level: &Level) -> contract::ApprovalLevel {
    contract::ApprovalLevel { name: level.name.as_str().to_owned(), principals: ids_of(Some(&level.principals)) }
}

fn delegation(held: &Delegation) -> contract::Delegation {
    contract::Delegation {
        from: held.from.as_str().to_owned(),
        to: held.to.as_str().to_owned(),
        first_day: held.first_day.to_string(),
        last_day: held.last_day.to_string(),
    }
}

fn fence(fence: &Fence) -> contract::Fence {
    contract::Fence { locations: ids_of(fence.locations.as_ref()), suppliers: ids_of(fence.suppliers.as_ref()), days: fence.days.get() }
}

fn connector(connector: &Connector) -> contract::Connector {
    contract::Connector { company: text(connector.company.as_ref()), connection: connector.connection.as_str().to_owned() }
}

fn posting(limits: &Posting) -> contract::PostingLimits {
    contract::PostingLimits {
        lease: limits.lease.map(duration),
        max_attempts: limits.max_attempts.map_or(0, Whole::get),
        first_pause: limits.first_pause.map(duration),
        longest_pause: limits.longest_pause.map(duration),
    }
}

fn fallback(held: &Fallback) -> contract::Fallback {
    let mode = match held.mode {
        FallbackMode::Hold => contract::FallbackMode::Hold,
        FallbackMode::LastGoodRun => contract::FallbackMode::LastGoodRun,
    };
    contract::Fallback {
        connection: held.connection.as_str().to_owned(),
        after: Some(duration(held.after)),
        mode: mode.into(),
        expire_after: held.expire_after.map(duration),
    }
}

/// How a connection sends feedback.
pub fn feedback(rules: &Feedback) -> contract::FeedbackRules {
    let confirmations = match rules.confirmations {
        None | Some(ConfirmationMode::Replace) => contract::ConfirmationMode::Replace,
        Some(ConfirmationMode::Add) => contract::ConfirmationMode::Add,
    };
    let receipts = match rules.receipts {
        None | Some(ReceiptMode::Delta) => contract::ReceiptMode::Delta,
        Some(ReceiptMode::Cumulative) => contract::ReceiptMode::Cumulative,
    };
    contract::FeedbackRules {
        connection: rules.connection.as_str().to_owned(),
        confirmations: confirmations.into(),
        receipts: receipts.into(),
    }
}

/// Who cares for which exceptions.
pub fn route(route: &Route) -> contract::ExceptionRoute {
    let reasons = route.reasons.iter().flat_map(Distinct::iter);
    let services = route.services.iter().flat_map(Distinct::iter);
    contract::ExceptionRoute {
        name: route.name.as_str().to_owned(),
        reasons: reasons.map(|reason| ReasonName::as_str(reason).to_owned()).collect(),
        services: services.map(|service| service.as_str().to_owned()).collect(),
        team: route.team.as_str().to_owned(),
        escalate_after: route.escalate_after.map(duration),
        escalate_to: text(route.escalate_to.as_ref()),
        webhook: route.webhook.as_ref().map_or_else(String::new, |webhook| webhook.as_str().to_owned()),
    }
}
