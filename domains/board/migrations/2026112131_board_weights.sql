-- What the user gives each criterion of a decision matrix to weigh (BRD-28). It may change after the session's log has
-- ended, so it is not part of it.
CREATE TABLE board_weights (
    org_id TEXT NOT NULL,
    session_id TEXT NOT NULL REFERENCES board_sessions (id) ON DELETE CASCADE,
    sub_problem BIGINT NOT NULL,
    weights TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (session_id, sub_problem)
);
