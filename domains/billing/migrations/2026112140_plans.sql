-- Plans are rows, which operators edit (PLT-10). A plan has a row for each day from which it is another one; the row in
-- force is the last whose day has come.
CREATE TABLE billing_plans (
    id TEXT NOT NULL,
    effective_from BIGINT NOT NULL,
    name TEXT NOT NULL,
    -- US cents a month; NULL is a price to be agreed.
    price_cents BIGINT,
    -- 1 where the price is for each seat.
    per_seat BIGINT NOT NULL DEFAULT 0,
    -- The order of the price list, from the smallest plan to the largest.
    position BIGINT NOT NULL,
    support TEXT NOT NULL,
    -- JSON: {"feature": {"limit": 5}}. A limit is a number, "unlimited", "contract" (agreed with the customer) or "none",
    -- and a feature that is not named is not in the plan. Beside it: "per": "month" or "life" for what is counted (a
    -- month unless told; bytes of storage for life), "per_seat": true where each seat adds as much, "overage_cents" for
    -- the price of each beyond the limit.
    limits TEXT NOT NULL,
    PRIMARY KEY (id, effective_from)
);

-- The default catalogue. It is in the migration, which runs once in the life of a database: what operators change or
-- delete afterwards can never be put back by a start.
INSERT INTO billing_plans (id, effective_from, name, price_cents, per_seat, position, support, limits) VALUES
('free', 0, 'Free', 0, 0, 1, 'community', '{
    "board_sessions": {"limit": 5},
    "personas": {"limit": 3},
    "solve_sessions": {"limit": 10, "per": "life"},
    "tasks": {"limit": 10},
    "posts": {"limit": 5},
    "emails": {"limit": 3},
    "api_requests": {"limit": 100},
    "devices": {"limit": 1},
    "concurrent_log_ins": {"limit": 1},
    "requests_per_minute": {"limit": 30},
    "solve_history_days": {"limit": 0},
    "images": {"limit": 10},
    "videos": {"limit": 0},
    "storage_bytes": {"limit": 100000000}
}'),
('standard', 0, 'Standard', 1200, 0, 2, 'email', '{
    "board_sessions": {"limit": 15},
    "personas": {"limit": 5},
    "solve_sessions": {"limit": 100, "overage_cents": 20},
    "tasks": {"limit": 30},
    "posts": {"limit": 15},
    "emails": {"limit": 10},
    "api_requests": {"limit": 1000},
    "devices": {"limit": 2},
    "concurrent_log_ins": {"limit": 2},
    "requests_per_minute": {"limit": 60},
    "solve_history_days": {"limit": 30},
    "images": {"limit": 50},
    "videos": {"limit": 2},
    "storage_bytes": {"limit": 1000000000}
}'),
('pro', 0, 'Pro', 2900, 0, 3, 'priority', '{
    "board_sessions": {"limit": 50},
    "personas": {"limit": "unlimited"},
    "solve_sessions": {"limit": "unlimited"},
    "tasks": {"limit": 100},
    "posts": {"limit": 50},
    "emails": {"limit": 25},
    "api_requests": {"limit": 10000},
    "devices": {"limit": 3},
    "concurrent_log_ins": {"limit": 3},
    "requests_per_minute": {"limit": 120},
    "solve_history_days": {"limit": 365},
    "pdf_export": {"limit": "unlimited"},
    "priority": {"limit": "unlimited"},
    "images": {"limit": 200},
    "videos": {"limit": 20},
    "storage_bytes": {"limit": 10000000000}
}'),
('enterprise', 0, 'Enterprise', NULL, 1, 4, 'sla', '{
    "board_sessions": {"limit": "unlimited"},
    "personas": {"limit": "unlimited"},
    "custom_personas": {"limit": "unlimited"},
    "solve_sessions": {"limit": "unlimited"},
    "tasks": {"limit": 1000},
    "posts": {"limit": 500},
    "emails": {"limit": 250},
    "api_requests": {"limit": "unlimited"},
    "devices": {"limit": 5, "per_seat": true},
    "concurrent_log_ins": {"limit": 5, "per_seat": true},
    "requests_per_minute": {"limit": 200, "per_seat": true},
    "solve_history_days": {"limit": 365},
    "pdf_export": {"limit": "unlimited"},
    "priority": {"limit": "unlimited"},
    "images": {"limit": "contract"},
    "videos": {"limit": "contract"},
    "storage_bytes": {"limit": "contract"}
}');

-- What an organization has subscribed to. One without a row has the plan `free`.
CREATE TABLE billing_subscriptions (
    org_id TEXT PRIMARY KEY,
    plan TEXT NOT NULL,
    status TEXT NOT NULL,
    seats BIGINT NOT NULL,
    -- JSON: {"feature": 500} or {"feature": "unlimited"}, what was agreed where the plan says "contract".
    contract TEXT NOT NULL,
    -- The months of its counters begin on this day and at this time of day. It outlives a change of plan.
    started_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    -- `operator:<user id>`, `command_line` or `server`.
    assigned_by TEXT NOT NULL
);

-- How much was used in a period. What counts for life has the period 0.
CREATE TABLE billing_counters (
    org_id TEXT NOT NULL,
    feature TEXT NOT NULL,
    period_start BIGINT NOT NULL,
    used BIGINT NOT NULL,
    PRIMARY KEY (org_id, feature, period_start)
);

-- What can still be given back. Giving back deletes the row, so it happens once.
CREATE TABLE billing_counted (
    org_id TEXT NOT NULL,
    id TEXT NOT NULL,
    feature TEXT NOT NULL,
    period_start BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX billing_counted_by_period ON billing_counted (org_id, feature, period_start);
