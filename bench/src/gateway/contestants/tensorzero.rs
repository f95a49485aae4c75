//! TensorZero's gateway. Its own binary is published as a container image only; the Python package carries the same
//! gateway as a library and starts its HTTP server for clients of OpenAI. Python itself does nothing while it serves.
//! Without a database, so without observability: no ledger.

use anyhow::{Context, Result};

use super::Running;
use super::daemon::{Plan, free_address};
use super::install;
use crate::gateway::upstream::{BAD, GOOD, Upstream};
use crate::gateway::way::Way;

/// The release that is measured.
pub(super) const VERSION: &str = "2026.6.0";

/// Starts it and tells the port, which it chooses itself, at the port that is asked for.
const PROGRAM: &str = r#"
import http.server, sys
from tensorzero import _start_http_gateway
gateway = _start_http_gateway(
    config_file=sys.argv[1], clickhouse_url=None, postgres_url=None, valkey_url=None, async_setup=False)
class Told(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(gateway.base_url.encode())
    protocol_version = "HTTP/1.1"
http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), Told).serve_forever()
"#;

pub(super) async fn start(upstream: &Upstream) -> Result<Running> {
    let place = install::python("tensorzero", VERSION, "tensorzero").await?;
    let asked = free_address().await?;
    let mut plan = Plan::new(place.join("bin/python"))?;
    let provider = |model: &str, name: &str| {
        format!(
            "[models.{model}.providers.{name}]\ntype = 'openai'\nmodel_name = 'bench'\napi_base = '{}/'\n\
             api_key_location = 'none'\n",
            upstream.base(name)
        )
    };
    let config = format!(
        "[gateway]\nobservability.enabled = false\n\
         [models.bench]\nrouting = ['{GOOD}']\n{}[models.failover]\nrouting = ['{BAD}', '{GOOD}']\n{}{}",
        provider("bench", GOOD),
        provider("failover", BAD),
        provider("failover", GOOD)
    );
    let config = plan.file("tensorzero.toml", &config)?;
    let program = plan.file("gateway.py", PROGRAM)?;
    plan.command().arg(program).arg(config).arg(asked.port().to_string());
    let daemon = plan.start(asked, "/").await?;
    let base = base_url(asked).await?;
    let rest = base.trim().strip_prefix("http://").context("no address")?;
    let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
    let address = address.replace("localhost", "127.0.0.1").replace("0.0.0.0", "127.0.0.1").parse()?;
    let path = format!("/{}/chat/completions", path.trim_end_matches('/'));
    let chat = Way::new(address, "tensorzero::model_name::bench", Some("sk-mock"))?.at(&path);
    let failover = chat.clone().model("tensorzero::model_name::failover");
    Running::around(daemon, chat, Some(failover))
}

async fn base_url(asked: std::net::SocketAddr) -> Result<String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(asked).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer.split_once("\r\n\r\n").context("no answer")?.1.to_owned())
}
