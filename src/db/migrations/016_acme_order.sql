-- Orders at CAs that are spoken to over ACME (RFC 8555): what is found here is all that a worker needs to go on.

-- owner: issue
-- One attempt to get one version. It is written before the CA hears of it; an application has one that is open at most.
CREATE TABLE acme_order (
    id TEXT PRIMARY KEY,             -- aord_…
    account_id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    issuer_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    replaces TEXT,                   -- RFC 9773: the certificate whose place it takes; NULL: not said, or not any more
    not_after BIGINT,                -- the end that it asks for; NULL: that is the CA's, which does not take one, or not this
    not_before BIGINT,               -- that is asked for with it
    slot_at BIGINT,                  -- a slot under the CA's limits was taken for newOrder, which was not sent since
    url TEXT,                        -- NULL: the CA has not answered yet
    finalize_url TEXT,
    certificate_url TEXT,
    status TEXT,                     -- pending, ready, processing, valid, invalid …: as the CA said it last
    expires_at BIGINT,               -- the CA's patience; NULL: it names none
    polls BIGINT NOT NULL DEFAULT 0, -- answers in a row that told nothing new; before there is a url, newOrders that were not refused
    poll_at BIGINT,                  -- not before then is it asked again
    processing_until BIGINT,         -- the issuer's patience with an order that is being processed; NULL: it was not yet
    pause_until BIGINT,              -- after trouble nothing is asked before then, whoever wakes the certificate
    problem TEXT,                    -- what the CA said against it, for people; or we, in English
    ended_at BIGINT,
    outcome TEXT CHECK (outcome IN ('issued', 'invalid', 'refused', 'over', 'abandoned', 'dropped')),
    fingerprint TEXT,                -- of the certificate that came of it: by which account it is revoked
    certificate_end_at BIGINT
);
CREATE UNIQUE INDEX acme_order_open ON acme_order (application_id) WHERE ended_at IS NULL;
CREATE INDEX acme_order_certificate ON acme_order (certificate_id, id) WHERE ended_at IS NULL;
CREATE INDEX acme_order_application ON acme_order (application_id, id);
CREATE INDEX acme_order_fingerprint ON acme_order (fingerprint) WHERE fingerprint IS NOT NULL;
CREATE INDEX acme_order_ended ON acme_order (ended_at, id) WHERE ended_at IS NOT NULL;

-- owner: issue
-- A name of such an order, and how it is proven. What was proven stays as long as the order.
CREATE TABLE acme_authorization (
    order_id TEXT NOT NULL,
    number BIGINT NOT NULL,          -- 0, 1, … as the order lists them
    account_id TEXT NOT NULL,
    issuer_id TEXT NOT NULL,
    url TEXT NOT NULL,
    name TEXT,                       -- without "*."; NULL: not asked for yet, as are all that follow
    wildcard BIGINT NOT NULL DEFAULT 0,
    status TEXT,
    challenge_type TEXT,             -- the one that was chosen: http-01 …
    challenge_url TEXT,
    token TEXT,
    answered_at BIGINT,              -- the CA was told that it may look
    validated_at BIGINT,
    expires_at BIGINT,
    problem TEXT,                    -- what the CA said against it, for people
    problem_type TEXT,               -- dns, connection …: the word of RFC 8555, 6.7
    PRIMARY KEY (order_id, number)
) WITHOUT ROWID;

-- owner: issue
-- How it goes with an issuer: who fails three times in a row is passed over for a day.
CREATE TABLE issuer_health (
    account_id TEXT NOT NULL,
    issuer_id TEXT NOT NULL,
    failures BIGINT NOT NULL,        -- in a row
    since BIGINT NOT NULL,           -- the first of them
    avoid_until BIGINT,              -- then one application tries it again; NULL: it is not passed over
    last_error TEXT NOT NULL,        -- code of the last failure
    PRIMARY KEY (account_id, issuer_id)
) WITHOUT ROWID;

-- owner: issue
-- What is to be revoked at the CA that issued it.
CREATE TABLE acme_revocation (
    version_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    issuer_id TEXT NOT NULL,
    reason BIGINT NOT NULL,          -- RFC 5280 CRLReason
    asked_at BIGINT NOT NULL,
    by_key BIGINT NOT NULL DEFAULT 0, -- signed with the certificate's own key: the account may not, or is gone
    problem TEXT,                    -- what the CA said against it, for people
    problem_zh TEXT,                 -- and in Chinese; NULL: the CA's words
    done_at BIGINT
) WITHOUT ROWID;
CREATE INDEX acme_revocation_open ON acme_revocation (certificate_id, version_id) WHERE done_at IS NULL;
