-- The CSR manager, and the keys that must never be used again.

-- owner: certificate
-- A certificate request that was made or uploaded here, to be used in orders and reissues.
CREATE TABLE csr (
    id TEXT PRIMARY KEY,             -- csr_…
    account_id TEXT NOT NULL,
    number BIGINT NOT NULL,          -- the integer id that the cloud dialects need
    name TEXT NOT NULL,              -- what people call it
    names TEXT NOT NULL,             -- as in the request, the main name first
    subject TEXT NOT NULL,           -- RFC 2253 text
    subject_der BYTEA,               -- what the step csr_make puts into the request; NULL once it is there
    key_algorithm TEXT NOT NULL,
    spki_sha256 TEXT,                -- NULL until the key is made
    key_id TEXT,                     -- private_key, NULL if Tenure holds none
    pem TEXT,                        -- NULL until the key is made
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX csr_number ON csr (number);
CREATE INDEX csr_list ON csr (account_id, id);
CREATE INDEX csr_spki ON csr (account_id, spki_sha256, id) WHERE spki_sha256 IS NOT NULL;
-- A key is kept as long as a request has it.
CREATE INDEX csr_key ON csr (key_id) WHERE key_id IS NOT NULL;

-- owner: certificate
-- Which certificates were ordered or reissued with a request of the CSR manager.
CREATE TABLE csr_use (
    csr_id TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    PRIMARY KEY (csr_id, certificate_id)
) WITHOUT ROWID;
CREATE INDEX csr_use_certificate ON csr_use (certificate_id, csr_id);

-- owner: certificate
-- Keys that were reported compromised: refused in requests, imports and orders, and never signed again.
CREATE TABLE compromised_key (
    account_id TEXT NOT NULL,
    spki_sha256 TEXT NOT NULL,
    reported_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, spki_sha256)
) WITHOUT ROWID;
-- The certificates of a key: those of a held one are found by it, the others here. A renewal has a key that is held, so
-- that the many do not pay for the few.
CREATE INDEX version_spki ON version (account_id, spki_sha256, certificate_id) WHERE key_id IS NULL;
