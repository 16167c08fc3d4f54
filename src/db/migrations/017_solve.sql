-- Publishing what CAs look for (SPEC section 9): how names are proven, and what is published now.

-- owner: solve
-- Names at and below a zone are proven in this way. The longest zone counts, then the order in which they were made.
CREATE TABLE solver (
    id TEXT PRIMARY KEY,             -- slv_…
    account_id TEXT NOT NULL,
    zone TEXT NOT NULL,              -- lower case, no final dot; "." for every name
    type TEXT NOT NULL CHECK (type IN ('http-01', 'dns-01', 'tls-alpn-01', 'dns-persist-01')),
    kind TEXT NOT NULL,              -- solve/solver.c: kinds[]
    settings TEXT NOT NULL,          -- JSON object: the fields of the kind
    sealed BYTEA,                    -- its secret, by the signer under `id`; NULL: it has none
    doubt_seconds BIGINT NOT NULL,   -- so long what we see may delay what the CA is asked
    created_at BIGINT NOT NULL,
    removed_at BIGINT                -- chosen no more; what it has published is still taken away with it
);
CREATE INDEX solver_account ON solver (account_id, id) WHERE removed_at IS NULL;
CREATE INDEX solver_zone ON solver (account_id, zone, id) WHERE removed_at IS NULL;
CREATE INDEX solver_removed ON solver (removed_at, id) WHERE removed_at IS NOT NULL;

-- owner: solve
-- One thing that is published for one authorization: a row before it is made, open until it was taken away again.
CREATE TABLE solution (
    id TEXT PRIMARY KEY,             -- sol_…
    account_id TEXT NOT NULL,
    application_id TEXT,             -- NULL: a test of a solver, or for a validation of our own
    validation_id TEXT,              -- what looks for it is Tenure itself; NULL: a CA does
    certificate_id TEXT,             -- what is woken when the CA may look
    name TEXT NOT NULL,              -- without "*."; or an IP address
    type TEXT NOT NULL,
    kind TEXT NOT NULL,
    solver_id TEXT,                  -- NULL: a kind that needs no row
    doubt_seconds BIGINT NOT NULL,   -- as the solver had it then
    token TEXT NOT NULL,             -- base64url; '' where the type has none
    key_authorization TEXT,
    value TEXT,                      -- of the TXT record
    place TEXT,                      -- the record's name behind all CNAMEs, or the file
    handle TEXT,                     -- what the provider calls it
    created_at BIGINT NOT NULL,
    placed_at BIGINT,                -- published
    ready_at BIGINT,                 -- the CA may look
    unwanted_at BIGINT,              -- the CA has decided, or nobody wants it any more
    removed_at BIGINT,               -- taken away again
    looks BIGINT NOT NULL DEFAULT 0,
    looked_at BIGINT,
    reason TEXT,                     -- what the last look found (validate/reason.c), or the code of a failure
    detail_en TEXT,
    detail_zh TEXT
);
CREATE UNIQUE INDEX solution_once ON solution (application_id, name, type, token) WHERE removed_at IS NULL;
CREATE INDEX solution_account ON solution (account_id, id);
CREATE INDEX solution_waiting ON solution (account_id, id) WHERE ready_at IS NULL AND unwanted_at IS NULL AND removed_at IS NULL;
CREATE INDEX solution_certificate ON solution (certificate_id, id);
CREATE INDEX solution_validation ON solution (validation_id) WHERE validation_id IS NOT NULL AND removed_at IS NULL;
CREATE INDEX solution_test ON solution (account_id, created_at) WHERE application_id IS NULL AND validation_id IS NULL;
CREATE INDEX solution_solver ON solution (solver_id) WHERE removed_at IS NULL;
-- What the responders answer from.
CREATE INDEX solution_token ON solution (token) WHERE removed_at IS NULL;
CREATE INDEX solution_place ON solution (place) WHERE removed_at IS NULL;
CREATE INDEX solution_name ON solution (name, type) WHERE removed_at IS NULL;
CREATE INDEX solution_removed ON solution (removed_at, id) WHERE removed_at IS NOT NULL;

-- owner: solve
-- What each server answered when we looked. Goes with its solution, the oldest of many before.
CREATE TABLE solution_look (
    id TEXT PRIMARY KEY,             -- slk_…
    account_id TEXT NOT NULL,
    solution_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    detail_en TEXT NOT NULL,
    detail_zh TEXT NOT NULL,
    answers TEXT NOT NULL            -- JSON: [{server, question, answer, ms}]
);
CREATE INDEX solution_look_of ON solution_look (solution_id, id);

-- owner: solve
-- A name whose record is to lead to the responder's zone by a CNAME, and whether it does. Looked at daily.
CREATE TABLE delegation (
    id TEXT PRIMARY KEY,             -- dlg_…
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,              -- without "*."
    created_at BIGINT NOT NULL,
    looks BIGINT NOT NULL DEFAULT 0, -- since it was there last, or since it was made
    looked_at BIGINT,
    seen_at BIGINT,                  -- it leads there since; NULL: it does not
    reason TEXT,                     -- what the last look found: validate/reason.c
    detail_en TEXT,
    detail_zh TEXT,
    removed_at BIGINT,               -- watched no more
    UNIQUE (account_id, name)
);
CREATE INDEX delegation_account ON delegation (account_id, id) WHERE removed_at IS NULL;

-- owner: solve
-- Records of dns-persist-01: each lets one account of one CA prove control over a name for as long as it stands there.
CREATE TABLE persist_record (
    id TEXT PRIMARY KEY,             -- prs_…
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,              -- without "*."
    issuer TEXT NOT NULL,            -- the domain name by which the CA calls itself
    account_uri TEXT NOT NULL,
    wildcard BIGINT NOT NULL,        -- 1: for wildcards and names below, too
    until_at BIGINT NOT NULL,        -- it holds before that; 0: for ever
    value TEXT NOT NULL,             -- the TXT record as it was generated
    solver_id TEXT,                  -- places it; NULL: a person does
    place TEXT,                      -- its name behind all CNAMEs, before it is placed there
    handle TEXT,                     -- what the provider calls it
    created_at BIGINT NOT NULL,
    placed_at BIGINT,
    seen_at BIGINT,                  -- the last look that found it
    looked_at BIGINT,
    misses BIGINT NOT NULL DEFAULT 0, -- looks since then that did not
    reason TEXT,                     -- what the last look found (validate/reason.c), or the code of a failure
    detail_en TEXT,
    detail_zh TEXT,
    unwanted_at BIGINT,
    removed_at BIGINT
);
CREATE UNIQUE INDEX persist_record_once ON persist_record (account_id, name, issuer, account_uri, wildcard, until_at)
    WHERE removed_at IS NULL;
CREATE INDEX persist_record_account ON persist_record (account_id, id) WHERE removed_at IS NULL;
CREATE INDEX persist_record_removed ON persist_record (removed_at, id) WHERE removed_at IS NOT NULL;

-- owner: solve
-- Which account may prove a name by what this installation itself serves: its responder, its web roots, its hooks.
CREATE TABLE name_grant (
    id TEXT PRIMARY KEY,             -- ngr_…
    account_id TEXT NOT NULL,
    zone TEXT NOT NULL,              -- an administrator's: for names at and below it, "." for all; an automatic one: the name
    automatic BIGINT NOT NULL,       -- 1: the account proved it when it was the only one here
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,         -- to the day; an automatic one goes when it was not used for long
    UNIQUE (zone, account_id)
);
CREATE INDEX name_grant_used ON name_grant (used_at, id) WHERE automatic = 1;
