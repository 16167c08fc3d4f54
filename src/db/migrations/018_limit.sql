-- Limits of CAs, the moments at which CAs want certificates renewed, and what CAs hold for proven.

-- owner: issue
-- A bucket of a limit: full again at full_at. One that is full already is no row.
CREATE TABLE limit_bucket (
    id TEXT PRIMARY KEY,             -- directory, name of the limit, what it is counted by: one space between
    account_id TEXT NOT NULL,        -- whose ACME account it is of; 'system' where everybody's orders count
    full_at BIGINT NOT NULL,         -- microseconds
    closed_until BIGINT NOT NULL,    -- seconds: the CA said so; 0: it did not
    last_account_id TEXT             -- who took from it last: accounts take turns
) WITHOUT ROWID;
CREATE INDEX limit_bucket_full ON limit_bucket (full_at, id);

-- owner: issue
-- Who waits for slots: a place at each bucket that the order takes from.
CREATE TABLE limit_wait (
    bucket TEXT NOT NULL,
    subject TEXT NOT NULL,           -- the certificate
    account_id TEXT NOT NULL,
    issuer TEXT NOT NULL,
    limit_name TEXT NOT NULL,
    binds BIGINT NOT NULL,           -- the slot of this bucket comes last
    since BIGINT NOT NULL,
    end_at BIGINT NOT NULL,          -- the nearest is served first
    due_at BIGINT NOT NULL,          -- when it asks again
    PRIMARY KEY (bucket, subject)
) WITHOUT ROWID;
CREATE INDEX limit_wait_order ON limit_wait (bucket, account_id, end_at, subject, binds, due_at);
CREATE INDEX limit_wait_subject ON limit_wait (subject, bucket);
CREATE INDEX limit_wait_due ON limit_wait (due_at, bucket, subject);

-- owner: issue
-- When the CA wants a version renewed (RFC 9773). It goes with the version.
CREATE TABLE suggestion (
    version_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    issuer TEXT NOT NULL,
    ari_id TEXT NOT NULL,            -- what the CA calls the version
    end_at BIGINT NOT NULL,          -- of the version: nobody is asked after that
    window_start BIGINT,             -- NULL: the CA has not said one
    window_end BIGINT,
    moment BIGINT,                   -- a random one in the window, drawn again only if the window changes
    explanation_url TEXT,
    set_at BIGINT,                   -- the certificate's next_issue_at that we know of: another one was asked for by a person
    asked_at BIGINT,                 -- last
    failures BIGINT NOT NULL DEFAULT 0, -- in a row
    haste BIGINT NOT NULL DEFAULT 0, -- versions in a row that the CA wanted replaced early, before this one
    earliest BIGINT                  -- no moment is earlier; NULL: any
) WITHOUT ROWID;
CREATE INDEX suggestion_end ON suggestion (end_at, version_id);

-- owner: validate
-- What a CA holds for proven: the last time for each name, method and CA of an account.
CREATE TABLE ca_validation (
    id TEXT PRIMARY KEY,             -- val_…
    account_id TEXT NOT NULL,
    issuer TEXT NOT NULL,
    name TEXT NOT NULL,              -- without "*."
    wildcard BIGINT NOT NULL,
    method TEXT NOT NULL,            -- http-01 …
    validated_at BIGINT NOT NULL,
    reusable_until BIGINT            -- as that CA says; NULL: it was not asked
);
CREATE UNIQUE INDEX ca_validation_of ON ca_validation (account_id, issuer, name, wildcard, method);
CREATE INDEX ca_validation_list ON ca_validation (account_id, id);
CREATE INDEX ca_validation_age ON ca_validation (validated_at, id);
