use serde_json::{Map, Value};

/// A request in nobody's format.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// The model or route that was named.
    pub model: String,
    /// The conversation, instructions included.
    pub turns: Vec<Turn>,
    /// The tools that may be called.
    pub tools: Vec<Tool>,
    /// Whether one has to be.
    pub tool_choice: Option<ToolChoice>,
    /// Whether several may be called at once.
    pub parallel_tools: Option<bool>,
    /// The form the answer must have, if it is to be JSON.
    pub form: Option<AnswerForm>,
    /// The most tokens the answer may have.
    pub max_output_tokens: Option<u64>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    pub top_p: Option<f64>,
    /// Sampling among the likeliest tokens.
    pub top_k: Option<u64>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// A wish for the same answer again.
    pub seed: Option<i64>,
    /// How much to think, in words.
    pub effort: Option<Effort>,
    /// How much to think, in tokens; 0 is not at all.
    pub thinking_budget: Option<u64>,
    /// An opaque name of the end user.
    pub user: Option<String>,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// Whether a stream is to say its usage.
    pub stream_usage: bool,
    /// Fields that only the format they came in knows. A writer of the same format writes them back, others leave them.
    pub extra: Map<String, Value>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Instructions.
    System,
    /// The person, or the program that asks; also the results of tools.
    User,
    /// The model.
    Assistant,
}

/// One message.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub parts: Vec<Part>,
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Text.
    Text {
        /// The text.
        text: String,
        /// Whether the provider's prompt cache may keep everything up to here.
        cache: bool,
    },
    /// A picture.
    Image(Image),
    /// The model wants a tool called.
    ToolCall {
        /// The call's id, by which the result refers to it.
        id: String,
        /// The tool.
        name: String,
        /// Its arguments as JSON text, possibly not valid when a model wrote it.
        arguments: String,
    },
    /// What a tool answered.
    ToolResult {
        /// The id of the call.
        id: String,
        /// What came out: text and pictures.
        parts: Vec<Part>,
        /// Whether the tool failed.
        failed: bool,
    },
    /// The model's thinking, with the signature its provider wants back unchanged.
    Thinking {
        /// The text.
        text: String,
        /// The provider's signature.
        signature: Option<String>,
    },
    /// Thinking that only its provider can read.
    SealedThinking(String),
    /// The model's refusal.
    Refusal(String),
}

/// A picture for the model to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Where it is.
    pub source: ImageSource,
    /// OpenAI's `detail`, where it was given.
    pub detail: Option<String>,
}

/// Where a picture is.
#[derive(Debug, Clone, PartialEq)]
pub enum ImageSource {
    /// At an address that the provider fetches.
    Url(String),
    /// In the request.
    Base64 {
        /// `image/png` …
        media_type: String,
        /// The bytes in standard base64.
        data: String,
    },
}

/// A tool that may be called.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// The JSON schema of its arguments.
    pub parameters: Value,
    /// Whether the provider is to enforce the schema.
    pub strict: Option<bool>,
}

/// Whether a tool has to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolChoice {
    /// As the model likes.
    Auto,
    /// None may be.
    None,
    /// At least one has to be.
    Required,
    /// This one has to be.
    Named(String),
}

/// The form of an answer that is to be JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerForm {
    /// Any JSON object.
    Json,
    /// What follows the schema.
    Schema {
        /// A short name.
        name: String,
        /// The JSON schema.
        schema: Value,
        /// Whether the provider is to enforce it.
        strict: Option<bool>,
    },
}

/// How much to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Not at all.
    None,
    /// As little as can be.
    Minimal,
    /// A little.
    Low,
    /// As usual.
    Medium,
    /// Much.
    High,
}
