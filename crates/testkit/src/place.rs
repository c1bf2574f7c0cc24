//! Where stores of tests are.

use crate::{Schema, fresh_schema, postgres_url};
use crossdock_store::Location;
use tempfile::TempDir;

/// Which engine keeps the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// SQLite files in a folder.
    Sqlite,
    /// Schemas of a PostgreSQL database.
    Postgres,
}

impl Engine {
    /// How many random cases to try, of so many on SQLite. A quarter on PostgreSQL, where each takes twice as long: where the engines differ, a few
    /// cases differ already.
    pub fn cases(self, on_sqlite: u32) -> u32 {
        match self {
            Self::Sqlite => on_sqlite,
            Self::Postgres => on_sqlite / 4,
        }
    }
}

/// Runs tests, which are functions of an [`Engine`], on both.
#[macro_export]
macro_rules! on_both_engines {
    ($($test:ident)*) => {
        mod sqlite {
            $(#[test]
            fn $test() {
                super::$test($crate::Engine::Sqlite);
            })*
        }
        mod postgres {
            $(#[test]
            fn $test() {
                super::$test($crate::Engine::Postgres);
            })*
        }
    };
}

/// A place for one store, gone with this value.
pub struct Place {
    engine: Engine,
    location: Location,
    _guard: Guard,
}

#[expect(dead_code, reason = "held until the end of the test")]
enum Guard {
    Folder(TempDir),
    Schema(Schema),
}

impl Place {
    /// An empty one.
    ///
    /// # Panics
    /// If there is no temporary folder, or no PostgreSQL server.
    pub fn new(engine: Engine) -> Self {
        let (location, guard) = match engine {
            Engine::Sqlite => {
                let folder = TempDir::new().expect("no temporary folder");
                (Location::Sqlite(folder.path().join("store.db")), Guard::Folder(folder))
            }
            Engine::Postgres => {
                let schema = fresh_schema();
                (Location::Postgres { url: postgres_url(), schema: schema.name().into() }, Guard::Schema(schema))
            }
        };
        Self { engine, location, _guard: guard }
    }

    /// Another place of the same sort.
    #[must_use]
    pub fn another(&self) -> Self {
        Self::new(self.engine)
    }

    /// For the store.
    pub fn location(&self) -> &Location {
        &self.location
    }
}
