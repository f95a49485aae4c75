use std::path::Path;

use super::*;
use crate::config::{Flag, LogFormat};

/// What a file, variables and flags come to.
fn given(file: &str, environment: &[(&str, &str)], flags: &[Flag]) -> Result<Loaded, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("quorate.toml"), file).unwrap();
    let sources = Sources {
        data_dir: folder.path().join("data"),
        file: None,
        flags: flags.to_vec(),
        environment: environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        current_dir: folder.path().to_owned(),
    };
    let folder = folder.path().display().to_string();
    load(&sources).map_err(|errors| errors.0.iter().map(|issue| issue.to_string().replace(&folder, "DIR")).collect())
}

fn listen(value: &str) -> Flag {
    Flag { flag: "--listen", key: "server.listen", value: value.to_owned() }
}

#[test]
fn nothing_has_to_be_configured() {
    let loaded = load(&Sources { data_dir: "./data".into(), ..Sources::default() }).unwrap();
    assert_eq!(loaded.config.database_url(), "sqlite://./data/quorate.db");
    assert_eq!(loaded.config.public_url(), "http://127.0.0.1:8080");
    assert_eq!(loaded.file, None);
}

#[test]
fn a_later_source_wins() {
    let file = "[server]\nlisten = '0.0.0.0:1'\ndrain_seconds = 5\n[log]\nlevel = 'warn'\n[jobs]\nworkers = 3";
    let environment = [("QUORATE__SERVER__LISTEN", "0.0.0.0:2"), ("QUORATE__JOBS__WORKERS", "4")];
    let config = given(file, &environment, &[listen("0.0.0.0:3")]).unwrap().config;
    assert_eq!(config.server.listen, "0.0.0.0:3");
    assert_eq!(config.server.drain_seconds, 5);
    assert_eq!(config.jobs.workers, 4);
    assert_eq!(config.log.level, "warn");
    assert_eq!(config.log.format, LogFormat::Text);
}

#[test]
fn every_problem_is_named_with_its_key_and_its_source() {
    let file = "
        lisen = 1
        [server]
        listn = '127.0.0.1:1'
        public_url = 'board.example'
        drain_seconds = 'long'
        [database]
        url = 'mysql://x'
        [board]
        concurrency = 0
        routes = 'default'
        [log]
        format = 'xml'
        level = 'a=b=c'
        [[models.providers]]
        name = 'mine'
        kind = 'openia'
    ";
    let environment = [("QUORATE__JOBS__WORKERS", "many"), ("QUORATE__SECURITY__MASTERKEY", "s3cret")];
    insta::assert_snapshot!(given(file, &environment, &[listen("nowhere")]).unwrap_err().join("\n"));
}

#[test]
fn problems_of_models_name_their_keys() {
    let provider =
        "[[models.providers]]\nname = 'mine'\nkind = 'openai-compatible'\nbase_url = 'http://127.0.0.1:1/v1'\n";
    let cases = [
        // The offline demo model never stands in for a provider that is configured.
        provider.to_owned(),
        format!("{provider}[[models.routes]]\nname = 'default'\ntargets = ['yours/x']"),
        format!("{provider}[[models.routes]]\nname = 'default'\ntarget = ['mine/x']"),
        format!("{provider}[[models.routes]]\nname = 'default'\ntargets = ['mine/x']\n[board]\nroutes = ['fast']"),
        "[[models.providers]]\nname = 'claude'\nkind = 'anthropic'".to_owned(),
        "[[models.providers]]\nkind = 'offline'".to_owned(),
    ];
    let problems: Vec<String> = cases.iter().map(|file| given(file, &[], &[]).unwrap_err().join("\n")).collect();
    insta::assert_snapshot!(problems.join("\n---\n"));
}

#[test]
fn providers_and_routes_may_come_from_the_environment() {
    let providers =
        r#"[{"name":"mine","kind":"openai-compatible","base_url":"http://127.0.0.1:1/v1","api_key":"sk-1"}]"#;
    let routes = r#"[{"name":"default","targets":["mine/llama3"]}]"#;
    let environment = [("QUORATE__MODELS__PROVIDERS", providers), ("QUORATE__MODELS__ROUTES", routes)];
    let config = given("", &environment, &[]).unwrap().config;
    assert_eq!(config.models.routes.len(), 1);
    assert_eq!(config.models.routes[0].targets, ["mine/llama3"]);
}

#[test]
fn secrets_are_never_shown() {
    let key = "5".repeat(64);
    let file = format!(
        "[database]\nurl = 'postgres://quorate:hunter2@db/quorate'\n[security]\nmaster_key = '{key}'\n[redis]\nurl = 'redis://:hunter2@redis'\n\
         [[models.providers]]\nname = 'mine'\nkind = 'openai-compatible'\nbase_url = 'http://127.0.0.1:1/v1'\napi_key = 'sk-hunter2'\n\
         [[models.routes]]\nname = 'default'\ntargets = ['mine/x']\n"
    );
    let loaded = given(&file, &[("QUORATE__LOG__LEVEL", "debug")], &[listen("127.0.0.1:9")]).unwrap();
    let shown = loaded.to_toml();
    for secret in ["hunter2", key.as_str()] {
        assert!(!shown.contains(secret) && !format!("{loaded:?}").contains(secret), "{shown}");
    }
    // What is shown is itself a configuration.
    let table: toml::Table = shown.parse().unwrap();
    assert_eq!(table["server"]["listen"].as_str(), Some("127.0.0.1:9"));
    let folder = loaded.file.as_deref().and_then(Path::parent).unwrap().display().to_string();
    let own: Vec<&str> = shown.lines().filter(|line| !line.ends_with("# default")).collect();
    insta::assert_snapshot!(own.join("\n").replace(&folder, "DIR"));
    // A secret of the wrong type is not quoted in the complaint either.
    let complaint = given("[security]\nmaster_key = 12345678", &[], &[]).unwrap_err().join("\n");
    assert!(complaint.starts_with("security.master_key:") && !complaint.contains("12345678"), "{complaint}");
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_the_line() {
    let problems = given("[server]\nlisten = \n", &[], &[]).unwrap_err();
    assert!(problems[0].contains("line 2") && problems[0].contains("DIR/quorate.toml"), "{problems:?}");
    let sources = Sources { file: Some("/no/such/quorate.toml".into()), ..Sources::default() };
    let problems = load(&sources).unwrap_err().to_string();
    assert!(problems.contains("/no/such/quorate.toml") && problems.contains("cannot be read"), "{problems}");
}

#[test]
fn only_one_file_is_read_and_the_other_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    std::fs::create_dir(&data_dir).unwrap();
    std::fs::write(data_dir.join("quorate.toml"), "[jobs]\nworkers = 2").unwrap();
    let mut sources =
        Sources { data_dir: data_dir.clone(), current_dir: folder.path().to_owned(), ..Sources::default() };
    assert_eq!(load(&sources).unwrap().config.jobs.workers, 2);
    std::fs::write(folder.path().join("quorate.toml"), "[jobs]\nworkers = 3").unwrap();
    let loaded = load(&sources).unwrap();
    assert_eq!(loaded.config.jobs.workers, 3);
    assert_eq!(loaded.unread_file, Some(data_dir.join("quorate.toml")));
    // The same file under two names is one file.
    sources.current_dir = data_dir;
    assert_eq!(load(&sources).unwrap().unread_file, None);
}
