-- Providers that operators added at run time (GTW-3). Those of the configuration are not here.
CREATE TABLE gateway_providers (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    -- Null is the kind's own address.
    base_url TEXT,
    -- Sealed under the master key, the name and the address: put beside another address it does not open.
    sealed_key TEXT,
    key_last_four TEXT,
    -- As the key; JSON of names and values.
    sealed_headers TEXT,
    -- JSON: the names alone.
    header_names TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    -- JSON: prices of its models, as in the configuration.
    prices TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Routes that operators added at run time (GTW-10).
CREATE TABLE gateway_routes (
    name TEXT PRIMARY KEY,
    -- JSON, as a route of the configuration.
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- A route leads to providers: one count for both, so that a node never sees one without the other.
INSERT INTO gateway_versions (name, version) VALUES ('models', 0);
DELETE FROM gateway_versions WHERE name IN ('providers', 'routes');
