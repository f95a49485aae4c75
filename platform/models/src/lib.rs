//! The model port: neutral types for a chat and an embedding, one folder per provider, and the routes that
//! turn a public name into a provider's model with retries and failover (GTW-1, GTW-2).

pub mod anthropic;
mod chat;
mod config;
pub mod embeddings;
mod error;
mod models;
pub mod offline;
pub mod openai;
mod port;
mod prices;

pub use chat::{
    ChatAnswer, ChatEvent, ChatRequest, ChatStream, Finish, Message, ResponseSchema, Role, TemplateCall, Usage,
};
pub use config::{ModelsConfig, PriceConfig, ProviderConfig, ProviderKind, RouteConfig, Strategy};
pub use error::{ModelError, ModelErrorKind};
pub use models::{Attempt, ModelInfo, Models, RoutedStream};
pub use port::{ChatModel, Embedder};
pub use prices::Price;
