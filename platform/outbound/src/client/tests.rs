use std::net::{IpAddr, Ipv4Addr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// Answers each question with the next list of addresses, the last one for ever.
struct Scripted(Vec<Vec<IpAddr>>, AtomicUsize);

#[async_trait]
impl Lookup for Scripted {
    async fn lookup(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        let turn = self.1.fetch_add(1, Ordering::SeqCst);
        Ok(self.0[turn.min(self.0.len() - 1)].clone())
    }
}

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

fn resolving(hosts: &[&str], answers: Vec<Vec<IpAddr>>) -> (SafeClient, Arc<Scripted>) {
    let allow_hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
    let scripted = Arc::new(Scripted(answers, AtomicUsize::new(0)));
    (SafeClient::with_lookup(&OutboundConfig { allow_hosts }, scripted.clone()).unwrap(), scripted)
}

fn client(hosts: &[&str]) -> SafeClient {
    resolving(hosts, vec![vec![LOCAL]]).0
}

/// A server on this machine that answers every request with `answer` and remembers them.
#[derive(Clone, Default)]
struct Server {
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(address: IpAddr, port: u16, answer: impl Into<Vec<u8>>) -> (Self, u16) {
        let listener = TcpListener::bind((address, port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (server, answer) = (Self::default(), answer.into());
        let asked = Arc::clone(&server.asked);
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut buffer = vec![0u8; 65_536];
                let read = socket.read(&mut buffer).await.unwrap_or(0);
                asked.lock().unwrap().push(String::from_utf8_lossy(&buffer[..read]).into_owned());
                let _ = socket.write_all(&answer).await;
            }
        });
        (server, port)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn moved(status: u16, to: &str) -> String {
    format!("HTTP/1.1 {status} Moved\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

fn is_refused<T>(result: &Result<T, OutboundError>) -> bool {
    matches!(result, Err(OutboundError::Refused(_)))
}

#[tokio::test]
async fn private_addresses_are_refused_in_any_notation() {
    let (server, port) = Server::start(LOCAL, 0, ok("{}")).await;
    let client = client(&[]);
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "127.0.1",
        "127。0。0。1",
        "１２７.0.0.1",
        "%31%32%37.0.0.1",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "0",
        "0.0.0.0",
        "169.254.169.254",
        "localhost",
        "LOCALHOST.",
        "evil.test",
    ] {
        let answer = client.get(&format!("http://{host}:{port}/")).send().await;
        assert!(is_refused(&answer), "{host}: {answer:?}");
    }
    for url in [
        "file:///etc/passwd",
        "ftp://example.com/",
        "gopher://example.com/",
        "data:,x",
        "//example.com/",
        "http://",
        "http:///x",
        "nonsense",
        "",
        "http://user:pw@example.com/",
        "http://user@example.com/",
    ] {
        let answer = client.get(url).send().await;
        assert!(is_refused(&answer), "{url}: {answer:?}");
        assert!(!format!("{answer:?}").contains("pw"), "{answer:?}");
    }
    assert_eq!(server.asked(), [""; 0], "nobody was spoken to");
}

#[tokio::test]
async fn the_operator_may_name_private_hosts() {
    let (_, port) = Server::start(LOCAL, 0, ok(r#"{"a":1}"#)).await;
    let by_name = client(&["idp.internal"]);
    for host in ["idp.internal", "IDP.internal."] {
        let found: Value = by_name.get_json(&format!("http://{host}:{port}/"), None).await.unwrap();
        assert_eq!(found, json!({"a": 1}));
    }
    for host in ["evil.test", "x.idp.internal", "127.0.0.1"] {
        assert!(is_refused(&by_name.get(&format!("http://{host}:{port}/")).send().await), "{host}");
    }
    let by_network = client(&["127.0.0.0/8"]);
    assert!(by_network.get(&format!("http://127.0.0.1:{port}/")).send().await.is_ok());
}

#[tokio::test]
async fn a_name_that_changes_its_mind_gains_nothing() {
    // Two servers on one port: the one the name may lead to, and the one it must not.
    let (harmless, port) = Server::start(OTHER, 0, ok("harmless")).await;
    let (secret, _) = Server::start(LOCAL, port, ok("secret")).await;
    // Good to a check, and evil to whoever asks again before connecting.
    let (client, questions) = resolving(&["127.0.0.2"], vec![vec![OTHER], vec![LOCAL]]);
    let url = format!("http://rebind.test:{port}/");
    let answer = client.get(&url).send().await.unwrap();
    assert_eq!(answer.body, b"harmless");
    assert_eq!(questions.1.load(Ordering::SeqCst), 1, "what was judged is what was connected to: one question");
    // The connection was closed, so the next request asks again, and hears the evil answer.
    let answer = client.get(&url).send().await;
    assert!(is_refused(&answer), "{answer:?}");
    assert_eq!(questions.1.load(Ordering::SeqCst), 2);
    assert_eq!((harmless.asked().len(), secret.asked().len()), (1, 0));
}

#[tokio::test]
async fn of_several_addresses_only_good_ones_are_tried() {
    let (harmless, port) = Server::start(OTHER, 0, ok("harmless")).await;
    let (secret, _) = Server::start(LOCAL, port, ok("secret")).await;
    let (client, _) = resolving(&["127.0.0.2"], vec![vec![LOCAL, OTHER, LOCAL]]);
    assert_eq!(client.get(&format!("http://mixed.test:{port}/")).send().await.unwrap().body, b"harmless");
    assert_eq!((harmless.asked().len(), secret.asked().len()), (1, 0));
}

#[tokio::test]
async fn redirects_are_answers_unless_asked_for() {
    let (_, port) = Server::start(LOCAL, 0, moved(302, "/next")).await;
    let answer = client(&["127.0.0.1"]).get(&format!("http://127.0.0.1:{port}/")).send().await.unwrap();
    assert_eq!((answer.status, &answer.headers["location"]), (302, &HeaderValue::from_static("/next")));
    let json = client(&["127.0.0.1"]).get_json::<Value>(&format!("http://127.0.0.1:{port}/"), None).await;
    assert!(matches!(json, Err(OutboundError::Status(302))), "{json:?}");
}

#[tokio::test]
async fn each_hop_is_judged() {
    let (secret, secret_port) = Server::start(OTHER, 0, ok("secret")).await;
    for target in [
        format!("http://127.0.0.2:{secret_port}/"),
        format!("http://2130706434:{secret_port}/"),
        format!("//127.0.0.2:{secret_port}/"),
        format!("http://evil.test:{secret_port}/"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "file:///etc/passwd".to_owned(),
        "http://user:pw@127.0.0.1/".to_owned(),
    ] {
        let (_, port) = Server::start(LOCAL, 0, moved(302, &target)).await;
        let client = resolving(&["127.0.0.1"], vec![vec![OTHER]]).0;
        let answer = client.get(&format!("http://127.0.0.1:{port}/")).follow(3).send().await;
        assert!(is_refused(&answer), "{target}: {answer:?}");
    }
    assert_eq!(secret.asked(), [""; 0]);
}

#[tokio::test]
async fn a_followed_redirect_takes_no_secret_along() {
    let (end, end_port) = Server::start(LOCAL, 0, ok("end")).await;
    let (start, port) = Server::start(LOCAL, 0, moved(307, &format!("http://127.0.0.1:{end_port}/there"))).await;
    let client = client(&["127.0.0.1"]);
    let url = format!("http://127.0.0.1:{port}/");
    let answer = client.get(&url).bearer("t0ken").header("x-key", "s3cret").follow(1).send().await.unwrap();
    assert_eq!(answer.body, b"end");
    assert!(start.asked()[0].contains("t0ken") && start.asked()[0].contains("s3cret"));
    assert!(end.asked()[0].starts_with("GET /there") && !end.asked()[0].contains("t0ken"), "{:?}", end.asked());
    assert!(!end.asked()[0].contains("s3cret") && !end.asked()[0].to_lowercase().contains("referer"));
    // What sends something stays where it was sent to.
    let answer = client.post(&url).form(&[("code", "c0de")]).follow(1).send().await.unwrap();
    assert_eq!((answer.status, end.asked().len()), (307, 1));
}

#[tokio::test]
async fn a_circle_of_redirects_ends() {
    let (server, port) = Server::start(LOCAL, 0, moved(301, "/again")).await;
    let answer = client(&["127.0.0.1"]).get(&format!("http://127.0.0.1:{port}/")).follow(4).send().await.unwrap();
    assert_eq!((answer.status, server.asked().len()), (301, 5));
}

#[tokio::test]
async fn ports_may_be_limited_for_hops_too() {
    let (_, end) = Server::start(LOCAL, 0, ok("end")).await;
    let (_, port) = Server::start(LOCAL, 0, moved(302, &format!("http://127.0.0.1:{end}/"))).await;
    let (url, client) = (format!("http://127.0.0.1:{port}/"), client(&["127.0.0.1"]));
    assert!(is_refused(&client.clone().only_ports(&[443]).get(&url).send().await));
    assert!(is_refused(&client.clone().only_ports(&[port]).get(&url).follow(1).send().await));
    assert_eq!(client.only_ports(&[port, end]).get(&url).follow(1).send().await.unwrap().body, b"end");
}

#[tokio::test]
async fn floods_are_cut_off() {
    let client = client(&["127.0.0.1"]);
    // Announced, and not announced.
    let announced = "HTTP/1.1 200 OK\r\ncontent-length: 4000000000\r\n\r\n".to_owned();
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(2_000_000));
    for answer in [announced, endless] {
        let (_, port) = Server::start(LOCAL, 0, answer).await;
        let flood = client.post_form(&format!("http://127.0.0.1:{port}/"), &[("a", "b")]).await;
        assert!(matches!(flood, Err(OutboundError::TooLarge(1_048_576))), "{flood:?}");
    }
    let (_, port) = Server::start(LOCAL, 0, ok("12345")).await;
    let url = format!("http://127.0.0.1:{port}/");
    assert_eq!(client.get(&url).largest(5).send().await.unwrap().body, b"12345");
    assert!(matches!(client.get(&url).largest(4).send().await, Err(OutboundError::TooLarge(4))));
}

#[tokio::test]
async fn a_server_that_drips_runs_out_of_time() {
    let listener = TcpListener::bind((LOCAL, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.read(&mut [0u8; 4096]).await;
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while socket.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    let client = client(&["127.0.0.1"]);
    let request = client.get(&format!("http://127.0.0.1:{port}/?secret=1")).patience(Duration::from_millis(300));
    let error = request.send().await.unwrap_err();
    assert!(matches!(error, OutboundError::TimedOut) && !error.to_string().contains("secret"), "{error:?}");
}

#[tokio::test]
async fn requests_carry_what_they_are_given_and_no_more() {
    let cookie = "HTTP/1.1 200 OK\r\nset-cookie: a=1\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    let (server, port) = Server::start(LOCAL, 0, cookie).await;
    let client = client(&["127.0.0.1"]);
    let url = format!("http://127.0.0.1:{port}/token");
    client.get_json::<Value>(&url, Some("t0ken")).await.unwrap();
    client.post_form(&url, &[("grant type", "a&b")]).await.unwrap();
    client.post(&url).json(&json!({"a": "b"})).send().await.unwrap();
    let asked = server.asked();
    assert!(asked[0].starts_with("GET /token") && asked[0].contains("authorization: Bearer t0ken"));
    assert!(asked[1].starts_with("POST /token") && asked[1].ends_with("\r\n\r\ngrant+type=a%26b"), "{}", asked[1]);
    assert!(asked[1].contains("content-type: application/x-www-form-urlencoded") && !asked[1].contains("t0ken"));
    assert!(asked[2].contains("content-type: application/json") && asked[2].ends_with(r#"{"a":"b"}"#));
    assert!(asked.iter().all(|request| !request.contains("cookie") && !request.contains("accept-encoding")));
    let broken = client.get(&url).header("x-key", "a\r\nhost: evil").send().await;
    assert!(matches!(broken, Err(OutboundError::Request(_))), "{broken:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_no_secret_kept() {
    let listener = TcpListener::bind((LOCAL, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = client(&["127.0.0.1"]).get(&format!("http://127.0.0.1:{port}/?token=1")).send().await.unwrap_err();
    assert!(matches!(error, OutboundError::Unreachable(_)) && !error.to_string().contains("token"), "{error}");
    let (_, port) = Server::start(LOCAL, 0, ok("<html>")).await;
    let error = client(&["127.0.0.1"]).get_json::<Value>(&format!("http://127.0.0.1:{port}/"), None).await;
    assert!(matches!(error, Err(OutboundError::Unreadable(_))), "{error:?}");
}
