-- Emergencies: a site is down because its certificate has expired (SPEC section 14).

-- owner: emergency
-- One open emergency for each place. Its row of the queue is the step `emergency`.
CREATE TABLE emergency (
    id TEXT PRIMARY KEY,             -- emg_…
    account_id TEXT NOT NULL,
    host TEXT NOT NULL,              -- what its clients ask for
    port BIGINT NOT NULL,
    address TEXT,                    -- where it is looked at; NULL: where the name leads
    force BIGINT NOT NULL DEFAULT 0, -- also from a CA that its clients may not trust
    stage TEXT NOT NULL,             -- find, issue, deploy, verify, follow_up, closed
    verdict TEXT,                    -- what was seen there at first
    served_fingerprint TEXT,
    served_end_at BIGINT,
    names TEXT,                      -- of the stopgap: those of the old certificate
    targets TEXT,                    -- JSON: [{id, name, paths}], where the old files are
    old_certificate_id TEXT,         -- what was there, if it is known
    original_brand TEXT,             -- what it was, for the follow-up
    original_grade TEXT,
    certificate_id TEXT,             -- the stopgap
    deployed_at BIGINT,              -- its deployments were begun
    live_at BIGINT,
    waits_for TEXT,                  -- what a person must see to: an error code, a verdict, installation …
    waits_detail_en TEXT,
    waits_detail_zh TEXT,
    reminded_at BIGINT,              -- of the follow-up
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    closed_at BIGINT,
    revision BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX emergency_open ON emergency (account_id, host, port) WHERE closed_at IS NULL;
CREATE INDEX emergency_list ON emergency (account_id, id);

-- owner: emergency
-- The journal: a stage is begun here before anything of it is done.
CREATE TABLE emergency_stage (
    emergency_id TEXT NOT NULL,
    stage TEXT NOT NULL,
    account_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    began_at BIGINT NOT NULL,
    ended_at BIGINT,
    result TEXT,
    detail_en TEXT,
    detail_zh TEXT,
    PRIMARY KEY (emergency_id, stage)
);
