//! What a route does when its targets fail, are slow or break off, and what the ledger is told (GTW-10, GTW-11,
//! GTW-13). The targets are offline models that play their failures, so that nothing but us is tested.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod books;
mod choice;
mod trouble;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use quorate_kernel::{MicroUsd, OrgId, SystemClock, SystemIds};
use quorate_models::offline::{Fault, FaultKind, OfflineConfig};
use quorate_models::{
    AttemptRecord, Caller, ChatAnswer, ChatRequest, Ledger, Message, ModelError, Models, ModelsConfig, PriceConfig,
    ProviderConfig, ProviderKind, Purpose, Reserved, Role, RouteConfig, SpendRefused,
};

/// An offline provider that fails in these ways, each for so many calls.
fn provider(name: &str, speed: f64, faults: &[(FaultKind, u32)]) -> ProviderConfig {
    let mut nth = 1;
    let faults = faults.iter().map(|(kind, times)| {
        let fault = Fault {
            template: None,
            persona: None,
            nth: Some(nth),
            times: Some(*times),
            kind: *kind,
            retry_after_s: (*kind == FaultKind::RateLimit).then_some(30),
        };
        nth += times;
        fault
    });
    let mut config = ProviderConfig::new(name, ProviderKind::Offline);
    config.offline = Some(OfflineConfig { tokens_per_second: speed, faults: faults.collect() });
    config
}

/// The route `default` over `a/demo`, `b/demo`, … of these providers, quick to try again.
fn config(providers: Vec<ProviderConfig>) -> ModelsConfig {
    let targets: Vec<String> = providers.iter().map(|provider| format!("{}/demo", provider.name)).collect();
    let mut config = ModelsConfig { providers, ..ModelsConfig::default() };
    config.prices = targets
        .iter()
        .map(|target| PriceConfig {
            model: target.clone(),
            input: 1.0,
            output: 10.0,
            cached_read: None,
            cache_write: None,
        })
        .collect();
    config.routes = vec![RouteConfig::new("default", targets)];
    config.retries.base = 0.001;
    config
}

fn models(config: &ModelsConfig) -> Models {
    Models::new(config, Arc::new(SystemClock), Arc::new(SystemIds)).unwrap()
}

fn question() -> ChatRequest {
    ChatRequest {
        messages: vec![Message { role: Role::User, content: "Should we move to Lisbon?".into(), cache: false }],
        temperature: None,
        max_output_tokens: Some(500),
        response_schema: None,
        template: None,
        purpose: "test".into(),
        idempotency_key: None,
        conversation: None,
        deadline: None,
        caller: Some(caller()),
    }
}

fn caller() -> Arc<Caller> {
    Arc::new(Caller {
        org_id: OrgId(uuid::Uuid::nil()),
        user_id: None,
        api_key: None,
        purpose: Purpose::Board,
        endpoint: "",
        request_id: "session-1".into(),
    })
}

async fn ask(models: &Models) -> Result<ChatAnswer, ModelError> {
    models.chat("default", question()).await?.collect(|_| {}).await
}

/// A ledger that keeps what it is told, and may refuse.
#[derive(Default)]
struct Books {
    refuse: bool,
    reserved: Mutex<Vec<MicroUsd>>,
    settled: Arc<Mutex<Vec<MicroUsd>>>,
    records: Mutex<Vec<AttemptRecord>>,
}

#[async_trait]
impl Ledger for Books {
    async fn reserve(&self, _: &Caller, most: MicroUsd) -> Result<Reserved, SpendRefused> {
        if self.refuse {
            return Err(SpendRefused::BudgetExceeded { scope: "organization", left: MicroUsd::ZERO });
        }
        self.reserved.lock().unwrap().push(most);
        let settled = Arc::clone(&self.settled);
        Ok(Reserved::new(move |spent| settled.lock().unwrap().push(spent)))
    }

    fn record(&self, attempt: AttemptRecord) {
        self.records.lock().unwrap().push(attempt);
    }
}
