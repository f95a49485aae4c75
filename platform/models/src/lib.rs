//! The model port: neutral types for a chat and an embedding, one folder per provider, and the routes that
//! turn a public name into a provider's model with retries and failover (GTW-1, GTW-2).

mod anthropic;
mod catalogue;
mod chat;
mod concessions;
mod config;
mod deepseek;
pub mod embeddings;
mod error;
mod gemini;
mod groq;
mod guard;
mod guardrails;
mod key;
mod kinds;
mod ledger;
mod mistral;
mod models;
pub mod offline;
mod openai;
mod openrouter;
mod port;
mod prices;
mod probe;
mod providers;
mod refusal;
mod relay;
mod retry;
mod roster;
mod routing;
mod sse;
mod strict;
mod timeouts;
mod translate;
mod upstream;
mod voyage;
mod xai;

pub use catalogue::{Modality, ModelFacts, ModelType};
pub use chat::{
    ChatAnswer, ChatEvent, ChatRequest, ChatStream, Finish, Message, ResponseSchema, Role, TemplateCall, Usage,
};
pub use config::{
    BreakerConfig, CacheConfig, CatalogueConfig, ConfigError, GuardConfig, ModelsConfig, Personal, PriceConfig,
    ProviderConfig, ProviderKind, RetryConfig, RouteConfig, RouteTimeoutConfig, Strategy, TargetConfig, TimeoutConfig,
};
pub use error::{ModelError, ModelErrorKind};
pub use guard::AddressRule;
pub use key::ApiKey;
pub use ledger::{AttemptRecord, Caller, Ending, Ledger, Purpose, Reserved, SpendRefused};
pub use models::{ModelInfo, Models};
pub use port::{ChatModel, Embedder};
pub use prices::{LongInput, Price};
pub use probe::{Probe, Reached};
pub use relay::{Passed, Refusal, RelayBody, RelayCall, RelayFailure, Relayed, Vectors};
pub use routing::{Attempt, RoutedStream};
