//! Portkey's gateway. It keeps no keys, limits or ledger: each request says in its headers where it goes.

use anyhow::Result;

use super::Running;
use super::daemon::{Plan, free_address};
use super::install;
use crate::gateway::upstream::{BAD, GOOD, Upstream};
use crate::gateway::way::Way;

/// The release that is measured.
pub(super) const VERSION: &str = "1.15.2";

/// It would listen on all interfaces.
const LOOPBACK: &str = "const net = require('node:net');
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  if (typeof port === 'object') return listen.call(this, { ...port, host: '127.0.0.1' }, ...rest);
  const ready = rest.find((argument) => typeof argument === 'function');
  return listen.call(this, { port: Number(port), host: '127.0.0.1' }, ready);
};
";

pub(super) async fn start(upstream: &Upstream) -> Result<Running> {
    let place = install::node("portkey", VERSION, "@portkey-ai/gateway").await?;
    let address = free_address().await?;
    let mut plan = Plan::new("node")?;
    let loopback = plan.file("loopback.cjs", LOOPBACK)?;
    let program = place.join("node_modules/@portkey-ai/gateway/build/start-server.js");
    plan.command().arg("--require").arg(loopback).arg(program);
    plan.command().args(["--headless", &format!("--port={}", address.port())]);
    plan.command().env("NODE_ENV", "production").env("TRUSTED_CUSTOM_HOSTS", "127.0.0.1,localhost");
    let daemon = plan.start(address, "/").await?;
    let way = Way::new(address, "bench", Some("sk-mock"))?;
    let chat = way.clone().with("x-portkey-provider", "openai")?.with("x-portkey-custom-host", &upstream.base(GOOD))?;
    let target = |name: &str| serde_json::json!({ "provider": "openai", "api_key": "sk-mock", "custom_host": upstream.base(name) });
    let config = serde_json::json!({ "strategy": { "mode": "fallback" }, "targets": [target(BAD), target(GOOD)] });
    let failover = way.with("x-portkey-config", &config.to_string())?;
    Running::around(daemon, chat, Some(failover))
}
