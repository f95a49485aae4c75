use std::fmt;

/// One configuration key, as documented. `docs/configuration.md` is made from these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfigKey {
    /// The key: `server.listen`. `[]` stands for each entry of a list of tables.
    pub key: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Its default as written in TOML without quotes; empty when there is none.
    pub default: &'static str,
    /// What it does.
    pub description: &'static str,
}

/// What a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// Text that is never shown.
    Secret,
    /// `HOST:PORT`.
    Address,
    /// A URL.
    Url,
    /// A path.
    Path,
    /// A whole number.
    Count,
    /// Seconds; may be fractional where the default is.
    Seconds,
    /// US dollars.
    Dollars,
    /// A number with decimals.
    Number,
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of texts.
    TextList,
    /// A list of tables, `[[key]]`; in the environment a JSON array of objects.
    Tables,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Secret => f.write_str("secret text"),
            Self::Address => f.write_str("HOST:PORT"),
            Self::Url => f.write_str("URL"),
            Self::Path => f.write_str("path"),
            Self::Count => f.write_str("whole number"),
            Self::Seconds => f.write_str("seconds"),
            Self::Dollars => f.write_str("US dollars"),
            Self::Number => f.write_str("number"),
            Self::Flag => f.write_str("true or false"),
            Self::Choice(words) => f.write_str(&words.join(" | ")),
            Self::TextList => f.write_str("list of texts"),
            Self::Tables => f.write_str("list of tables; in the environment a JSON array"),
        }
    }
}

/// Every configuration key there is, grouped by section in reading order.
#[must_use]
pub fn reference() -> Vec<ConfigKey> {
    KEYS.to_vec()
}

/// The entry of a key written with `[]`.
pub(super) fn find(key: &str) -> Option<&'static ConfigKey> {
    KEYS.iter().find(|entry| entry.key == key)
}

/// The keys below a section, or of each entry of a list: their next part, each once.
pub(super) fn children(section: &str) -> Vec<&'static str> {
    let mut parts = Vec::new();
    for entry in KEYS {
        let rest = if section.is_empty() {
            Some(entry.key)
        } else {
            entry.key.strip_prefix(section).and_then(|rest| rest.strip_prefix('.'))
        };
        let Some(part) = rest.and_then(|rest| rest.split(['.', '[']).next()) else { continue };
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts
}

const fn key(key: &'static str, kind: Kind, default: &'static str, description: &'static str) -> ConfigKey {
    ConfigKey { key, kind, default, description }
}

const KEYS: &[ConfigKey] = &[
    key("server.listen", Kind::Address, "127.0.0.1:8080", "Where to listen. Port 0 takes any free one."),
    key(
        "server.public_url",
        Kind::Url,
        "",
        "The address that browsers use, without a path. Follows from `server.listen` when absent. With `https` cookies \
         are sent over TLS only.",
    ),
    key("server.cors_origins", Kind::TextList, "[]", "Other origins whose pages may call the API."),
    key(
        "server.trusted_proxies",
        Kind::TextList,
        "[]",
        "Addresses or networks of the proxies in front of the server, whose `X-Forwarded-For` is believed.",
    ),
    key(
        "server.drain_seconds",
        Kind::Seconds,
        "20",
        "How long requests and jobs under way may take to finish at shutdown. What is not finished goes on at the next \
         start.",
    ),
    key(
        "database.url",
        Kind::Url,
        "",
        "`sqlite:///path/quorate.db` or `postgres://user:password@host/database`. `quorate.db` in the data directory \
         when absent.",
    ),
    key(
        "redis.url",
        Kind::Secret,
        "",
        "What several nodes share stands in this Redis or Valkey: counts of limits, the cache. `redis://host:6379`, \
         `rediss://user:password@host` for TLS, `redis+unix:///path`. One node needs none. While it is away, each node \
         holds its callers to its share of the limits.",
    ),
    key(
        "redis.prefix",
        Kind::Text,
        "quorate",
        "Stands before every key and channel, so that installations can share one Redis.",
    ),
    key(
        "cache.megabytes",
        Kind::Count,
        "64",
        "How much memory answers take that may be given again, in MiB; 0 keeps none. With Redis, for the time in which \
         it is away.",
    ),
    key(
        "limits.by_plan",
        Kind::Flag,
        "true",
        "Whether those who are signed in are held to their plan's requests a minute, each person for themselves.",
    ),
    key(
        "limits.signed_out_requests",
        Kind::Count,
        "100",
        "Requests that one address (of IPv6 one /64 network) may send to routes for which nobody has to be signed in; \
         0 for no limit. Refreshing a log-in may come ten times as often. Behind a proxy `server.trusted_proxies` must \
         name it, or all callers are one.",
    ),
    key("limits.signed_out_seconds", Kind::Seconds, "900", "In how many seconds that many."),
    key(
        "models.embeddings",
        Kind::Text,
        "",
        "Who measures novelty and drift: `local` (no network; also when absent) or `provider/model` of a provider that \
         has embeddings.",
    ),
    key(
        "models.providers",
        Kind::Tables,
        "[{ name = \"offline\", kind = \"offline\" }]",
        "The servers that can be asked. Once you configure one, configure the route `default` too: the offline demo \
         model never takes a place by itself.",
    ),
    key(
        "models.routes",
        Kind::Tables,
        "[{ name = \"default\", targets = [\"offline/demo\"] }]",
        "Public names over one or more targets. The board uses `default` unless `board.routes` or a session names \
         others.",
    ),
    key("models.prices", Kind::Tables, "[]", "Prices that stand before the shipped list."),
    key(
        "models.catalogue",
        Kind::Tables,
        "[]",
        "What models are, before the shipped list. What is left out is as shipped, or unknown.",
    ),
    key("models.breaker.window", Kind::Seconds, "30.0", "How far back a target's failures count."),
    key("models.breaker.least_calls", Kind::Count, "5", "Calls in the window below which nothing is concluded."),
    key(
        "models.breaker.error_ratio",
        Kind::Number,
        "0.5",
        "The share of failed calls from which on a target is left alone: it is asked when no other answers.",
    ),
    key(
        "models.breaker.open",
        Kind::Seconds,
        "5.0",
        "How long a target is left alone at first. It doubles each time the one call that then finds out fails, too.",
    ),
    key("models.breaker.max_open", Kind::Seconds, "120.0", "The longest a target is left alone."),
    key(
        "models.breaker.max_cool_down",
        Kind::Seconds,
        "60.0",
        "The longest a target is left alone because it answered 429 with a `Retry-After`.",
    ),
    key("models.retries.attempts", Kind::Count, "3", "Attempts at one target, the first included."),
    key(
        "models.retries.base",
        Kind::Seconds,
        "0.5",
        "The longest first wait. It doubles with each attempt; the wait is a random part of it.",
    ),
    key("models.retries.cap", Kind::Seconds, "20.0", "The longest wait of our own choosing."),
    key(
        "models.retries.max_wait",
        Kind::Seconds,
        "60.0",
        "The longest wait a provider may ask for with `Retry-After`. When it asks for more, the next target is tried \
         at once.",
    ),
    key("models.timeouts.connect", Kind::Seconds, "10.0", "Until a connection stands, name look-up and TLS included."),
    key("models.timeouts.first_token", Kind::Seconds, "60.0", "From the start of an attempt to its first piece."),
    key("models.timeouts.idle", Kind::Seconds, "30.0", "Between two pieces of an answer."),
    key("models.timeouts.total", Kind::Seconds, "300.0", "From the start of an attempt to its end."),
    key(
        "models.providers[].name",
        Kind::Text,
        "",
        "The name that targets begin with: `name/model`. Letters, digits, `-`, `_` and `.`.",
    ),
    key("models.providers[].kind", Kind::Choice(PROVIDER_KINDS), "", "What the provider speaks."),
    key(
        "models.providers[].base_url",
        Kind::Url,
        "",
        "Where it is, up to and including `/v1`; a bare `http://host:port` gets the `/v1` by itself. Known for all kinds \
         but `openai-compatible`.",
    ),
    key("models.providers[].api_key", Kind::Secret, "", "The key. Prefer `api_key_env` in files that others can read."),
    key("models.providers[].api_key_env", Kind::Text, "", "The environment variable that holds the key."),
    key(
        "models.providers[].offline.tokens_per_second",
        Kind::Number,
        "160.0",
        "How fast the offline demo model writes; 0 for as fast as possible.",
    ),
    key(
        "models.providers[].offline.faults",
        Kind::Tables,
        "[]",
        "Failures that the offline demo model plays, for demonstrations and tests.",
    ),
    key(
        "models.providers[].offline.faults[].kind",
        Kind::Choice(&["rate_limit", "timeout", "cut", "malformed", "unavailable"]),
        "",
        "What goes wrong.",
    ),
    key(
        "models.providers[].offline.faults[].template",
        Kind::Text,
        "",
        "Only calls whose template name contains this; any call when absent.",
    ),
    key(
        "models.providers[].offline.faults[].persona",
        Kind::Text,
        "",
        "Only calls for the persona with this code; any call when absent.",
    ),
    key(
        "models.providers[].offline.faults[].nth",
        Kind::Count,
        "1",
        "The first matching call to fail, counted from 1.",
    ),
    key("models.providers[].offline.faults[].attempt", Kind::Count, "", "Another name of `nth`."),
    key(
        "models.providers[].offline.faults[].times",
        Kind::Count,
        "",
        "How many matching calls fail from there on; all of them when absent.",
    ),
    key(
        "models.providers[].offline.faults[].retry_after_s",
        Kind::Seconds,
        "",
        "The wait that a rate limit names; none when absent.",
    ),
    key("models.routes[].name", Kind::Text, "", "The name, without `/`."),
    key(
        "models.routes[].strategy",
        Kind::Choice(&["priority", "weighted", "least-latency", "least-cost", "sticky"]),
        "priority",
        "How a target is chosen. `priority`: in the order written. `weighted`: at random, by weight. `least-latency`: \
         whose first token came soonest lately. `least-cost`: the cheapest, unknown prices last. `sticky`: the same for \
         one conversation. Whatever it is, a target that fails is followed by the next, and one that is down comes last.",
    ),
    key(
        "models.routes[].targets",
        Kind::TextList,
        "",
        "`provider/model`, in order of preference; with a share of its own as `{ target = \"provider/model\", weight = 3 }`. \
         A weight is 1 unless told; with 0 a target is asked only when no other answers.",
    ),
    key(
        "models.routes[].sticky",
        Kind::Flag,
        "false",
        "Whether a conversation stays with its target, so that its prompt cache is of use. It moves while that is down.",
    ),
    key(
        "models.routes[].hedge_after",
        Kind::Seconds,
        "",
        "How long to wait for a first piece before a second target is asked beside the first. The sooner answer is \
         taken; both may cost. Never when absent.",
    ),
    key(
        "models.routes[].deadline",
        Kind::Seconds,
        "",
        "How long a call may take from its beginning to its end, every attempt and every wait included. As long as the \
         attempts take when absent.",
    ),
    key(
        "models.routes[].restart",
        Kind::Flag,
        "false",
        "Whether an answer that breaks off in the middle is begun again. What was said until then is void. Only the \
         server's own calls begin again: what a caller of `/v1` has been passed cannot be taken back.",
    ),
    key(
        "models.routes[].cache",
        Kind::Flag,
        "false",
        "Whether answers are kept and given again to equal requests of the same organization: `true` for a day, or \
         `{ ttl_seconds = 3600, shared = true }`, where `shared` gives them to every organization.",
    ),
    key(
        "models.routes[].guard.mask",
        Kind::TextList,
        "[]",
        "What is replaced by its name in brackets before a provider sees it: `email`, `phone`, `card`, `iban`, `ip`.",
    ),
    key(
        "models.routes[].guard.block",
        Kind::TextList,
        "[]",
        "Words and phrases with which a request is refused, in whatever case they are written.",
    ),
    key(
        "models.routes[].guard.moderation",
        Kind::Text,
        "",
        "The `provider/model` of OpenAI's moderation format that judges requests before they are sent on. Requests are \
         refused when it does not answer.",
    ),
    key("models.routes[].timeouts.connect", Kind::Seconds, "", "As `models.timeouts.connect`, for this route."),
    key("models.routes[].timeouts.first_token", Kind::Seconds, "", "As `models.timeouts.first_token`, for this route."),
    key("models.routes[].timeouts.idle", Kind::Seconds, "", "As `models.timeouts.idle`, for this route."),
    key("models.routes[].timeouts.total", Kind::Seconds, "", "As `models.timeouts.total`, for this route."),
    key("models.prices[].model", Kind::Text, "", "The target, `provider/model`."),
    key("models.prices[].input", Kind::Dollars, "", "For a million input tokens."),
    key("models.prices[].output", Kind::Dollars, "", "For a million output tokens, reasoning included."),
    key(
        "models.prices[].cached_read",
        Kind::Dollars,
        "",
        "For a million input tokens read from the provider's cache; as `input` when absent.",
    ),
    key(
        "models.prices[].cache_write",
        Kind::Dollars,
        "",
        "For a million input tokens written to the provider's cache; as `input` when absent.",
    ),
    key("models.catalogue[].model", Kind::Text, "", "The target, `provider/model`."),
    key("models.catalogue[].kind", Kind::Choice(&["chat", "embedding"]), "", "What it answers with."),
    key("models.catalogue[].context", Kind::Count, "", "The longest input and output together, in tokens."),
    key("models.catalogue[].max_output", Kind::Count, "", "The longest answer, in tokens."),
    key(
        "models.catalogue[].input",
        Kind::TextList,
        "",
        "What may stand in a question: `text`, `image`, `audio`, `video`.",
    ),
    key("models.catalogue[].tools", Kind::Flag, "", "Whether it calls tools."),
    key("models.catalogue[].json_schema", Kind::Flag, "", "Whether an answer can be held to a JSON schema."),
    key("models.catalogue[].reasoning", Kind::Flag, "", "Whether it thinks before it answers."),
    key(
        "gateway.ledger.queue",
        Kind::Count,
        "10000",
        "Attempts of model calls that wait in memory to be written into the database, at most. Further ones wait in the \
         ledger's log files alone, and are read from there.",
    ),
    key(
        "gateway.ledger.log_megabytes",
        Kind::Count,
        "1024",
        "How large those log files may become while the database is away. Then calls are refused: one that cannot be \
         written down is not made.",
    ),
    key("board.concurrency", Kind::Count, "8", "Model calls that one session may have under way at once."),
    key(
        "board.clarification_timeout_seconds",
        Kind::Seconds,
        "900",
        "How long questions wait for the user before the board goes on without an answer.",
    ),
    key(
        "board.session_timeout_seconds",
        Kind::Seconds,
        "1800",
        "The most a session may deliberate. After that it votes with what it has.",
    ),
    key("board.call_timeout_seconds", Kind::Seconds, "180", "The most one model call may take, retries included."),
    key("board.cost_ceiling_usd", Kind::Dollars, "5.0", "The most one session may cost."),
    key(
        "board.routes",
        Kind::TextList,
        "[\"default\"]",
        "The model routes that seats take in turn, so that a board need not be of one mind's making.",
    ),
    key(
        "board.personas_dir",
        Kind::Path,
        "",
        "A folder of further persona files. One with a bundled code takes its place.",
    ),
    key("board.attachments", Kind::Count, "10", "How many files may be attached to one session."),
    key("board.attachment_megabytes", Kind::Count, "10", "How large one attached file may be, in megabytes."),
    key(
        "board.attachment_characters",
        Kind::Count,
        "200000",
        "How many characters are read of one attached file. The rest is left out, and the file says so.",
    ),
    key(
        "board.attachment_pages",
        Kind::Count,
        "500",
        "How many pages are read of one attached PDF. The rest is left out, and the file says so.",
    ),
    key(
        "identity.password_memory_kib",
        Kind::Count,
        "65536",
        "Memory of one password hash in KiB (Argon2id `m`). Lower it only in tests.",
    ),
    key("identity.password_passes", Kind::Count, "2", "Passes over that memory (Argon2id `t`)."),
    key("identity.password_parallel", Kind::Count, "2", "How many passwords are hashed at once."),
    key(
        "identity.password_queue",
        Kind::Count,
        "256",
        "How many requests may wait for their turn to hash before others are turned away.",
    ),
    key(
        "identity.refresh_settle_ms",
        Kind::Count,
        "50",
        "How many milliseconds a refresh stays open for parallel requests with the same token, which get the same \
         answer.",
    ),
    key(
        "identity.operators_need_second_factor",
        Kind::Flag,
        "false",
        "Whether operators count as operators only after a log-in with two factors.",
    ),
    key(
        "identity.registration",
        Kind::Choice(&["open", "invited", "closed"]),
        "open",
        "Who may make an account: anybody, whoever was invited, or nobody (operators use `quorate users create`).",
    ),
    key(
        "identity.conceal_accounts",
        Kind::Flag,
        "false",
        "Whether a registration never tells that an address has an account; people then sign in after confirming their \
         address by mail, so mail must work.",
    ),
    key(
        "identity.geoip_file",
        Kind::Path,
        "",
        "A database of where addresses are (MaxMind's format, such as GeoLite2-City.mmdb), to notice log-ins that are \
         farther apart than travel allows.",
    ),
    key(
        "identity.providers",
        Kind::Tables,
        "[]",
        "The services that people can sign in with (Google, GitHub, LinkedIn, Apple, any OpenID Connect issuer).",
    ),
    key(
        "identity.issuers",
        Kind::Tables,
        "[]",
        "Whose access tokens are taken as our own (Supabase, Auth0, Keycloak): the account with the same confirmed \
         address, or a new one at first sight.",
    ),
    key("identity.turnstile.site_key", Kind::Text, "", "The public key of the Cloudflare Turnstile widget."),
    key("identity.turnstile.secret_key", Kind::Secret, "", "The secret by which the widget's answers are checked."),
    key(
        "identity.turnstile.verify_url",
        Kind::Url,
        "https://challenges.cloudflare.com/turnstile/v0/siteverify",
        "Where the widget's answers are checked.",
    ),
    key(
        "identity.providers[].name",
        Kind::Text,
        "",
        "Its name in addresses: small letters, digits and `-`. Tell the service that people come back to \
         `<server.public_url>/api/v1/auth/social/<name>/callback`.",
    ),
    key(
        "identity.providers[].kind",
        Kind::Choice(&["google", "github", "linkedin", "apple", "oidc"]),
        "",
        "What it speaks; `oidc` is any OpenID Connect issuer.",
    ),
    key(
        "identity.providers[].label",
        Kind::Text,
        "",
        "What its button says. Known for all kinds but `oidc`, where it is the name when absent.",
    ),
    key("identity.providers[].client_id", Kind::Text, "", "What the service calls us."),
    key(
        "identity.providers[].client_secret",
        Kind::Secret,
        "",
        "The password that the service gave us. Absent for a public client of kind `oidc`, and for Apple.",
    ),
    key("identity.providers[].client_secret_env", Kind::Text, "", "The environment variable that holds that password."),
    key(
        "identity.providers[].issuer",
        Kind::Url,
        "",
        "The issuer, to the letter. Known for all kinds but `oidc`; for a GitHub Enterprise Server its address. Its \
         host may be private.",
    ),
    key(
        "identity.providers[].scopes",
        Kind::TextList,
        "",
        "What is asked for. When absent, what a sign-in needs: the name and the address.",
    ),
    key("identity.providers[].team_id", Kind::Text, "", "Apple only: its name for your team."),
    key("identity.providers[].key_id", Kind::Text, "", "Apple only: its name for the key."),
    key("identity.providers[].private_key", Kind::Secret, "", "Apple only: the text of the key's `.p8` file."),
    key("identity.providers[].private_key_file", Kind::Path, "", "Apple only: the `.p8` file itself."),
    key("identity.issuers[].name", Kind::Text, "", "Its name here: small letters, digits and `-`."),
    key("identity.issuers[].label", Kind::Text, "", "What people see; the name when absent."),
    key("identity.issuers[].issuer", Kind::Text, "", "What its tokens say in `iss`, to the letter."),
    key(
        "identity.issuers[].audience",
        Kind::TextList,
        "",
        "What its tokens must say in `aud`; one of these is enough. For Supabase `[\"authenticated\"]`.",
    ),
    key(
        "identity.issuers[].algorithm",
        Kind::Choice(&["RS256", "ES256", "EdDSA", "HS256"]),
        "",
        "How its tokens are signed. No other algorithm is taken.",
    ),
    key(
        "identity.issuers[].jwks_url",
        Kind::Url,
        "",
        "Where its public keys are. When absent, where `<issuer>/.well-known/openid-configuration` says. Its host may \
         be private.",
    ),
    key(
        "identity.issuers[].shared_secret",
        Kind::Secret,
        "",
        "`HS256` only: the secret that it signs with, 32 characters at least.",
    ),
    key("identity.issuers[].shared_secret_env", Kind::Text, "", "The environment variable that holds that secret."),
    key(
        "identity.issuers[].email_claim",
        Kind::Text,
        "email",
        "Where a token holds the address; a path such as `user.email`.",
    ),
    key(
        "identity.issuers[].email_verified_claim",
        Kind::Text,
        "email_verified",
        "Where a token says that the address was confirmed. Never name a claim that people can set themselves, such as \
         those in Supabase's `user_metadata`: whoever can say that an address is theirs gets its account.",
    ),
    key("identity.issuers[].name_claim", Kind::Text, "name", "Where a token holds the person's name."),
    key(
        "identity.issuers[].confirms_emails",
        Kind::Flag,
        "false",
        "Whether it gives tokens only to people whose address it has confirmed, so that no claim has to say so \
         (Supabase with \"Confirm email\").",
    ),
    key(
        "identity.issuers[].second_factor",
        Kind::Flag,
        "false",
        "Whether its log-in asks for two factors. Otherwise its tokens do not open accounts that have a second factor \
         here.",
    ),
    key("mail.from", Kind::Text, "Quorate <quorate@localhost.localdomain>", "The sender of mails."),
    key(
        "mail.transport",
        Kind::Choice(&["folder", "smtp"]),
        "folder",
        "Where mails go: into `outbox` in the data directory, where operators read them, or to a mail server.",
    ),
    key("mail.smtp.host", Kind::Text, "", "The mail server's host name."),
    key("mail.smtp.port", Kind::Count, "587", "The mail server's port."),
    key(
        "mail.smtp.security",
        Kind::Choice(&["starttls", "tls", "none"]),
        "starttls",
        "How the connection is protected; `none` is for a relay on the same machine.",
    ),
    key("mail.smtp.username", Kind::Text, "", "The user to log in as; nobody logs in without one."),
    key("mail.smtp.password", Kind::Secret, "", "The user's password."),
    key("mail.smtp.timeout_seconds", Kind::Seconds, "30", "How long one mail may take."),
    key(
        "mail.smtp.ca_file",
        Kind::Path,
        "",
        "Certificates (PEM) to trust beside the public ones, for a mail server with a private authority.",
    ),
    key(
        "outbound.allow_hosts",
        Kind::TextList,
        "[]",
        "Host names, addresses or networks that may be asked although they are private, such as an identity provider \
         on premises.",
    ),
    key(
        "security.master_key",
        Kind::Secret,
        "",
        "32 bytes as base64 or 64 hexadecimal digits, under which secrets are encrypted at rest.",
    ),
    key(
        "security.master_key_file",
        Kind::Path,
        "",
        "A file that holds the same. `master.key` in the data directory when both are absent; it is made at the first \
         start. Whoever loses it loses what it protects: keep a copy.",
    ),
    key(
        "jobs.lease_seconds",
        Kind::Seconds,
        "30",
        "How long the jobs of a process that shows no sign of life stay with it. Then another takes them up.",
    ),
    key("jobs.workers", Kind::Count, "16", "Jobs that this process works on at once. A running board session is one."),
    key("log.format", Kind::Choice(&["text", "json"]), "text", "How log lines look."),
    key(
        "log.level",
        Kind::Text,
        "info",
        "`error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,quorate_board=debug`.",
    ),
];

/// What `models.providers[].kind` may be.
const PROVIDER_KINDS: &[&str] = &[
    "offline",
    "openai",
    "anthropic",
    "gemini",
    "xai",
    "openrouter",
    "mistral",
    "deepseek",
    "groq",
    "voyage",
    "openai-compatible",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use figment::error::Kind as ErrorKind;
    use figment::value::{Dict, Value};

    use super::*;
    use crate::config::Config;
    use crate::config::sources::insert;

    /// The fields that the type behind `section` really has, from what it says about a field it does not have.
    fn fields(section: &str) -> BTreeSet<&'static str> {
        const UNKNOWN: &str = "no_such_field";
        let mut value: Value = Dict::from([(UNKNOWN.to_owned(), Value::from(1_u8))]).into();
        let mut parts: Vec<&str> = if section.is_empty() { Vec::new() } else { section.split('.').collect() };
        while let Some(part) = parts.pop() {
            let (name, inner) = match part.strip_suffix("[]") {
                Some(name) => (name, Value::from(vec![value])),
                None => (part, value),
            };
            let mut dict = Dict::new();
            insert(&mut dict, name, inner);
            value = dict.into();
        }
        match value.deserialize::<Config>().expect_err("the field is unknown").kind {
            ErrorKind::UnknownField(field, known) if field == UNKNOWN => known.iter().copied().collect(),
            other => panic!("{section}: {other}"),
        }
    }

    #[test]
    fn every_key_of_the_types_is_documented_and_every_documented_key_exists() {
        let mut sections = vec![String::new()];
        let mut leaves = 0;
        while let Some(section) = sections.pop() {
            let documented: BTreeSet<&str> = children(&section).into_iter().collect();
            assert_eq!(documented, fields(&section), "in the section '{section}'");
            for part in documented {
                let full = if section.is_empty() { part.to_owned() } else { format!("{section}.{part}") };
                match find(&full) {
                    Some(entry) if entry.kind == Kind::Tables => {
                        leaves += 1;
                        sections.push(format!("{full}[]"));
                    }
                    Some(_) => leaves += 1,
                    None => sections.push(full),
                }
            }
        }
        assert_eq!(leaves, KEYS.len());
    }

    #[test]
    fn documented_defaults_are_the_real_ones() {
        let effective = serde_json::to_value(Config::default()).unwrap();
        for entry in KEYS.iter().filter(|entry| !entry.key.contains('[')) {
            let value = effective.pointer(&format!("/{}", entry.key.replace('.', "/"))).unwrap();
            let wanted = match value {
                serde_json::Value::Null => String::new(),
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Array(_) if entry.kind == Kind::Tables && entry.default != "[]" => {
                    let document: toml::Table = format!("it = {}", entry.default).parse().unwrap();
                    for (given, real) in document["it"].as_array().unwrap().iter().zip(value.as_array().unwrap()) {
                        for (name, text) in given.as_table().unwrap() {
                            assert_eq!(serde_json::to_value(text).unwrap(), real[name], "{}", entry.key);
                        }
                    }
                    continue;
                }
                other => other.to_string(),
            };
            assert_eq!(entry.default, wanted, "{}", entry.key);
        }
    }

    #[test]
    fn keys_are_grouped_and_described() {
        let mut seen = Vec::new();
        for entry in KEYS {
            let section = entry.key.rsplit_once('.').unwrap().0;
            if seen.last() != Some(&section) {
                assert!(!seen.contains(&section), "{section} stands in two places");
                seen.push(section);
            }
            assert!(entry.description.ends_with('.'), "{}", entry.key);
        }
    }
}
