CREATE TABLE notes (
    id TEXT PRIMARY KEY,
    org_id TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE kinds (
    id TEXT PRIMARY KEY,
    text_value TEXT,
    int_value BIGINT,
    real_value DOUBLE PRECISION,
    bytes_value BYTEA
);
