-- What was answered to a request that named an Idempotency-Key, so that the same request again changes nothing.
CREATE TABLE http_idempotency (
    org_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    -- As the caller wrote it.
    name TEXT NOT NULL,
    -- Of method, address and body, in hex.
    fingerprint TEXT NOT NULL,
    -- The call at work, and until when it may be believed to be: a server that dies in the middle says nothing more.
    holder TEXT NOT NULL,
    held_until BIGINT NOT NULL,
    -- The answer, sealed, since it may hold secrets; NULL while at work.
    answer TEXT,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, user_id, name)
);
CREATE INDEX http_idempotency_expiry ON http_idempotency (org_id, expires_at);
