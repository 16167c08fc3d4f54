-- Control over names (SPEC section 9).

-- owner: validate
-- Control over a name: the record or file that is asked for, and whether it was found. A name that was proven in advance
-- covers what lies below it (dns) or itself (file). One open row for each name and method of an account.
CREATE TABLE validation (
    id TEXT PRIMARY KEY,             -- val_…
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,              -- without "*.": what is proven; or an IP address
    method TEXT NOT NULL CHECK (method IN ('dns', 'file')),
    wildcard BIGINT NOT NULL DEFAULT 0, -- a wildcard below the name is wanted: CAA has a word of its own for it
    token TEXT NOT NULL,             -- 32 random bytes in hex; what must be found is made of it and the account
    created_at BIGINT NOT NULL,
    token_end_at BIGINT NOT NULL,    -- a random value lives 30 days
    validated_at BIGINT,
    ended_at BIGINT,                 -- nothing is looked for any more
    end_reason TEXT,                 -- validated, expired, removed, not_needed
    advance BIGINT NOT NULL DEFAULT 0, -- asked for in advance by a person; else an application needs it
    asked_at BIGINT,                 -- a person asked for a check, last
    removed_at BIGINT,               -- lists show it no more, and nothing relies on it
    challenge TEXT,                  -- dns-01, …: published by ourselves, as for a CA; NULL: a person publishes it
    tries BIGINT NOT NULL DEFAULT 0, -- checks that did not find it
    last_check_at BIGINT,
    last_reason TEXT                 -- validate/reason.c
);
CREATE UNIQUE INDEX validation_open ON validation (account_id, name, method) WHERE ended_at IS NULL;
CREATE INDEX validation_good ON validation (account_id, name, validated_at) WHERE validated_at IS NOT NULL;
-- Whose a name is: that of the account which proved it last.
CREATE INDEX validation_name ON validation (name, validated_at) WHERE validated_at IS NOT NULL;
CREATE INDEX validation_account ON validation (account_id, id);
-- How often an account asks for checks.
CREATE INDEX validation_asked ON validation (account_id, asked_at) WHERE asked_at IS NOT NULL;

-- owner: validate
-- What each server answered. Kept 30 days, the last of each validation for good.
CREATE TABLE validation_check (
    id TEXT PRIMARY KEY,             -- vck_…
    account_id TEXT NOT NULL,
    validation_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    reason TEXT NOT NULL,            -- found, or what stood in the way
    detail_en TEXT NOT NULL,
    detail_zh TEXT NOT NULL,
    answers TEXT NOT NULL            -- JSON: [{server, question, answer, ms}]
);
CREATE INDEX validation_check_of ON validation_check (validation_id, id);
CREATE INDEX validation_check_age ON validation_check (at, id);
