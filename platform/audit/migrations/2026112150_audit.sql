-- What was done, by whom, on what, from where (PLT-23). Each entry carries a MAC over its fields and over the MAC of the
-- one before, made with a key that is not in the database.
CREATE TABLE audit_entries (
    -- From 1, without gaps.
    sequence BIGINT PRIMARY KEY,
    happened_at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL CHECK (actor_kind IN ('user', 'operator', 'system', 'command_line', 'anonymous')),
    org_id TEXT,
    action TEXT NOT NULL,
    target_kind TEXT,
    target_id TEXT,
    -- JSON, without personal data.
    state_before TEXT,
    state_after TEXT,
    request_id TEXT,
    -- The personal part of the actor. The chain holds the commitment only, so the rest can be taken out when a person is
    -- erased: then the salt goes, and a seal made with the key stands in its place.
    actor_user_id TEXT,
    ip TEXT,
    user_agent TEXT,
    actor_salt TEXT,
    actor_detached TEXT,
    actor_commitment TEXT NOT NULL,
    -- The same for target_id where the target is a person; all three are empty for any other target.
    target_salt TEXT,
    target_detached TEXT,
    target_commitment TEXT,
    previous_mac TEXT NOT NULL,
    mac TEXT NOT NULL
);
CREATE INDEX audit_entries_by_actor ON audit_entries (actor_user_id, sequence);
CREATE INDEX audit_entries_by_target ON audit_entries (target_kind, target_id, sequence);
CREATE INDEX audit_entries_by_org ON audit_entries (org_id, sequence);
CREATE INDEX audit_entries_by_time ON audit_entries (happened_at);

-- The newest entry, and the last one that retention took away. Its row is the lock that makes writers queue up.
CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    sequence BIGINT NOT NULL,
    mac TEXT NOT NULL,
    base_sequence BIGINT NOT NULL,
    base_mac TEXT NOT NULL,
    -- MAC over the four above; empty as long as nothing was written.
    seal TEXT NOT NULL
);
INSERT INTO audit_head (id, sequence, mac, base_sequence, base_mac, seal) VALUES (1, 0, '', 0, '', '');
