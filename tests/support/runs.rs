//! Runs of the binary against an Azure on this machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use assert_cmd::Command;
use serde_json::Value;

use super::{Azure, Server};

/// The recorded estate of the fraud team, served as if it were in Azure.
pub fn fraud_team() -> (Azure, String, PathBuf) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/estates/fraud-scoring");
    let text = std::fs::read_to_string(folder.join("snapshot.json")).expect("a snapshot");
    let snapshot: Value = serde_json::from_str(&text).expect("JSON");
    let subscription = snapshot["subscriptions"][0]["id"].as_str().expect("an id").to_owned();
    let mut azure = Azure::new(&[(&subscription, "fraud-prod")]);
    for resource in snapshot["resources"].as_array().expect("a list") {
        azure.add(resource["id"].as_str().expect("an id"), resource.clone());
    }
    (azure, subscription, folder.join("holdfast.yaml"))
}

/// Puts an Azure behind a server.
pub fn serve(azure: Azure) -> (Arc<Azure>, Server) {
    let azure = Arc::new(azure);
    let answering = azure.clone();
    let server = Server::start(move |request| answering.answer(request));
    azure.at(&server.base());
    (azure, server)
}

/// What a process did.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs holdfast against a server, and sees that it only reads.
pub fn holdfast(server: &Server, args: &[&str]) -> Run {
    let mut command = Command::cargo_bin("holdfast").expect("the binary is built");
    let output = command.env_clear().envs(server.environment()).args(args).output().expect("it starts");
    server.assert_read_only();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Run { code: output.status.code().expect("no signal"), out: text(output.stdout), err: text(output.stderr) }
}
