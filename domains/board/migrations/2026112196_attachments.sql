-- Files that belong to a session's problem (BRD-1). Their bytes stand here: written, listed and deleted with the session
-- in one transaction, on every node. They come last in the row, so that a list does not read them.
CREATE TABLE board_attachments (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL,
    session_id TEXT NOT NULL REFERENCES board_sessions (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    -- By the content, not by the name.
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    characters BIGINT NOT NULL,
    pages BIGINT,
    state TEXT NOT NULL,
    -- JSON: names of warnings.
    warnings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- The beginning of its text, for the prompt of every seat.
    beginning TEXT NOT NULL,
    content BYTEA NOT NULL
);
CREATE INDEX board_attachments_session ON board_attachments (org_id, session_id, created_at, id);

-- What of them can be cited. A vector is worked out once, when something is first looked up.
CREATE TABLE board_passages (
    attachment_id TEXT NOT NULL REFERENCES board_attachments (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    org_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    locator TEXT NOT NULL,
    text TEXT NOT NULL,
    suspicious BIGINT NOT NULL,
    -- By whom the vector is; its numbers as 32-bit floats, the lowest byte first.
    embedder TEXT,
    vector BYTEA,
    PRIMARY KEY (attachment_id, position)
);
CREATE INDEX board_passages_session ON board_passages (org_id, session_id);
