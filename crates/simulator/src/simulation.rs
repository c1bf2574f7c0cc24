//! The play: who does what, in which hour of which day.

use crate::{
    Failure, Result,
    buyers::{Buyers, DESK, Decisions},
    chance::Chance,
    check::{self, Report},
    client::Client,
    clock::SteppedClock,
    connector::Connector,
    days,
    history::History,
    ledger::Ledgers,
    masters::{self, MASTERS},
    party::Moment,
    planner::{PLANNER, Planner},
    purchasing::Purchasing,
    quiet,
    shop::Shop,
    suppliers::{EDI, Suppliers},
    trade::Trade,
    warehouse::{CARRIER, WMS, Warehouse},
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
    operator: Client,
    world: World,
    trade: Trade,
    today: Date,
    shops: [Shop; 2],
    purchasing: [Purchasing; 2],
    connectors: [Connector; 2],
    planner: Planner,
    buyers: Buyers,
    suppliers: Suppliers,
    warehouse: Warehouse,
}

/// What is compared at the end.
pub struct Books<'a> {
    /// Asks Crossdock.
    pub client: &'a Client,
    /// What was answered.
    pub ledgers: &'a Ledgers,
    /// Who and what there is.
    pub world: &'a World,
    /// What is so.
    pub trade: &'a Trade,
    /// How many of the world's sales were sent.
    pub sold: usize,
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
        Ok(Self {
            operator: client("operator"),
            world,
            trade: Trade::default(),
            today: FIRST_DAY,
            shops: [0, 1].map(|erp| Shop::new(erp, client(ERPS[erp]))),
            purchasing: [0, 1].map(|erp| Purchasing::new(erp, client(ERPS[erp]))),
            connectors: [0, 1].map(|erp| Connector::new(erp, client(ERPS[erp]))),
            planner: Planner::new(client(PLANNER)),
            buyers: Buyers::new(client(DESK)),
            suppliers: Suppliers::new(client(EDI), client(WMS)),
            warehouse: Warehouse::new(client(WMS), client(CARRIER), ERPS.map(client)),
            wire: Arc::clone(&wire),
            ledgers: Arc::clone(&ledgers),
            setup,
        })
    }

    /// Sends masters, the history before the first day, and a first count of stock.
    ///
    /// # Errors
    /// If a service refuses what it should take, or is away for too long.
    pub async fn load(&mut self) -> Result<()> {
        let moment = self.step(NIGHT - 1).await?;
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

    /// Brings what is open to an end: the parties stop failing on their own, and everything is told.
    ///
    /// # Errors
    /// As [`Simulation::load`].
    pub async fn finish(&mut self) -> Result<()> {
        (self.setup.progress)(Progress::WindDown);
        // Leases and pauses between tries run out within these hours.
        for hour in [MORNING, NOON, AFTERNOON, EVENING] {
            let moment = self.step(hour).await?;
            self.post(moment, true).await?;
        }
        quiet::wait(&self.operator, &self.setup.clock).await
    }

    /// Compares what the parties know with what Crossdock says.
    ///
    /// # Errors
    /// If a ledger cannot be read, or a service refuses a question.
    pub async fn check(&self) -> Result<Report> {
        let books = Books {
            client: &self.operator,
            ledgers: &self.ledgers,
            world: &self.world,
            trade: &self.trade,
            sold: self.shops.iter().map(Shop::seen).min().unwrap_or(0),
        };
        check::check(&books).await
    }

    async fn day(&mut self) -> Result<()> {
        let night = self.step(NIGHT).await?;
        if night.day.weekday() == jiff::civil::Weekday::Monday {
            for shop in &mut self.shops {
                shop.count(&self.world, &self.trade, night).await?;
            }
        }
        self.planner.night(&self.world, night).await?;
        let morning = self.step(MORNING).await?;
        self.buyers.act(&self.world, morning).await?;
        self.sell(morning).await?;
        let noon = self.step(NOON).await?;
        for purchasing in &self.purchasing {
            purchasing.own_orders(&self.world, &mut self.trade, noon);
        }
        self.post(noon, false).await?;
        self.suppliers.answer(&self.world, &mut self.trade, noon).await?;
        let afternoon = self.step(AFTERNOON).await?;
        self.sell(afternoon).await?;
        self.suppliers.ship(&self.world, &mut self.trade, afternoon).await?;
        self.warehouse.carry(&self.world, &mut self.trade, afternoon).await?;
        self.planner.intraday(&self.world, afternoon).await?;
        let evening = self.step(EVENING).await?;
        self.buyers.act(&self.world, evening).await?;
        self.warehouse.receive(&self.world, &mut self.trade, evening).await?;
        self.sell(evening).await?;
        for purchasing in &self.purchasing {
            purchasing.close(&self.world, &mut self.trade, evening);
        }
        self.post(evening, false).await
    }

    async fn sell(&mut self, moment: Moment) -> Result<()> {
        for shop in &mut self.shops {
            shop.act(&self.world, &mut self.trade, moment).await?;
        }
        Ok(())
    }

    /// Orders are made; of what changed the ERPs tell afterwards, as late as real ones do.
    async fn post(&mut self, moment: Moment, calm: bool) -> Result<()> {
        for connector in &mut self.connectors {
            connector.act(&self.world, &mut self.trade, moment, calm).await?;
        }
        for purchasing in &self.purchasing {
            purchasing.tell(&self.world, &mut self.trade, moment).await?;
        }
        Ok(())
    }

    /// What the people decided.
    pub fn decisions(&self) -> &Decisions {
        self.buyers.decisions()
    }

    /// Runs that were committed, and runs that died.
    pub fn runs(&self) -> (u64, u64) {
        self.planner.runs()
    }

    /// What happened on the way so far.
    pub fn traffic(&self) -> Traffic {
        self.wire.traffic().clone()
    }

    /// It is this hour, and what follows from the hours before has happened.
    async fn step(&self, hour: i64) -> Result<Moment> {
        let now = days::at(self.today, hour);
        self.setup.clock.step_to(now).map_err(Failure::from)?;
        quiet::wait(&self.operator, &self.setup.clock).await?;
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
