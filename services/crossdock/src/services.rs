//! The services of this binary, as one list.

use crate::failure::Failure;
use crossdock_governance::Source;
use crossdock_runtime::Service;

/// The services with these names, or all.
pub fn chosen(names: &[String], policy: Source) -> Result<Vec<Service>, Failure> {
    let mut services = vec![
        crossdock_governance::service(policy)?,
        crossdock_master_data::service()?,
        crossdock_demand_signal::service()?,
        crossdock_recommendation_writeback::service()?,
        crossdock_execution_feedback::service()?,
    ];
    let known: Vec<&str> = services.iter().map(|service| service.name).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("{unknown:?} is not a service; there are {}", known.join(", ")).into());
    }
    if !names.is_empty() {
        services.retain(|service| names.iter().any(|name| name == service.name));
    }
    Ok(services)
}
