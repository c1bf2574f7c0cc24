//! The play: who does what, in which hour of which day.

use crate::{
    Failure, Result,
    chance::Chance,
    client::Client,
    clock::SteppedClock,
    days,
    history::History,
    ledger::Ledgers,
    masters::{self, MASTERS},
    party::Moment,
    planner::{PLANNER, Planner},
    shop::Shop,
    trade::Trade,
    wire::{Addresses, Nuisance, Traffic, Wire},
    world::{CENTRES, ERPS, World},
};
use crossdock_core::Clock;
use jiff::civil::{Date, date};
use std::{path::PathBuf, sync::Arc};

/// The first day that is played; what was ordered before it is history.
pub const FIRST_DAY: Date = date(2011, 11, 12);
/// Hours in which parties act.
const NIGHT: i64 = 5;
const MORNING: i64 = 8;
const NOON: i64 = 11;
const AFTERNOON: i64 = 14;
const EVENING: i64 = 20;

/// What is played, and where.
#[derive(Clone)]
pub struct Setup {
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// Where the services are.
    pub addresses: Addresses,
    /// The order lines: `online_retail.csv.gz`.
    pub orders: PathBuf,
    /// Folder of the ledgers; empty or not there.
    pub ledgers: PathBuf,
    /// The clock of the services. It is stepped here; begin it at [`start`].
    pub clock: Arc<SteppedClock>,
    /// How many items are traded: those that sold best.
    pub goods: usize,
    /// Order lines older than this are left out.
    pub from: Date,
    /// How badly senders and lines behave.
    pub nuisance: Nuisance,
    /// Hears how far it is.
    pub progress: Arc<dyn Fn(Progress) + Send + Sync>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many masters are in.
    Masters(usize),
    /// So many order lines of the history are in, of so many.
    History(usize, usize),
    /// This day of so many begins.
    Day(Date, u32, u32),
    /// What is open is brought to an end.
    WindDown,
}

/// When a play begins.
pub fn start() -> crossdock_core::Micros {
    days::at(FIRST_DAY, 0)
}

/// The play.
pub struct Simulation {
    setup: Setup,
    wire: Arc<Wire>,
    ledgers: Arc<Ledgers>,
    world: World,
    trade: Trade,
    today: Date,
    shops: [Shop; 2],
    planner: Planner,
}

impl Simulation {
    /// Reads the history and builds the world; nothing is sent yet.
    ///
    /// # Errors
    /// If the history or the ledgers cannot be used, or an address is none.
    pub fn new(setup: Setup) -> Result<Self> {
        let chance = Chance::new(setup.seed);
        let world = World::new(chance, History::read(&setup.orders, setup.goods, setup.from)?);
        let wire = Arc::new(Wire::new(&setup.addresses, setup.nuisance, chance)?);
        let ledgers = Arc::new(Ledgers::new(&setup.ledgers)?);
        let client = |connection| Client::new(Arc::clone(&wire), Arc::clone(&ledgers), connection);
        let shop = |erp: usize| Shop::new(erp, client(ERPS[erp]));
        let planner = Planner::new(client(PLANNER));
        Ok(Self {
            shops: [shop(0), shop(1)],
            planner,
            world,
            trade: Trade::default(),
            today: FIRST_DAY,
            setup,
            wire: Arc::clone(&wire),
            ledgers,
        })
    }

    /// Sends masters, the history before the first day, and a first count of stock.
    ///
    /// # Errors
    /// If a service refuses what it should take, or is away for too long.
    pub async fn load(&mut self) -> Result<()> {
        let moment = self.step(NIGHT - 1)?;
        let masters = masters::all(&self.world, moment.now);
        let count = masters.len();
        Client::new(Arc::clone(&self.wire), Arc::clone(&self.ledgers), MASTERS).send(masters).await?;
        (self.setup.progress)(Progress::Masters(count));
        let all = self.world.sales.iter().filter(|sale| sale.day() < FIRST_DAY).count();
        let sent = std::cell::Cell::new(0);
        let told = |count| {
            sent.set(sent.get() + count);
            (self.setup.progress)(Progress::History(sent.get(), all));
        };
        let [first, second] = &mut self.shops;
        let until = start();
        futures::future::try_join(first.load(&self.world, until, &told), second.load(&self.world, until, &told)).await?;
        self.stock_up();
        for shop in &mut self.shops {
            shop.count(&self.world, &self.trade, moment).await?;
        }
        Ok(())
    }

    /// Plays so many days.
    ///
    /// # Errors
    /// As [`Simulation::load`].
    pub async fn run(&mut self, days: u32) -> Result<()> {
        for day in 1..=days {
            (self.setup.progress)(Progress::Day(self.today, day, days));
            self.day().await?;
            self.today = days::after(self.today, 1);
        }
        Ok(())
    }

    async fn day(&mut self) -> Result<()> {
        let night = self.step(NIGHT)?;
        if night.day.weekday() == jiff::civil::Weekday::Monday {
            for shop in &mut self.shops {
                shop.count(&self.world, &self.trade, night).await?;
            }
        }
        self.planner.night(&self.world, night).await?;
        for hour in [MORNING, NOON, AFTERNOON, EVENING] {
            let moment = self.step(hour)?;
            for shop in &mut self.shops {
                shop.act(&self.world, &mut self.trade, moment).await?;
            }
            if hour == AFTERNOON {
                self.planner.intraday(&self.world, moment).await?;
            }
        }
        Ok(())
    }

    /// What happened on the way so far.
    pub fn traffic(&self) -> Traffic {
        self.wire.traffic().clone()
    }

    fn step(&self, hour: i64) -> Result<Moment> {
        let now = days::at(self.today, hour);
        self.setup.clock.step_to(now).map_err(Failure::from)?;
        Ok(Moment { now: self.setup.clock.now(), day: self.today, hour })
    }

    /// What is there at the beginning: one to three weeks of what was sold lately.
    fn stock_up(&mut self) {
        let since = days::after(FIRST_DAY, -56);
        let mut sold = std::collections::BTreeMap::<(usize, usize), i64>::new();
        for sale in self.world.sales.iter().filter(|sale| sale.day() >= since && sale.day() < FIRST_DAY) {
            *sold.entry((self.world.centre(sale), sale.good)).or_default() += sale.quantity;
        }
        for ((centre, good), pieces) in sold {
            let about = format!("{} {}", CENTRES[centre].id, self.world.goods[good].id);
            let days = self.world.chance.between(7, 21, "first stock", &about);
            self.trade.stock.insert((centre, good), pieces * days / 56 + 1);
        }
    }
}
