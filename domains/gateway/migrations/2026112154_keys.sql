-- API keys (PLT-1). A revoked key stays, since usage names it.
CREATE TABLE gateway_keys (
    org_id TEXT NOT NULL,
    id TEXT NOT NULL,
    -- Whose it is: what it may do never exceeds what they may.
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    -- live or test.
    environment TEXT NOT NULL,
    -- HMAC-SHA256 of the whole token under a key that is not in the database, in hexadecimal.
    hash TEXT NOT NULL,
    last_four TEXT NOT NULL,
    -- The secret before the last rotation, and until when it lives on.
    previous_hash TEXT,
    previous_until BIGINT,
    -- JSON: names of permissions; names of models and routes with *; networks. None of the last two means all.
    scopes TEXT NOT NULL,
    models TEXT NOT NULL,
    allowed_ips TEXT NOT NULL,
    requests_per_minute BIGINT,
    max_concurrency BIGINT,
    -- Micro-dollars a calendar month (UTC).
    monthly_budget BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    rotated_at BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT,
    -- What gateway_versions counted to when it was last changed, so that nodes find what has changed.
    version BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX gateway_keys_by_id ON gateway_keys (id);
CREATE INDEX gateway_keys_by_version ON gateway_keys (version);

-- What nodes keep in memory: each change adds one, in its own transaction. Whoever changes something holds the row until
-- the commit, so that counts become visible in their order.
CREATE TABLE gateway_versions (
    name TEXT PRIMARY KEY,
    version BIGINT NOT NULL
);
INSERT INTO gateway_versions (name, version) VALUES ('keys', 0), ('providers', 0), ('routes', 0), ('budgets', 0);
