-- One row per job. A queued row waits for run_at; a running one is held by a lease; done and dead rows are history.
CREATE TABLE work_jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    org_id TEXT,
    unique_key TEXT,
    priority BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'dead')),
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    max_attempts BIGINT NOT NULL,
    -- Which node holds the lease, until when, and which of its turns this is: the token grows with every claim.
    lease_owner TEXT,
    lease_until BIGINT,
    lease_token BIGINT NOT NULL,
    -- When a running job has to run once more, because it was asked for again meanwhile.
    rerun BIGINT,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT
);

CREATE UNIQUE INDEX work_jobs_live_key ON work_jobs (kind, unique_key)
    WHERE unique_key IS NOT NULL AND state IN ('queued', 'running');
CREATE INDEX work_jobs_next ON work_jobs (priority DESC, run_at, id) WHERE state = 'queued';
CREATE INDEX work_jobs_state ON work_jobs (state, run_at);
