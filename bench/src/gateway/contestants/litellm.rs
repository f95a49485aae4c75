//! LiteLLM's proxy with one worker, a master key, and no database.

use anyhow::Result;

use super::Running;
use super::daemon::{Plan, free_address};
use super::install;
use crate::gateway::upstream::{BAD, GOOD, Upstream};
use crate::gateway::way::Way;

/// The release that is measured: the newest whose requirements were all to be had when it was chosen.
pub(super) const VERSION: &str = "1.100.0";

pub(super) async fn start(upstream: &Upstream) -> Result<Running> {
    let place = install::python("litellm", VERSION, "litellm[proxy]").await?;
    let address = free_address().await?;
    let mut plan = Plan::new(place.join("bin/litellm"))?;
    let model = |name: &str, upstream_name: &str| {
        format!(
            " - model_name: {name}\n   litellm_params: {{ model: openai/bench, api_key: sk-mock, api_base: \"{}\" }}\n",
            upstream.base(upstream_name)
        )
    };
    let config = format!(
        "model_list:\n{}{}\
         litellm_settings:\n  num_retries: 0\n  telemetry: false\n  fallbacks: [{{ failover: [bench] }}]\n\
         router_settings:\n  num_retries: 0\n  disable_cooldowns: true\n\
         general_settings:\n  master_key: sk-bench\n",
        model("bench", GOOD),
        model("failover", BAD)
    );
    let config = plan.file("config.yaml", &config)?;
    let port = address.port().to_string();
    plan.command().arg("--config").arg(config).args(["--host", "127.0.0.1", "--port", &port, "--num_workers", "1"]);
    // Its list of prices comes with the package; it would fetch a newer one.
    plan.command().env("LITELLM_LOCAL_MODEL_COST_MAP", "True").env("LITELLM_LOG", "ERROR");
    let daemon = plan.start(address, "/health/liveliness").await?;
    let chat = Way::new(address, "bench", Some("sk-bench"))?;
    let failover = chat.clone().model("failover");
    Running::around(daemon, chat, Some(failover))
}
