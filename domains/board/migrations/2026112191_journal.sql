-- What was decided after a board, and how it turned out (BRD-24, BRD-30). One row for each session.
CREATE TABLE board_decisions (
    session_id TEXT NOT NULL PRIMARY KEY REFERENCES board_sessions (id) ON DELETE CASCADE,
    org_id TEXT NOT NULL,
    -- Who recorded it first; reminders go there.
    user_id TEXT NOT NULL,
    course TEXT NOT NULL,
    -- JSON: the decision in force, and those that it replaced, the oldest first.
    record TEXT NOT NULL,
    earlier TEXT NOT NULL DEFAULT '[]',
    decided_at BIGINT NOT NULL,
    review_at BIGINT,
    -- The review date that a reminder was sent for.
    reminded_for BIGINT,
    verdict TEXT,
    -- JSON: what came of it.
    outcome TEXT,
    outcome_at BIGINT
);
CREATE INDEX board_decisions_newest ON board_decisions (org_id, decided_at DESC, session_id DESC);

-- What an organization wants of its boards.
CREATE TABLE board_settings (
    org_id TEXT NOT NULL PRIMARY KEY,
    weigh_by_record BIGINT NOT NULL
);
