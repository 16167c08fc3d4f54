-- What every other slice stands on: numbers, the queue, people and their keys, the audit log, replayed requests.
-- These files are the data dictionary. Times are UTC seconds, ends are half-open (the first second no longer covered),
-- NULL is "never" or "not yet". Ids are texts with a prefix (base/rand.h: id_new). Digests are SHA-256 in lower-case hex.
-- WITHOUT ROWID, which PostgreSQL's migrations leave out, spares SQLite a second tree for tables of short rows.
-- Every row that belongs to somebody names its account. The table schema_version is made by db/migrate.c.

-- owner: db
-- Running numbers: the cloud dialects need integers below 2^53 beside the text ids.
CREATE TABLE sequence (
    name TEXT PRIMARY KEY,           -- certificate, order, csr, deployment …
    value BIGINT NOT NULL            -- the last number given
);

-- owner: db
-- The queue: one row for each subject that something is still to be done for. No references to other tables: a row
-- outlives nothing and is written a thousand times a second.
CREATE TABLE work (
    subject TEXT PRIMARY KEY,        -- the id of a certificate, a deployment, a target …
    account_id TEXT NOT NULL,
    step TEXT NOT NULL,              -- a name of flow's steps[]
    asked_step TEXT,                 -- what else was enqueued meanwhile: begun when the present work is done
    due_at BIGINT NOT NULL,
    wakes BIGINT NOT NULL DEFAULT 0, -- times it was enqueued: a change since the claim is a wake-up not to be lost
    attempts BIGINT NOT NULL DEFAULT 0,  -- failed ones since all was well
    crashes BIGINT NOT NULL DEFAULT 0,   -- times a process died in this step
    last_error TEXT                  -- code of the last failure
) WITHOUT ROWID;
-- Claiming reads the rows it takes, whatever the size of the table, and passes over the few that are leased.
CREATE INDEX work_due ON work (due_at, subject);
-- Counted for metrics; few rows are failing at a time.
CREATE INDEX work_failing ON work (subject) WHERE attempts > 0;

-- owner: db
-- Who works on what: apart from the queue, so that a claim writes to a small table and not all over a large one.
CREATE TABLE lease (
    subject TEXT PRIMARY KEY,
    owner TEXT NOT NULL,             -- the process that has claimed it
    end_at BIGINT NOT NULL,          -- when a lost machine's lease counts as given back
    party TEXT                       -- the laggard that its step is asking; NULL: none
) WITHOUT ROWID;

-- owner: db
-- Who kept a worker for long, and until when it gets one worker at a time. Empty while everybody is quick.
CREATE TABLE laggard (
    party TEXT PRIMARY KEY,          -- 'issuer letsencrypt', 'target tgt_…', 'check acct_…'
    strikes BIGINT NOT NULL,         -- how often in a row, less one
    until BIGINT NOT NULL
) WITHOUT ROWID;

-- owner: account
-- A tenant: everything else belongs to one. The first start makes one.
CREATE TABLE account (
    id TEXT PRIMARY KEY,             -- acct_…
    name TEXT NOT NULL,
    administers BIGINT NOT NULL DEFAULT 0,   -- 1: its owners make accounts and run the shop; the first one, no other
    default_profile TEXT NOT NULL DEFAULT 'modern',  -- policy that certificates brought in are kept under
    created_at BIGINT NOT NULL
);

-- owner: account
-- A person. (The word alone is reserved in SQL.)
CREATE TABLE account_user (
    id TEXT PRIMARY KEY,             -- user_…
    account_id TEXT NOT NULL REFERENCES account (id),
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('auditor', 'reviewer', 'requester', 'operator', 'owner')),
    email TEXT,                      -- in lower case: where messages go, and the name to log in with
    lang TEXT NOT NULL DEFAULT 'en' CHECK (lang IN ('en', 'zh')),    -- of messages
    notify BIGINT NOT NULL DEFAULT 1,    -- 0: gets no messages
    created_at BIGINT NOT NULL,
    disabled_at BIGINT,              -- from then on no key and no secret of the user is believed
    revision BIGINT NOT NULL DEFAULT 0,  -- raised by every change: who changes what was changed meanwhile is told so
    UNIQUE (account_id, name)
);
-- Over all accounts, since it is what one logs in with.
CREATE UNIQUE INDEX account_user_email ON account_user (email) WHERE email IS NOT NULL;

-- owner: account
-- What a program, the command line among them, shows instead of a password: "Authorization: Bearer ID.SECRET".
CREATE TABLE access_key (
    id TEXT PRIMARY KEY,             -- key_…
    account_id TEXT NOT NULL REFERENCES account (id),
    user_id TEXT NOT NULL REFERENCES account_user (id),
    name TEXT NOT NULL,              -- what it is for
    role TEXT NOT NULL CHECK (role IN ('auditor', 'reviewer', 'requester', 'operator', 'owner')), -- what the user's has too holds
    digest TEXT NOT NULL,            -- of the secret: 256 random bits need no slow hash
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,             -- to the hour
    revoked_at BIGINT
);
CREATE INDEX access_key_account ON access_key (account_id, id);

-- owner: account
-- A secret that is traded for an access key once: printed at the first start, there is no default password.
CREATE TABLE login_secret (
    id TEXT PRIMARY KEY,             -- login_…
    account_id TEXT NOT NULL REFERENCES account (id),
    user_id TEXT NOT NULL REFERENCES account_user (id),
    digest TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT
);

-- owner: audit
-- Who changed what, when and from where. Rows are appended in the transaction of the change and never touched again;
-- each hash covers the row and the hash before it. No references: an entry outlives what it tells of.
CREATE TABLE audit (
    sequence BIGINT PRIMARY KEY,     -- 1, 2, 3 … without gaps, over all accounts
    account_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,             -- the access key or user, or "system"
    address TEXT,                    -- of the peer, NULL for our own doing
    action TEXT NOT NULL,            -- noun.verb: access_key.create
    subject TEXT NOT NULL,           -- the id of the object
    before TEXT,                     -- the object as JSON, without secrets
    after TEXT,
    hash TEXT NOT NULL               -- see audit/audit.c
);
CREATE INDEX audit_account ON audit (account_id, sequence);
CREATE INDEX audit_subject ON audit (subject, sequence);

-- owner: audit
-- Where the log ends, in one row: a log whose last entries were cut off does not end there.
CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    sequence BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (id, sequence, hash) VALUES (1, 0, '');

-- owner: account
-- Answers to POST requests that carried an Idempotency-Key, kept for 24 hours and given again.
CREATE TABLE idempotency (
    account_id TEXT NOT NULL,
    key TEXT NOT NULL,               -- what the client chose
    request TEXT NOT NULL,           -- digest of method, path and body: another request with this key is an error
    status BIGINT NOT NULL,
    reply TEXT,                      -- the JSON that was answered
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at, account_id, key);
