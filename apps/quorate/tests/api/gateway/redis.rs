//! A Redis that goes away under calls and comes back (OPS-3): calls are answered all the while, limits hold on each node
//! meanwhile, and are counted together again after.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quorate::config::Config;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::*;
use crate::keys::{Key, ask, until, with_model};

/// A way to Redis that can be closed: connections are cut and new ones refused.
struct Forwarder {
    address: SocketAddr,
    open: Arc<AtomicBool>,
    cut: Arc<watch::Sender<()>>,
}

impl Forwarder {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = std::env::var("QUORATE_TEST_REDIS").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
        let to = url.trim_start_matches("redis://").trim_end_matches('/').to_owned();
        let (open, cut) = (Arc::new(AtomicBool::new(true)), Arc::new(watch::Sender::new(())));
        let (is_open, cuts) = (Arc::clone(&open), Arc::clone(&cut));
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                if !is_open.load(Ordering::SeqCst) {
                    continue;
                }
                let (to, mut cuts) = (to.clone(), cuts.subscribe());
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(to).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        _ = cuts.changed() => {}
                    }
                });
            }
        });
        Self { address, open, cut }
    }

    fn close(&self) {
        self.open.store(false, Ordering::SeqCst);
        self.cut.send_replace(());
    }

    fn reopen(&self) {
        self.open.store(true, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn calls_go_on_while_redis_is_away_and_limits_come_back_with_it() {
    let models = ScriptedModels::start().await.unwrap();
    let way = Forwarder::start().await;
    let prefix = format!("quorate-test-{}", quorate_kernel::Ids::uuid(&quorate_kernel::SystemIds));
    let url = format!("redis://{}", way.address);
    let with_redis = |config: &mut Config| {
        config.redis.url = Some(url.clone());
        config.redis.prefix.clone_from(&prefix);
    };
    let one = with_model(TestDatabase::sqlite().unwrap(), &models).configure(with_redis).start().await;
    let two = one.beside().without_worker().start().await;
    let ada = one.user("ada@example.com").await;
    let key = Key::of(&ada, json!({ "max_concurrency": 2 })).await;
    let quick = Rule::always(says("Here"));
    let endless = Rule::always(Act { hang_after_bytes: Some(200), ..says(&"word ".repeat(400)) });
    // Who holds a place: a stream that does not end.
    let hold = async |app: &TestApp| ask(&key.at(app), CHAT, json!({ "stream": true })).await;
    let redis = async |state: &str| {
        until(&format!("Redis is {state}"), async || {
            let ready = one.http().get(one.url("/api/health/ready")).send().await.unwrap();
            ready.json::<Value>().await.unwrap()["checks"]["redis"] == state
        })
        .await;
    };
    redis("ok").await;
    models.script(std::slice::from_ref(&endless)).await.unwrap();
    let held = [hold(&one).await, hold(&two).await];
    assert_eq!(held.each_ref().map(|answer| answer.status().as_u16()), [200, 200]);
    assert_eq!(hold(&one).await.status(), 429, "both nodes together");

    way.close();
    redis("degraded").await;
    models.script(&[quick]).await.unwrap();
    drop(held);
    for app in [&one, &two] {
        for stream in [false, true] {
            until("a node alone answers", async || {
                let answer = ask(&key.at(app), CHAT, json!({ "stream": stream })).await;
                let status = answer.status();
                status == 200 && answer.text().await.unwrap().contains("Here")
            })
            .await;
        }
    }

    way.reopen();
    redis("ok").await;
    models.script(&[endless]).await.unwrap();
    until("both are counted together again", async || {
        let held = [hold(&one).await, hold(&two).await];
        let third = hold(&one).await;
        let all = held.each_ref().map(|answer| answer.status().as_u16());
        all == [200, 200] && third.status() == 429
    })
    .await;
}
