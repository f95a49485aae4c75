-- People are global: one account may belong to several organizations.
CREATE TABLE identity_users (
    id TEXT PRIMARY KEY,
    -- Normalised: trimmed and in lower case, so that the constraint sees what people mean.
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    locale TEXT NOT NULL,
    -- A PHC string; NULL means that no password can log in.
    password_hash TEXT,
    is_operator BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);

-- The organization's own key is named org_id, so that row-level security covers its row too (IDN-21).
CREATE TABLE identity_orgs (
    org_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    plan TEXT NOT NULL,
    plan_status TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE identity_memberships (
    org_id TEXT NOT NULL REFERENCES identity_orgs (org_id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, user_id)
);
CREATE INDEX identity_memberships_by_user ON identity_memberships (user_id, created_at);

CREATE TABLE identity_one_time_links (
    -- SHA-256 of the token, in hexadecimal.
    token_hash TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    consumed_at BIGINT
);
CREATE INDEX identity_one_time_links_by_purpose ON identity_one_time_links (purpose);
