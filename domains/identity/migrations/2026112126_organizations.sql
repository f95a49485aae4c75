-- The organization that came with somebody's account (IDN-20). All there are so far did.
ALTER TABLE identity_orgs ADD COLUMN personal BIGINT NOT NULL DEFAULT 0;
UPDATE identity_orgs SET personal = 1;

-- An invitation is open until it is accepted, revoked or out of time. Its history stays with the organization.
CREATE TABLE identity_invitations (
    id TEXT PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES identity_orgs (org_id) ON DELETE CASCADE,
    -- Normalised, as the addresses of accounts are.
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    -- SHA-256 of the token in the newest mail, in hexadecimal.
    token_hash TEXT NOT NULL UNIQUE,
    invited_by TEXT REFERENCES identity_users (id) ON DELETE SET NULL,
    created_at BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    accepted_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX identity_invitations_newest ON identity_invitations (org_id, created_at);
CREATE INDEX identity_invitations_by_inviter ON identity_invitations (invited_by);
