-- The authenticator app of an account: set up, then confirmed with a first code (IDN-6).
CREATE TABLE identity_totp (
    user_id TEXT PRIMARY KEY REFERENCES identity_users (id) ON DELETE CASCADE,
    -- Sealed with the master key, for this user.
    sealed_secret TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    -- The last step of time whose code was accepted: each is good once.
    last_step BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE identity_recovery_codes (
    user_id TEXT NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    -- HMAC-SHA-256 under a key derived from the master key, in hexadecimal: a copy of the database alone tells no code.
    code_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE identity_passkeys (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    -- Base64url. One credential belongs to one account.
    credential_id TEXT NOT NULL UNIQUE,
    -- A COSE key, base64url.
    public_key TEXT NOT NULL,
    sign_count BIGINT NOT NULL,
    backup_eligible BIGINT NOT NULL,
    backed_up BIGINT NOT NULL,
    -- Words separated by spaces.
    transports TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX identity_passkeys_by_user ON identity_passkeys (user_id, created_at);
