use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// How long a word of the server may take on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// The mail server of `mail_server.py`, ended when this is dropped.
pub(crate) struct MailServer {
    /// Where it listens on 127.0.0.1.
    pub(crate) port: u16,
    words: Lines<BufReader<ChildStdout>>,
    _ended_when_dropped: Child,
}

/// A mail as Python's own parser reads it.
#[derive(Debug)]
pub(crate) struct Taken(Value);

impl Taken {
    pub(crate) fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }

    pub(crate) fn is(&self, field: &str) -> bool {
        self.0[field].as_bool().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let found: Vec<&Value> =
            self.0["headers"].as_array().unwrap().iter().filter(|header| header[0] == name).collect();
        assert_eq!(found.len(), 1, "{name}: {self:?}");
        found[0][1].as_str().unwrap()
    }

    pub(crate) fn recipients(&self) -> &Value {
        &self.0["rcpt_to"]
    }

    pub(crate) fn defects(&self) -> usize {
        self.0["defects"].as_array().unwrap().len()
    }
}

/// The Python that `tools/need.sh` has put aiosmtpd into.
fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let python = target.join("mail-server/bin/python3");
    assert!(python.exists(), "there is no {}: run `tools/need.sh test`, which installs aiosmtpd", python.display());
    python
}

impl MailServer {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(arguments: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/mail_server.py");
        let mut child = Command::new(python())
            .arg(script)
            .args(arguments)
            // It ends when this end of its input is closed, even if the test is killed.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut words = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = timeout(SOON, words.next_line()).await.expect("the mail server starts").unwrap();
        let line = line.expect("the mail server starts: does `tools/need.sh test` find aiosmtpd installed?");
        let port = serde_json::from_str::<Value>(&line).unwrap()["port"].as_u64().unwrap();
        Self { port: u16::try_from(port).unwrap(), words, _ended_when_dropped: child }
    }

    async fn word(&mut self) -> Value {
        let line = timeout(SOON, self.words.next_line()).await.expect("the mail server hears something").unwrap();
        serde_json::from_str(&line.expect("the mail server lives")).unwrap()
    }

    /// The next mail it takes.
    pub(crate) async fn taken(&mut self) -> Taken {
        let word = self.word().await;
        assert!(word["text"].is_string(), "it took none: {word}");
        Taken(word)
    }

    /// The next reply by which it sends a mail away.
    pub(crate) async fn refused(&mut self) -> String {
        let word = self.word().await;
        word["reply"].as_str().unwrap_or_else(|| panic!("it refused none: {word}")).to_owned()
    }

    /// Asserts that it has heard nothing more.
    pub(crate) async fn heard_nothing(&mut self) {
        let word = timeout(Duration::from_millis(300), self.words.next_line()).await;
        assert!(word.is_err(), "{word:?}");
    }
}
