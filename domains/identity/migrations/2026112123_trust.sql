-- What an account knows beside its address and password (IDN-3, IDN-8).
ALTER TABLE identity_users ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE identity_users ADD COLUMN email_verified_at BIGINT;
ALTER TABLE identity_users ADD COLUMN password_changed_at BIGINT;
ALTER TABLE identity_users ADD COLUMN suspended_at BIGINT;
ALTER TABLE identity_users ADD COLUMN data_retention_days BIGINT NOT NULL DEFAULT 365;
ALTER TABLE identity_users ADD COLUMN notify_new_device BIGINT NOT NULL DEFAULT 1;
ALTER TABLE identity_users ADD COLUMN notify_product BIGINT NOT NULL DEFAULT 0;
ALTER TABLE identity_users ADD COLUMN terms_at BIGINT;
ALTER TABLE identity_users ADD COLUMN privacy_at BIGINT;
ALTER TABLE identity_users ADD COLUMN marketing_at BIGINT;

-- How a login session was opened. A slot is what counts against the plan's concurrent log-ins (IDN-11): sessions from
-- one device share one.
ALTER TABLE identity_login_sessions ADD COLUMN slot TEXT NOT NULL DEFAULT '';
ALTER TABLE identity_login_sessions ADD COLUMN device_id TEXT;
ALTER TABLE identity_login_sessions ADD COLUMN device_name TEXT;
ALTER TABLE identity_login_sessions ADD COLUMN second_factor BIGINT NOT NULL DEFAULT 0;

-- The tokens of links sent by mail. One that is asked for anew replaces the last of its purpose.
CREATE TABLE identity_mail_tokens (
    -- SHA-256 of the token, in hexadecimal.
    token_hash TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    -- The address that the token proves.
    email TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    consumed_at BIGINT
);
CREATE INDEX identity_mail_tokens_by_user ON identity_mail_tokens (user_id, purpose);

-- A change of address waits for a yes from both (IDN-3).
CREATE TABLE identity_email_changes (
    user_id TEXT PRIMARY KEY REFERENCES identity_users (id) ON DELETE CASCADE,
    new_email TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    old_confirmed_at BIGINT,
    new_confirmed_at BIGINT
);

-- Log-ins that have passed the first factor, and passkey ceremonies: what is remembered between two requests.
CREATE TABLE identity_challenges (
    -- SHA-256 of the challenge that the client holds, in hexadecimal.
    challenge_hash TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    user_id TEXT REFERENCES identity_users (id) ON DELETE CASCADE,
    -- What the purpose needs to go on, sealed with the master key.
    sealed_state TEXT,
    failures BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    consumed_at BIGINT
);
CREATE INDEX identity_challenges_by_user ON identity_challenges (user_id, purpose);
CREATE INDEX identity_challenges_by_expiry ON identity_challenges (expires_at);

-- Failed attempts, by what is being tried: an account from one network, an account from anywhere, one network at all.
CREATE TABLE identity_attempts (
    subject TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL
);
CREATE INDEX identity_attempts_by_time ON identity_attempts (last_at);

-- Pictures are small, and every node must have them.
CREATE TABLE identity_avatars (
    user_id TEXT PRIMARY KEY REFERENCES identity_users (id) ON DELETE CASCADE,
    media_type TEXT NOT NULL,
    -- Base64.
    image TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);
