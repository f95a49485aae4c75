//! What is wrong in a configuration is named by its key; what is right is listed.

use std::sync::Arc;

use quorate_kernel::{MicroUsd, SystemClock, SystemIds};
use quorate_models::{
    ConfigError, Models, ModelsConfig, PriceConfig, ProviderConfig, ProviderKind, RouteConfig, RouteTimeoutConfig,
};

fn build(config: &ModelsConfig) -> Result<Models, ConfigError> {
    Models::new(config, Arc::new(SystemClock), Arc::new(SystemIds))
}

fn mine() -> ProviderConfig {
    ProviderConfig::new("mine", ProviderKind::OpenAiCompatible).at("http://127.0.0.1:9/v1")
}

fn with(provider: ProviderConfig, routes: Vec<RouteConfig>) -> ModelsConfig {
    ModelsConfig { providers: vec![provider], routes, ..ModelsConfig::default() }
}

fn default_route() -> Vec<RouteConfig> {
    vec![RouteConfig::new("default", ["mine/m"])]
}

/// The key at fault.
fn fault(config: &ModelsConfig) -> String {
    build(config).err().unwrap().key
}

#[test]
fn nothing_configured_is_the_offline_model() {
    let empty = ModelsConfig { providers: Vec::new(), routes: Vec::new(), ..ModelsConfig::default() };
    for config in [ModelsConfig::default(), empty] {
        let models = build(&config).unwrap();
        assert!(models.is_offline("default"));
        assert_eq!(models.route_targets("default").unwrap(), ["offline/demo"]);
        let list = models.list();
        assert_eq!((list.len(), list[0].id.as_str(), list[0].offline), (1, "offline/demo", true));
        assert_eq!(list[0].price.unwrap().input, MicroUsd::ZERO, "nothing is what it costs");
    }
}

#[test]
fn the_offline_model_never_stands_in() {
    // Configuration merged over the defaults still has their route.
    let merged = with(mine(), ModelsConfig::default().routes);
    assert_eq!(fault(&merged), "models.routes");
    assert!(build(&merged).err().unwrap().message.contains("default"));
    assert_eq!(fault(&with(mine(), Vec::new())), "models.routes");
    let other = vec![RouteConfig::new("default", ["mine/m"]), RouteConfig::new("demo", ["offline/demo"])];
    assert_eq!(fault(&with(mine(), other)), "models.routes.demo.targets");
}

#[test]
fn every_fault_names_its_key() {
    let provider = |name: &str, kind| ProviderConfig::new(name, kind);
    let of = |provider: ProviderConfig| fault(&with(provider, default_route()));
    assert_eq!(of(provider("mine", ProviderKind::OpenAi)), "models.providers.mine.api_key");
    assert_eq!(of(provider("mine", ProviderKind::Anthropic).with_key(" ")), "models.providers.mine.api_key");
    assert_eq!(of(provider("mine", ProviderKind::OpenAiCompatible)), "models.providers.mine.base_url");
    assert_eq!(of(provider("mine", ProviderKind::Gemini)), "models.providers.mine.api_key");
    assert_eq!(of(mine().at("file:///etc/passwd")), "models.providers.mine.base_url");
    assert_eq!(of(provider("a/b", ProviderKind::Offline)), "models.providers.name");
    let mut unset = mine();
    unset.api_key_env = Some("QUORATE_TEST_NO_SUCH_VARIABLE".into());
    assert_eq!(of(unset), "models.providers.mine.api_key_env");

    let routes = |routes| fault(&with(mine(), routes));
    assert_eq!(routes(vec![RouteConfig::new("default", ["nobody/m"])]), "models.routes.default.targets");
    assert_eq!(routes(vec![RouteConfig::new("default", ["mine"])]), "models.routes.default.targets");
    assert_eq!(routes(vec![RouteConfig::new("default", Vec::<String>::new())]), "models.routes.default.targets");
    assert_eq!(routes(vec![RouteConfig::new("a/b", ["mine/m"])]), "models.routes.a/b.name");
    assert_eq!(routes([default_route(), default_route()].concat()), "models.routes.default.name");
    let mut hasty = default_route();
    hasty[0].timeouts = RouteTimeoutConfig { idle: Some(0.0), ..RouteTimeoutConfig::default() };
    assert_eq!(routes(hasty), "models.routes.default.timeouts.idle");

    let mut config = with(mine(), default_route());
    config.providers.push(mine());
    assert_eq!(fault(&config), "models.providers.mine.name");
    let mut config = with(mine(), default_route());
    config.embeddings = Some("nobody/m".into());
    assert_eq!(fault(&config), "models.embeddings");
    config.embeddings = None;
    config.retries.attempts = 0;
    assert_eq!(fault(&config), "models.retries.attempts");
    config.retries.attempts = 1;
    config.retries.base = f64::NAN;
    assert_eq!(fault(&config), "models.retries.base");
    config.retries.base = 1.0;
    config.prices =
        vec![PriceConfig { model: "m".into(), input: 1.0, output: 1.0, cached_read: None, cache_write: None }];
    assert_eq!(fault(&config), "models.prices.m");
}

#[test]
fn models_are_listed_with_their_routes_and_prices() {
    let claude = ProviderConfig::new("claude", ProviderKind::Anthropic).with_key("sk-ant");
    let mut config = with(mine(), default_route());
    config.providers.push(claude);
    config.providers.push(ProviderConfig::new("demo", ProviderKind::Offline));
    config.routes[0].targets.push("claude/claude-sonnet-5".into());
    config.routes.push(RouteConfig::new("cheap", ["mine/m"]));
    let models = build(&config).unwrap();
    let list = models.list();
    let ids: Vec<&str> = list.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(ids, ["mine/m", "claude/claude-sonnet-5", "demo/demo"]);
    assert_eq!(list[0].routes, ["default", "cheap"]);
    assert_eq!(list[0].price, None);
    assert_eq!(list[1].price.unwrap().input, MicroUsd(2_000_000));
    assert!(!models.is_offline("default") && models.is_offline("demo/demo") && !models.is_offline("nobody"));
    assert_eq!(models.resolve("claude/other").unwrap(), ["claude/other"]);
    assert_eq!(models.resolve("nobody/m"), None);
    assert_eq!(models.price("claude/unheard-of"), None);
}
