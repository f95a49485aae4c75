-- Who a person is to another service (IDN-5). Its issuer and its name for them are the identity; the address is for show.
CREATE TABLE identity_connections (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    -- The name of the provider or issuer in the configuration when they were connected.
    provider TEXT NOT NULL,
    -- The address that the service gave, if it gave one.
    email TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
-- One identity of a service for each account: another one with the same address is another person.
CREATE UNIQUE INDEX identity_connections_by_user ON identity_connections (user_id, issuer);
