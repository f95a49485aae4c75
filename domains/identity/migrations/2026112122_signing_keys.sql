CREATE TABLE identity_signing_keys (
    kid TEXT PRIMARY KEY,
    -- 1 for the key that signs, NULL for the retired ones: the constraint leaves room for one, also when two nodes
    -- make their first key at the same moment.
    active_slot BIGINT UNIQUE,
    public_key TEXT NOT NULL,
    -- The private key, sealed with the master key.
    sealed_private TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);
