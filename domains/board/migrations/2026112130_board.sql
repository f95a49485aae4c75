-- A session's head: what lists and pages show. Truth is in board_events; this follows it in the same transaction.
CREATE TABLE board_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    title TEXT,
    brief TEXT NOT NULL,
    status TEXT NOT NULL,
    phase TEXT NOT NULL,
    outcome TEXT,
    failure TEXT,
    model TEXT,
    offline_demo BIGINT NOT NULL DEFAULT 0,
    questions TEXT NOT NULL DEFAULT '[]',
    answer_deadline BIGINT,
    held BIGINT NOT NULL DEFAULT 0,
    stopping BIGINT NOT NULL DEFAULT 0,
    last_sequence BIGINT NOT NULL DEFAULT 0,
    -- Raised by each worker that takes the session; a worker with an older one can no longer write.
    epoch BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    completed_at BIGINT
);
CREATE INDEX board_sessions_newest ON board_sessions (org_id, created_at DESC, id DESC);

-- The log (BRD-20). Cost and thinking are for operators and never leave with the payload.
CREATE TABLE board_events (
    org_id TEXT NOT NULL,
    session_id TEXT NOT NULL REFERENCES board_sessions (id) ON DELETE CASCADE,
    sequence BIGINT NOT NULL,
    type TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    payload TEXT NOT NULL,
    calls BIGINT NOT NULL DEFAULT 0,
    cost_micros BIGINT,
    PRIMARY KEY (session_id, sequence)
);

CREATE TABLE board_contributions (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL,
    session_id TEXT NOT NULL REFERENCES board_sessions (id) ON DELETE CASCADE,
    sequence BIGINT NOT NULL,
    payload TEXT NOT NULL,
    thinking TEXT,
    temperature DOUBLE PRECISION,
    cost_micros BIGINT
);
CREATE INDEX board_contributions_session ON board_contributions (org_id, session_id, sequence);

CREATE TABLE board_votes (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL,
    session_id TEXT NOT NULL REFERENCES board_sessions (id) ON DELETE CASCADE,
    sequence BIGINT NOT NULL,
    payload TEXT NOT NULL,
    cost_micros BIGINT
);
CREATE INDEX board_votes_session ON board_votes (org_id, session_id, sequence);

CREATE TABLE board_reports (
    session_id TEXT NOT NULL PRIMARY KEY REFERENCES board_sessions (id) ON DELETE CASCADE,
    org_id TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
