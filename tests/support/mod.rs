//! What black-box tests of live scans share: an https server on this machine, and an Azure behind it.

#![allow(dead_code, unused_imports, reason = "each test program uses its part")]

mod azure;
mod runs;
mod server;

pub use azure::{Azure, Effect};
pub use runs::{Run, fraud_team, holdfast, serve};
pub use server::{Reply, Request, Seen, Server};
