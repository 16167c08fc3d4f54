-- Issuers that are spoken to by ACME (RFC 8555), and the accounts there.

-- owner: catalog
-- Whom brands may name as their issuer. Made by administrators, the same for all accounts of Tenure: rows name 'system'.
CREATE TABLE issuer (
    id TEXT PRIMARY KEY,             -- chosen by who makes it; what brands and applications name
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('local', 'acme')),
    title_en TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    preset TEXT,                     -- what of profiles/issuers.yaml it was made from
    directory TEXT,                  -- the directory's URL; for good: accounts there are found by it
    tls_roots TEXT,                  -- PEM: trust for talking to it; NULL: the system's
    chain_roots TEXT,                -- PEM: what its chains must end in; NULL: any chain that builds
    contact TEXT,                    -- e-mail addresses, one space between
    terms_agreed_at BIGINT,          -- somebody agreed to its terms of service
    eab_kid TEXT,                    -- external account binding (RFC 8555, 7.3.4)
    eab_sealed BLOB,                 -- its MAC key, sealed under the id ISSUER/eab
    eab_reusable BIGINT NOT NULL,    -- it may bind the accounts of everybody here
    profile TEXT,                    -- certificate profile that is asked for
    preferred_chain TEXT,            -- common name of the top issuer of the chain that is taken
    caa_domains TEXT,                -- what CAA records may name, one space between; NULL: as its directory says
    takes_not_after BIGINT NOT NULL, -- honours notAfter of an order
    takes_not_before BIGINT NOT NULL DEFAULT 0, -- and notBefore
    days_max BIGINT NOT NULL,        -- longest lifetime of its certificates; 0: as the policy says
    grades TEXT,                     -- words; NULL: as the brand says
    public_names BIGINT NOT NULL,    -- it issues for public names and addresses only
    key_algorithms TEXT,             -- words; NULL: as the brand says
    names_max BIGINT NOT NULL,       -- 0: as the brand says
    limits TEXT,                     -- JSON array: rate limits
    finalize_seconds BIGINT NOT NULL, -- how long it may process an order
    withdrawn_at BIGINT,             -- no new orders with it
    changed_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
INSERT INTO issuer (id, account_id, kind, title_en, title_zh, eab_reusable, takes_not_after, days_max, public_names, names_max, finalize_seconds,
    changed_at, revision)
VALUES ('local', 'system', 'local', 'Tenure''s own CA', 'Tenure 自有 CA', 0, 1, 0, 0, 0, 0, 0, 0);

-- owner: issue
-- CAs that do not answer: nobody asks before the time, and then one at first.
CREATE TABLE acme_gate (
    name TEXT PRIMARY KEY,           -- issuer and its revision: a change opens it
    account_id TEXT NOT NULL,        -- 'system': the same for all
    failures BIGINT NOT NULL,        -- times that it was closed in a row
    closed_until BIGINT NOT NULL
);

-- owner: issue
-- How far the clocks of CAs are ahead of ours: written when it changes by more than a minute.
CREATE TABLE acme_clock (
    issuer_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,        -- 'system': the same for all
    offset_seconds BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

-- owner: issue
-- An account at an ACME CA: one for each issuer and account of Tenure, never shared, for a CA reuses what was validated.
-- Its row of the queue is the step `account`.
CREATE TABLE acme_account (
    id TEXT PRIMARY KEY,             -- aca_…
    account_id TEXT NOT NULL,
    issuer_id TEXT NOT NULL,
    url TEXT,                        -- what the CA calls it; NULL: not registered yet
    key_id TEXT NOT NULL,            -- the seals of its key name it
    key_algorithm TEXT NOT NULL,
    thumbprint TEXT NOT NULL,        -- RFC 7638
    spki BLOB NOT NULL,
    key_sealed BLOB NOT NULL,
    next_key_id TEXT,                -- the key it is being rolled over to: stored before the CA hears of it
    next_spki BLOB,
    next_sealed BLOB,
    contact TEXT,                    -- what the CA shall know; NULL: the issuer's
    told_contact TEXT,               -- what it was told last
    eab_kid TEXT,                    -- that it is, or is to be, bound with
    eab_sealed BLOB,                 -- the MAC key of one of its own, under the id ACCOUNT/eab; gone when it is bound
    created_at BIGINT NOT NULL,
    registered_at BIGINT,
    rolled_at BIGINT,
    roll_asked_at BIGINT,            -- of the next key: challenges that are out are waited for, a day at most
    deactivate_at BIGINT,            -- asked for
    deactivated_at BIGINT,           -- done
    gone_at BIGINT,                  -- the CA does not know it any more: a person must see to it
    error TEXT,                      -- code of the last failure
    detail_en TEXT,
    detail_zh TEXT,
    revision BIGINT NOT NULL
);
-- One that is open; those that are over stay for the record.
CREATE UNIQUE INDEX acme_account_open ON acme_account (account_id, issuer_id)
    WHERE deactivated_at IS NULL AND gone_at IS NULL;
CREATE INDEX acme_account_list ON acme_account (account_id, id);
-- No certificate gets the key of an account, nor one that it is being rolled over to.
CREATE INDEX acme_account_key ON acme_account (thumbprint);
CREATE INDEX acme_account_next_key ON acme_account (next_spki) WHERE next_spki IS NOT NULL;
