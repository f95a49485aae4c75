//! A scripted model server for tests and demonstrations: `scripted-models [--listen 127.0.0.1:0]
//! [--until-stdin-closes]`. Its first line of output is its address. What it speaks: `quorate_testkit::models`.

use std::io::Write;

use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<()> {
    let mut listen = "127.0.0.1:0".to_owned();
    let mut until_stdin_closes = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--listen" => listen = arguments.next().context("--listen needs HOST:PORT")?,
            "--until-stdin-closes" => until_stdin_closes = true,
            _ => bail!("usage: scripted-models [--listen HOST:PORT] [--until-stdin-closes]"),
        }
    }
    let listener = TcpListener::bind(&listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let mut output = std::io::stdout();
    writeln!(output, "{}", listener.local_addr()?)?;
    output.flush()?;
    let closed = async {
        if until_stdin_closes {
            let _ =
                tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink())).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        served = quorate_testkit::models::serve(listener) => served.context("the server failed"),
        () = closed => Ok(()),
    }
}
