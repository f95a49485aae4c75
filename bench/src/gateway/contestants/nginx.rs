//! nginx as a bare reverse proxy: the least that anything in between can cost.

use anyhow::{Context, Result};

use super::Running;
use super::daemon::{Plan, free_address};
use crate::gateway::upstream::{GOOD, Upstream};
use crate::gateway::way::Way;

pub(super) async fn start(upstream: &Upstream) -> Result<Running> {
    let address = free_address().await?;
    let mut plan = Plan::new("nginx")?;
    let home = plan.home().display().to_string();
    // Without `user`, a master that is root gives its worker to nobody, who may not write here; with bodies kept in
    // memory it has nothing to write.
    let config = format!(
        "daemon off;\nworker_processes 1;\nerror_log stderr crit;\npid {home}/nginx.pid;\n\
         events {{ worker_connections 32768; }}\n\
         http {{\n access_log off;\n client_body_buffer_size 1m;\n client_max_body_size 16m;\n \
         client_body_temp_path {home}/body;\n proxy_temp_path {home}/proxy;\n fastcgi_temp_path {home}/fastcgi;\n \
         uwsgi_temp_path {home}/uwsgi;\n scgi_temp_path {home}/scgi;\n keepalive_requests 100000000;\n \
         upstream mock {{ server {}; keepalive 256; keepalive_requests 100000000; }}\n \
         server {{\n  listen {address} backlog=4096;\n  location = /health {{ return 200; }}\n  \
         location /v1/ {{\n   proxy_pass http://mock/{GOOD}/v1/;\n   proxy_http_version 1.1;\n   \
         proxy_set_header Connection \"\";\n   proxy_buffering off;\n   proxy_read_timeout 300s;\n  }}\n }}\n}}\n",
        upstream.address()
    );
    let config = plan.file("nginx.conf", &config)?;
    plan.command().arg("-p").arg(home).arg("-c").arg(config);
    let daemon = plan.start(address, "/health").await.context("nginx (Debian package nginx)")?;
    Running::around(daemon, Way::new(address, "bench", None)?, None)
}
