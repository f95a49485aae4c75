-- Mails on their way. A person's, not a tenant's.
CREATE TABLE outbound_mails (
    id TEXT PRIMARY KEY,
    -- Sending with the same key twice is one mail.
    mail_key TEXT UNIQUE,
    recipient TEXT NOT NULL,
    template TEXT NOT NULL,
    locale TEXT NOT NULL,
    -- queued, sent or failed
    status TEXT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    -- The subject and both texts, sealed with the master key: they hold one-time tokens. Forgotten once it is sent.
    sealed_content TEXT,
    -- The class of the last failure, never the mail's content.
    error TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX outbound_mails_by_time ON outbound_mails (created_at);
