-- Links under which a report can be read without signing in (BRD-7). The token itself is stored nowhere.
CREATE TABLE board_shares (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL,
    session_id TEXT NOT NULL REFERENCES board_sessions (id) ON DELETE CASCADE,
    token_hash TEXT NOT NULL UNIQUE,
    -- JSON: what readers are not shown.
    redaction TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX board_shares_session ON board_shares (org_id, session_id, created_at DESC);
