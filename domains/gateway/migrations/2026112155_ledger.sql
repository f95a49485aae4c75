-- Every attempt of every call (GTW-13). Kept 90 days; what they add up to stays in gateway_usage.
CREATE TABLE gateway_attempts (
    org_id TEXT NOT NULL,
    id TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    user_id TEXT,
    api_key TEXT,
    purpose TEXT NOT NULL,
    -- The path that was called; empty for the server's own work.
    endpoint TEXT NOT NULL,
    request_id TEXT NOT NULL,
    route TEXT NOT NULL,
    -- Who was asked: provider/model.
    model TEXT NOT NULL,
    -- Which attempt of the call, from 1.
    attempt BIGINT NOT NULL,
    latency_us BIGINT NOT NULL,
    first_token_us BIGINT,
    outcome TEXT NOT NULL,
    status BIGINT,
    streamed BIGINT NOT NULL,
    -- NULL where the provider did not say.
    input_tokens BIGINT,
    output_tokens BIGINT,
    cached_tokens BIGINT,
    cache_write_tokens BIGINT,
    reasoning_tokens BIGINT,
    -- Micro-dollars; NULL is unknown, which is not zero.
    cost BIGINT,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX gateway_attempts_by_time ON gateway_attempts (org_id, started_at, id);

-- What the attempts of an hour, a day and a month (UTC) add up to. Written in the transaction that writes the attempts.
-- Kept seven years. What is missing is the empty text, since it is part of the key.
CREATE TABLE gateway_usage (
    org_id TEXT NOT NULL,
    -- hour, day or month.
    grain TEXT NOT NULL,
    -- When it begins, in milliseconds since the epoch.
    begins_at BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    api_key TEXT NOT NULL,
    model TEXT NOT NULL,
    route TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    purpose TEXT NOT NULL,
    -- answered, cached, cancelled or failed.
    outcome TEXT NOT NULL,
    -- Calls, which are counted by their first attempts.
    requests BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cached_tokens BIGINT NOT NULL,
    cache_write_tokens BIGINT NOT NULL,
    reasoning_tokens BIGINT NOT NULL,
    cost BIGINT NOT NULL,
    -- Attempts whose cost is unknown, which `cost` therefore lacks.
    unpriced BIGINT NOT NULL,
    latency_us BIGINT NOT NULL,
    first_token_us BIGINT NOT NULL,
    -- Attempts with a first token, by which first_token_us is divided.
    first_tokens BIGINT NOT NULL,
    PRIMARY KEY (org_id, grain, begins_at, user_id, api_key, model, route, endpoint, purpose, outcome)
);

-- The most that may be spent (GTW-13). Key budgets that were set with the key are in gateway_keys.
CREATE TABLE gateway_budgets (
    org_id TEXT NOT NULL,
    -- organization, key or purpose.
    scope TEXT NOT NULL,
    -- The key's id or the purpose; empty for the organization.
    subject TEXT NOT NULL,
    -- month or total.
    period TEXT NOT NULL,
    -- Micro-dollars.
    cap BIGINT NOT NULL,
    PRIMARY KEY (org_id, scope, subject, period)
);

-- What was spent, and what nodes hold to spend, in a month (UTC) or in total (period 0). Kept for everybody, budget or
-- not, so that one that is set in the middle of a month knows the month. One row decides: spent + leased <= cap.
CREATE TABLE gateway_spend (
    org_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    subject TEXT NOT NULL,
    period_start BIGINT NOT NULL,
    spent BIGINT NOT NULL,
    leased BIGINT NOT NULL,
    PRIMARY KEY (org_id, scope, subject, period_start)
);

-- A node's right to spend so much without asking again. Taken out of `leased` when it has run out, or bit by bit as
-- attempts that it paid for are written down.
CREATE TABLE gateway_leases (
    org_id TEXT NOT NULL,
    id TEXT NOT NULL,
    scope TEXT NOT NULL,
    subject TEXT NOT NULL,
    period_start BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX gateway_leases_by_expiry ON gateway_leases (expires_at);
