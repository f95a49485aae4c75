-- A login session belongs to a person, not to a tenant; the organization they act in is a property of it. It is also
-- the family of its refresh tokens.
CREATE TABLE identity_login_sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    acting_org TEXT NOT NULL REFERENCES identity_orgs (org_id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT,
    ip TEXT,
    user_agent TEXT
);
CREATE INDEX identity_login_sessions_by_user ON identity_login_sessions (user_id);

-- Each row is one pair: a refresh token and the access token that was issued with it (whose jti is this id).
CREATE TABLE identity_refresh_tokens (
    id TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    login_session_id TEXT NOT NULL REFERENCES identity_login_sessions (id) ON DELETE CASCADE,
    -- The pair this one replaced; NULL for the first of a login session.
    predecessor_id TEXT,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- When it was exchanged for its successor.
    rotated_at BIGINT,
    -- When it was exchanged once more because the answer was lost.
    replayed_at BIGINT,
    -- When it was withdrawn as the lost answer of a replay.
    voided_at BIGINT,
    -- When the pair's access token was first seen.
    access_used_at BIGINT
);
CREATE INDEX identity_refresh_tokens_by_session ON identity_refresh_tokens (login_session_id);
CREATE INDEX identity_refresh_tokens_by_predecessor ON identity_refresh_tokens (predecessor_id);
