-- Devices bound to accounts (IDN-10). A device belongs to one account at a time.
CREATE TABLE identity_devices (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    -- A keyed hash: whoever has the database cannot tell which devices these are.
    fingerprint_hash TEXT NOT NULL UNIQUE,
    name TEXT,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL
);
CREATE INDEX identity_devices_by_user ON identity_devices (user_id, created_at);

-- When the last device was removed: one a day.
ALTER TABLE identity_users ADD COLUMN device_removed_at BIGINT;

-- What looks like a shared account (IDN-12). Flags for operators, nothing more.
CREATE TABLE identity_anomalies (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    -- JSON: what was seen.
    details TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    reviewed_at BIGINT,
    reviewed_by TEXT
);
CREATE INDEX identity_anomalies_by_time ON identity_anomalies (created_at, id);
CREATE INDEX identity_anomalies_by_user ON identity_anomalies (user_id, kind);
