//! A Redis of one's own, that a test can stop and start.

use std::time::Duration;

use tempfile::TempDir;
use tokio::process::{Child, Command};
use uuid::Uuid;

use super::*;

/// How long a test waits for what must come.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A server on a socket in a folder of its own, killed when dropped. Nothing of it is kept over a stop.
pub(crate) struct OwnRedis {
    folder: TempDir,
    child: Option<Child>,
}

impl OwnRedis {
    pub(crate) async fn start() -> Self {
        let mut own = Self { folder: tempfile::tempdir().unwrap(), child: None };
        own.again().await;
        own
    }

    fn socket(&self) -> std::path::PathBuf {
        self.folder.path().join("redis.sock")
    }

    pub(crate) async fn again(&mut self) {
        let server = std::env::var("QUORATE_TEST_REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned());
        let child = Command::new(server)
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(self.socket())
            .arg("--dir")
            .arg(self.folder.path())
            .stdout(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn();
        self.child = Some(child.expect("the package redis-server is needed for these tests"));
        let up = async {
            while tokio::net::UnixStream::connect(self.socket()).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(LONG, up).await.expect("Redis must start");
    }

    pub(crate) async fn stop(&mut self) {
        self.child.take().unwrap().kill().await.unwrap();
        std::fs::remove_file(self.socket()).unwrap();
    }

    /// A node of its own. Patient, so that a busy machine does not pass for a lost Redis.
    pub(crate) async fn node(&self) -> Redis {
        self.impatient_node(Duration::from_secs(10)).await
    }

    pub(crate) async fn impatient_node(&self, patience: Duration) -> Redis {
        let url = format!("redis+unix://{}", self.socket().display());
        Redis::connect(RedisSettings { patience, ..RedisSettings::new(url, node()) }).await.unwrap()
    }

    /// Makes the server answer nobody for so long, as a paused machine would.
    pub(crate) async fn hang(&self, time: Duration) {
        let pause = Command::new("redis-cli")
            .arg("-s")
            .arg(self.socket())
            .args(["client", "pause", &time.as_millis().to_string(), "ALL"])
            .status();
        assert!(pause.await.unwrap().success());
    }
}

/// The id of a node that no other test has.
pub(crate) fn node() -> Uuid {
    use quorate_kernel::Ids as _;
    quorate_kernel::SystemIds.uuid()
}

pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LONG, wait).await.unwrap_or_else(|_| panic!("in vain: {what}"));
}

#[tokio::test]
async fn the_nodes_are_counted_and_a_lost_redis_comes_back_without_a_restart() {
    let mut own = OwnRedis::start().await;
    let (one, two) = (own.node().await, own.node().await);
    assert_eq!(two.nodes(), 2);
    until("the first hears of the second", async || one.nodes() == 2).await;
    one.ping().await.unwrap();
    own.stop().await;
    until("it is found missing", async || one.ping().await.is_err() && two.ping().await.is_err()).await;
    assert_eq!(one.nodes(), 2, "the last number that was known");
    own.again().await;
    until("it is back", async || one.ping().await.is_ok() && two.ping().await.is_ok()).await;
}

#[tokio::test]
async fn a_node_starts_while_redis_is_away() {
    let mut own = OwnRedis::start().await;
    own.stop().await;
    let node = own.node().await;
    let why = node.ping().await.unwrap_err();
    assert!(why.contains("No such file"), "{why}");
    assert_eq!(node.nodes(), 1);
    own.again().await;
    until("it is found", async || node.ping().await.is_ok()).await;
}

#[tokio::test]
async fn a_hanging_redis_costs_one_wait_and_then_none() {
    let own = OwnRedis::start().await;
    let node = own.impatient_node(Duration::from_millis(200)).await;
    until("it answers", async || node.ping().await.is_ok()).await;
    own.hang(Duration::from_secs(3)).await;
    until("it is found hanging", async || node.ping().await.is_err()).await;
    let began = std::time::Instant::now();
    for _ in 0..1000 {
        assert!(node.ping().await.is_err());
    }
    assert!(began.elapsed() < Duration::from_secs(1), "{:?} for a thousand", began.elapsed());
    until("it answers again", async || node.ping().await.is_ok()).await;
}

#[tokio::test]
async fn an_address_of_nothing_is_refused_without_showing_its_password() {
    for url in ["", "postgres://quorate:hunter2@db/quorate", "redis://:hunter2@host:port"] {
        let refused = Redis::connect(RedisSettings::new(url, node())).await.unwrap_err().to_string();
        assert!(!refused.contains("hunter2"), "{refused}");
    }
    let settings = RedisSettings::new("redis://:hunter2@host", node());
    assert!(!format!("{settings:?}").contains("hunter2"));
}
