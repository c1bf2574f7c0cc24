use super::{PLANNER, read::Picture};
use crate::{
    days,
    outgoing::Outgoing,
    party::Moment,
    world::{CENTRES, World},
};
use crossdock_core::Micro;
use crossdock_proto::{demand::Forecast, types::Quantity};

/// Weeks that are forecast.
const AHEAD: i64 = 4;

/// The mean of the last weeks, for every item, centre and week.
pub fn values(world: &World, picture: &Picture, set: &str, moment: Moment) -> Vec<Outgoing> {
    let mut values = Vec::new();
    for (good, item) in world.goods.iter().enumerate() {
        for (centre, location) in CENTRES.iter().enumerate() {
            let weekly = Micro(picture.daily((centre, good)) * 7);
            for week in 0..AHEAD {
                let start = days::after(moment.day, week * 7);
                let value = Forecast {
                    item_id: item.id.clone(),
                    location_id: location.id.to_owned(),
                    start: days::wire(start),
                    end: days::wire(days::after(start, 7)),
                    quantity: Some(Quantity { value: weekly.to_string(), unit: "EA".to_owned() }),
                    data_cutoff: days::stamp(moment.now),
                    ..Forecast::default()
                };
                values.push(Outgoing::run(
                    "forecast",
                    PLANNER,
                    (set, &document(item.id.as_str(), location.id), &week.to_string()),
                    moment.now,
                    &value,
                ));
            }
        }
    }
    values
}

/// Document of the forecast of an item at a centre.
pub fn document(item: &str, location: &str) -> String {
    format!("{item}@{location}")
}
