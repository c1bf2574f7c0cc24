use super::{TEXT, period};
use crate::model::{calendar::WorkingDays, number};
use crossdock_core::key;
use crossdock_proto::{
    masterdata::{self as contract, Weekday},
    types::Envelope,
};
use crossdock_records::{Kind, Parse, Reference};
use jiff::civil::Date;
use std::collections::BTreeMap;

impl Kind for WorkingDays {
    const NUMBER: u16 = number::CALENDAR;
    const DOCUMENT: bool = false;
    type Message = contract::Calendar;

    fn key(message: &Self::Message, _: &str, _: &Envelope) -> String {
        key::join([&message.calendar_id])
    }

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "calendar", value: &mut message.calendar_id });
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let id = parse.id("calendar_id", &message.calendar_id);
        let name = parse.text("name", &message.name, TEXT);
        let week = week(&message.working_days, parse);
        let exceptions = parse.within("exceptions", |parse| exceptions(&message.exceptions, parse));
        let period = period(parse, message.valid_from.as_ref(), message.valid_to.as_ref());
        let _ = (id?, name?);
        Some(Self { week: week?, exceptions: exceptions?, until: period?.1 })
    }
}

fn week(days: &[i32], parse: &mut Parse<'_>) -> Option<[bool; 7]> {
    if days.is_empty() {
        return Some(WorkingDays::default().week);
    }
    let mut week = [false; 7];
    for day in days {
        match parse.choice("working_days", *day)? {
            Weekday::Unspecified => return parse.bad("working_days", "UNKNOWN_VALUE", "0", "must be days from MONDAY to SUNDAY"),
            day => week[usize::try_from(day as i32 - 1).unwrap_or_default()] = true,
        }
    }
    Some(week)
}

fn exceptions(exceptions: &[contract::CalendarException], parse: &mut Parse<'_>) -> Option<BTreeMap<Date, bool>> {
    let mut days = BTreeMap::new();
    let mut good = true;
    for exception in exceptions {
        good &= parse.text("name", &exception.name, TEXT).is_some();
        let Some(day) = parse.date("date", exception.date.as_ref()) else {
            good = false;
            continue;
        };
        if days.insert(day, exception.working).is_some() {
            parse.findings().warn("exceptions.date", "REPEATED", format!("{day} is there more than once; the last counts"));
        }
    }
    good.then_some(days)
}
