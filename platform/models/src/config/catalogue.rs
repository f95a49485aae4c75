use serde::{Deserialize, Serialize};

use crate::catalogue::{Modality, ModelType};

/// What a target is (GTW-3). What is left out is as the shipped list has it, or unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueConfig {
    /// The target, `provider/model`.
    pub model: String,
    /// What it answers with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ModelType>,
    /// The longest input and output together, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<u64>,
    /// The longest answer, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output: Option<u64>,
    /// What may stand in a question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input: Vec<Modality>,
    /// Whether it calls tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<bool>,
    /// Whether an answer can be held to a JSON schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json_schema: Option<bool>,
    /// Whether it thinks before it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<bool>,
}

impl CatalogueConfig {
    /// An entry that says nothing yet.
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            kind: None,
            context: None,
            max_output: None,
            input: Vec::new(),
            tools: None,
            json_schema: None,
            reasoning: None,
        }
    }
}
