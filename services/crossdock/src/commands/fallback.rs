//! `crossdock fallback`: what counts while a planner is silent.

use crate::{
    cli::{Fallback, List, Mode},
    commands::{operations::request_id, recommendations::some},
    failure::Failure,
    output::{self, Format},
    peers::Peers,
};
use crossdock_proto::writeback::{PlanningModeKind, SetPlanningModeRequest, writeback_service_client::WritebackServiceClient};

/// Lists planning modes, or sets one by hand.
pub async fn run(command: Fallback) -> Result<(), Failure> {
    match command {
        Fallback::List { target } => {
            let list = List { kind: "planning_mode".into(), fields: Vec::new(), prefix: String::new(), limit: 0, service: None, target };
            some(&list, &["key", "kind", "since", "last_run_time", "set_by", "note"]).await
        }
        Fallback::Set { planner, mode, note, target } => {
            let peers = Peers::new(&target)?;
            let kind = match mode {
                Mode::Normal => PlanningModeKind::Normal,
                Mode::Hold => PlanningModeKind::Hold,
                Mode::LastGoodRun => PlanningModeKind::LastGoodRun,
                Mode::Policy => PlanningModeKind::Unspecified,
            };
            let request = SetPlanningModeRequest { request_id: request_id(), connection: planner.clone(), kind: kind.into(), note };
            let answer = WritebackServiceClient::new(peers.channel()).set_planning_mode(peers.request(request)?).await?.into_inner();
            let mode = answer.mode.unwrap_or_default();
            if target.output == Format::Json {
                return output::line(output::json(&mode, "crossdock.writeback.v1.PlanningMode")?.to_string());
            }
            output::line(format!("{planner}: {}", output::short(mode.kind().as_str_name())))
        }
    }
}
