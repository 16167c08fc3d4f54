-- Certificates, orders, applications, the local CA, targets and deployments.
-- Times are UTC seconds, ends are half-open (the first second no longer covered), NULL is "never" or "not yet".
-- Flags are 0 or 1. Lists of words (names, tags) are one text with one space between. Every row names its account.

-- owner: certificate
-- What the user manages. Facts (timestamps and links) are stored; the state is derived from them and from now.
CREATE TABLE certificate (
    id TEXT PRIMARY KEY,             -- cert_…
    account_id TEXT NOT NULL,
    number BIGINT NOT NULL,          -- the integer id that the cloud dialects need
    kind TEXT NOT NULL,              -- official, uploaded, test, pca, discovered
    brand TEXT,                      -- catalogue line, NULL for what was brought in
    vendor TEXT,                     -- of that line: what renewable_brands of a profile names
    profile TEXT NOT NULL,           -- policy profile and its version, for good
    profile_version BIGINT NOT NULL,
    grade TEXT NOT NULL,             -- dv, ov, ev
    domain_type TEXT NOT NULL,       -- single, wildcard, multi, mixed
    key_algorithm TEXT NOT NULL,     -- rsa2048, p256 …
    names TEXT NOT NULL,             -- the first is the main name
    tags TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    order_id TEXT,                   -- the order that created it
    order_kind TEXT,                 -- purchase, renewal, early_renewal, replacement
    years BIGINT NOT NULL DEFAULT 1,
    term BIGINT NOT NULL DEFAULT 1,  -- 1 for the first certificate of its order
    predecessor_id TEXT,
    successor_id TEXT,               -- the one that is not cancelled
    paid_at BIGINT,
    active_at BIGINT,
    submitted_at BIGINT,             -- cleared by a withdrawal
    rejected_at BIGINT,
    reject_reason TEXT,              -- error code
    waits_for TEXT,                  -- what keeps a submitted version from being asked for: an error code, or the gate it waits at
    waits_detail_en TEXT,            -- which object, and what is wrong with it
    waits_detail_zh TEXT,
    in_review BIGINT NOT NULL DEFAULT 0,     -- a reviewer has to decide
    reminded_at BIGINT,              -- the reviewer, last
    letter_needed BIGINT NOT NULL DEFAULT 0,
    letter_at BIGINT,
    cancelled_at BIGINT,
    refunded_at BIGINT,
    revoke_asked_at BIGINT,
    revoked_at BIGINT,
    revoke_reason BIGINT,            -- RFC 5280 CRLReason
    superseded_at BIGINT,            -- all its targets serve the successor
    specification_changed BIGINT NOT NULL DEFAULT 0,
    csr_choice TEXT NOT NULL DEFAULT 'automatic', -- automatic, own, keep
    own_csr TEXT,                    -- PEM, with csr_choice own
    auto_versions BIGINT NOT NULL DEFAULT 1, -- versions inside the coverage are renewed by themselves
    hosted BIGINT NOT NULL DEFAULT 0,        -- managed service
    auto_renew BIGINT NOT NULL DEFAULT 0,    -- ordered anew by itself before its end
    key_compromised_at BIGINT,       -- the key of the current version was reported with another certificate
    came_managed BIGINT NOT NULL DEFAULT 0,  -- activated by the managed service, and not submitted by a person since
    last_threshold_at BIGINT,        -- the last of the moments at which its owner is told of its end
    covered_from BIGINT,             -- issue of the first version
    coverage_end BIGINT,
    carried_seconds BIGINT NOT NULL DEFAULT 0,
    version_id TEXT,                 -- the current version, and copies of what lists show of it
    version_count BIGINT NOT NULL DEFAULT 0,
    not_before BIGINT,
    version_end BIGINT,
    serial TEXT,
    fingerprint TEXT,
    key_held BIGINT NOT NULL DEFAULT 0,
    next_issue_at BIGINT,            -- of the next version, jitter included; fixed when the version is stored
    target_count BIGINT NOT NULL DEFAULT 0, -- targets bound to it
    -- derived by certificate_derive() whenever a fact changes, so that a state is a range over an index
    phase BIGINT NOT NULL,           -- the part of the state that does not depend on the time: enum certificate_phase
    end_at BIGINT,                   -- coverage_end, or version_end where versions are not renewed automatically
    window_at BIGINT,                -- end_at minus the window
    expires_at BIGINT,               -- the earlier of end_at and version_end
    revision BIGINT NOT NULL DEFAULT 0,      -- raised by every change: who changes what he has read names the one he read
    expiry_order BIGINT NOT NULL DEFAULT 253402214400 -- what lists sort by: expires_at, or 9999-12-31 without one
);
CREATE UNIQUE INDEX certificate_number ON certificate (number);
CREATE INDEX certificate_predecessor ON certificate (predecessor_id) WHERE predecessor_id IS NOT NULL;
-- The two orders of lists, without and with a state. Lists walk these in order and pass over what a filter leaves out
-- without a look at the row, so the columns that state, kind and time filters ask for stand behind the key.
CREATE INDEX certificate_list ON certificate (account_id, id);
CREATE INDEX certificate_expiry ON certificate (account_id, expiry_order, id);
CREATE INDEX certificate_phase ON certificate (account_id, phase, id, kind, expires_at, window_at, end_at);
CREATE INDEX certificate_phase_expiry ON certificate (account_id, phase, expiry_order, id, kind, expires_at, window_at, end_at);
-- The few whose last version ended before their coverage: expired, and still renewable.
CREATE INDEX certificate_lapsed ON certificate (account_id, expiry_order, id, phase, kind, expires_at, window_at, end_at)
    WHERE expires_at < end_at;

-- owner: certificate
-- Search: one row for each word of a certificate (certificate/term.c makes them from its row, so that a change touches
-- only the words that differ). The beginnings of words are ranges over the primary key.
CREATE TABLE certificate_term (
    account_id TEXT NOT NULL,
    term TEXT NOT NULL,              -- lower case: a name, '.' and each suffix of it, a tag, serial …, 'kind:' and the kind
    certificate_id TEXT NOT NULL,
    PRIMARY KEY (account_id, term, certificate_id)
) WITHOUT ROWID;

-- owner: certificate
-- One X.509 issuance.
CREATE TABLE version (
    id TEXT PRIMARY KEY,             -- ver_…
    account_id TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    number BIGINT NOT NULL,          -- 1, 2, … within the certificate
    serial TEXT NOT NULL,            -- lower-case hex
    issuer TEXT NOT NULL,            -- RFC 2253 text
    subject TEXT NOT NULL,
    key_algorithm TEXT NOT NULL,
    not_before BIGINT NOT NULL,
    end_at BIGINT NOT NULL,          -- notAfter + 1
    fingerprint TEXT NOT NULL,       -- SHA-256, lower-case hex
    spki_sha256 TEXT NOT NULL,
    key_id TEXT,                     -- private_key, NULL if Tenure holds none
    ca_id TEXT,                      -- ca, NULL if it did not come from the local CA
    stored_at BIGINT NOT NULL,
    revoked_at BIGINT,
    chain_id TEXT
);
CREATE UNIQUE INDEX version_number ON version (certificate_id, number);
-- The same bytes have the same issuer and serial number: fingerprints need no index of their own.
CREATE UNIQUE INDEX version_serial ON version (account_id, issuer, serial);
CREATE INDEX version_key ON version (key_id) WHERE key_id IS NOT NULL;
-- A key that is held is found by its row, any other one here.
CREATE INDEX version_foreign_key ON version (account_id, spki_sha256) WHERE key_id IS NULL;

-- owner: certificate
-- DER apart from the rows that lists read.
CREATE TABLE version_der (
    version_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    der BYTEA NOT NULL
);

-- owner: certificate
-- A chain is stored once, however many certificates of an account it belongs to.
CREATE TABLE chain (
    id TEXT NOT NULL,                -- SHA-256 of the PEM, hex
    account_id TEXT NOT NULL,
    pem TEXT NOT NULL,               -- from the leaf's issuer upwards, without the root where that is known
    PRIMARY KEY (account_id, id)
);

-- owner: certificate
-- Private keys, sealed by the signer. RSA keys are made ahead: until taken_at is set a row is in the pool.
CREATE TABLE private_key (
    id TEXT PRIMARY KEY,             -- key_…
    account_id TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    spki BYTEA NOT NULL,
    spki_sha256 TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    taken_at BIGINT
);
CREATE INDEX private_key_pool ON private_key (account_id, algorithm, id) WHERE taken_at IS NULL;
CREATE INDEX private_key_spki ON private_key (account_id, spki_sha256);

-- owner: order
-- What was bought, under which policy, for good. Its lines, and what it reserves, are in 004_order.sql.
CREATE TABLE orders (
    id TEXT PRIMARY KEY,             -- ord_…
    account_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    kind TEXT NOT NULL,              -- purchase, renewal, early_renewal, replacement, quota
    years BIGINT NOT NULL,           -- 0 for quota
    brand TEXT,                      -- NULL: a package without certificates
    profile TEXT,                    -- NULL for quota
    profile_version BIGINT NOT NULL, -- 0 for quota
    old_certificate_id TEXT,         -- what is renewed or replaced
    certificate_id TEXT,             -- the first one that it created; NULL for quota
    quote_id TEXT NOT NULL,          -- the one that it was made from
    due_amount BIGINT NOT NULL,      -- minor units
    due_currency TEXT NOT NULL,
    provider TEXT NOT NULL,          -- how it is or will be paid
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    payment_due_at BIGINT,           -- unpaid by then it is cancelled; NULL: nothing is due
    paid_at BIGINT,
    cancelled_at BIGINT,             -- never paid, and never will be
    cancel_reason TEXT               -- cancelled, unpaid
);
CREATE UNIQUE INDEX orders_number ON orders (number);
CREATE UNIQUE INDEX orders_quote ON orders (quote_id);
CREATE INDEX orders_list ON orders (account_id, id);

-- owner: apply
-- One request to a CA for one version. At most one is open (not closed_at) for a certificate.
CREATE TABLE application (
    id TEXT PRIMARY KEY,             -- app_…
    account_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    certificate_id TEXT NOT NULL,
    issuer TEXT NOT NULL,            -- local
    names TEXT NOT NULL,
    csr_choice TEXT NOT NULL,
    key_algorithm TEXT NOT NULL,
    key_id TEXT,                     -- private_key, NULL with an own CSR
    spki BYTEA NOT NULL,
    csr TEXT,                        -- PEM: the own one, or where the issuer wants one
    created_at BIGINT NOT NULL,
    closed_at BIGINT,                -- issued, rejected or withdrawn
    version_id TEXT,
    reject_reason TEXT,
    -- what it is decided by; it keeps what was submitted, whatever becomes of the objects
    demands TEXT NOT NULL DEFAULT 'none', -- none, dv, review: of its brand at that time
    grade TEXT NOT NULL DEFAULT 'dv',
    contact_id TEXT,
    organization_id TEXT,
    organization_revision BIGINT,
    contact TEXT,                    -- JSON, as it was when submitted
    organization TEXT,               -- JSON, as it was when submitted
    validation_method TEXT,          -- dns, file; NULL: nobody chose
    submitted_at BIGINT,
    submitted_by TEXT,               -- NULL: by a payment or the managed service
    expires_at BIGINT,               -- the time for validation is over
    review_at BIGINT,                -- waits for a reviewer since then
    reviewed_at BIGINT,
    reviewed_by TEXT,
    reject_text TEXT,                -- the reviewer's own words
    problems TEXT,                   -- JSON: what the CA said against it last, [{"name", "type", "detail"}]
    revision BIGINT NOT NULL DEFAULT 0 -- raised by every decision about it
);
CREATE UNIQUE INDEX application_open ON application (certificate_id) WHERE closed_at IS NULL;
CREATE INDEX application_certificate ON application (certificate_id, id);
-- Which algorithms are still asked for: what the pool of ready keys is kept for.
CREATE INDEX application_algorithm ON application (account_id, key_algorithm, created_at) WHERE csr_choice = 'automatic';

-- owner: issue
-- The journal of what the local CA is about to sign: a repeat signs the same certificate.
CREATE TABLE issuance (
    application_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    ca_id TEXT NOT NULL,
    serial BYTEA NOT NULL,
    issued_at BIGINT NOT NULL,       -- t of SPEC section 7
    not_before BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    coverage_end BIGINT NOT NULL,
    carried_seconds BIGINT NOT NULL
) WITHOUT ROWID;

-- owner: issue
-- The local CA: one root, intermediates under it. Keys are sealed under purpose ca.
CREATE TABLE ca (
    id TEXT PRIMARY KEY,             -- ca_…
    account_id TEXT NOT NULL,
    role TEXT NOT NULL,              -- root, intermediate
    parent_id TEXT,                  -- NULL for the root
    algorithm TEXT NOT NULL,
    der BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    not_before BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX ca_list ON ca (account_id, role, created_at, id);

-- owner: issue
-- What was asked to be revoked, with its date and reason for good. A CRL lists it until one CRL after its end.
CREATE TABLE revocation (
    ca_id TEXT NOT NULL,
    serial TEXT NOT NULL,            -- lower-case hex
    account_id TEXT NOT NULL,
    version_id TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    revoked_at BIGINT NOT NULL,
    reason BIGINT NOT NULL,          -- RFC 5280 CRLReason
    spki_sha256 TEXT NOT NULL,
    end_at BIGINT NOT NULL,          -- of the version
    published_at BIGINT,             -- thisUpdate of the first CRL that lists it
    PRIMARY KEY (ca_id, serial)
);
-- What the next CRL lists, without reading what has expired long ago.
CREATE INDEX revocation_listed ON revocation (ca_id, end_at, serial);
CREATE INDEX revocation_unpublished ON revocation (certificate_id, ca_id, serial) WHERE published_at IS NULL;

-- owner: issue
-- The present CRL of each CA; numbers only rise.
CREATE TABLE crl (
    ca_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    this_update BIGINT NOT NULL,
    next_update BIGINT NOT NULL,
    der BYTEA NOT NULL
);

-- owner: deploy
-- A place where a certificate must be served.
CREATE TABLE target (
    id TEXT PRIMARY KEY,             -- tgt_…
    account_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,              -- file
    files TEXT NOT NULL,             -- JSON: [{"path", "content", "mode", "owner"}]
    test_command TEXT,               -- names of presets or of commands in tenure.yaml
    reload_command TEXT,
    probe_address TEXT,              -- ADDRESS:PORT; NULL: cannot be probed, its deployments end unverified
    server_name TEXT,
    certificate_id TEXT,             -- what it is to serve; moves to the successor when that is issued
    version_id TEXT,                 -- the version last put and verified there
    created_at BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE UNIQUE INDEX target_name ON target (account_id, name) WHERE deleted_at IS NULL;
CREATE INDEX target_list ON target (account_id, id);
CREATE INDEX target_certificate ON target (certificate_id);

-- owner: deploy
-- The files of all targets of this machine: two that wrote the same one would undo each other's work.
CREATE TABLE target_file (
    path TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    target_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX target_file_of ON target_file (target_id, path);

-- owner: deploy
-- One version going to one target.
CREATE TABLE deployment (
    id TEXT PRIMARY KEY,             -- dep_…
    account_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    version_id TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    target_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'verifying', 'done', 'failed', 'rolled_back')),
    cause TEXT NOT NULL,             -- issued, requested, drift
    attempts BIGINT NOT NULL DEFAULT 0,
    probes BIGINT NOT NULL DEFAULT 0, -- of the present attempt
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    finished_at BIGINT,              -- a failed one is tried again until then
    reason TEXT,                     -- error code or verdict of the last failure; superseded
    detail_en TEXT,
    detail_zh TEXT
);
CREATE INDEX deployment_certificate ON deployment (certificate_id, id);
CREATE INDEX deployment_target ON deployment (target_id, number);
-- A newer deployment of a target takes the place of an unfinished one.
CREATE UNIQUE INDEX deployment_open ON deployment (target_id) WHERE finished_at IS NULL;
CREATE INDEX deployment_list ON deployment (account_id, id);

-- owner: verify
-- What was seen at a target, newest kept for 30 days; the last one of each target for good.
CREATE TABLE probe (
    id TEXT PRIMARY KEY,             -- prb_…
    account_id TEXT NOT NULL,
    target_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    detail_en TEXT NOT NULL,
    detail_zh TEXT NOT NULL,
    served_fingerprint TEXT,
    expected_fingerprint TEXT,
    served_end_at BIGINT,
    protocol TEXT,
    cipher TEXT
);
CREATE INDEX probe_target ON probe (target_id, id);
CREATE INDEX probe_age ON probe (at, id);
