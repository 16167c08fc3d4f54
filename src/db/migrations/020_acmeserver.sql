-- The ACME server (acmeserver/): what its clients have. Today it is the test CA, with a database of its own.

-- owner: acmeserver
-- An account of a client (RFC 8555, 7.1.2).
CREATE TABLE served_account (
    id TEXT PRIMARY KEY,             -- acmeacct_…
    spki BYTEA NOT NULL,             -- its public key
    thumbprint TEXT NOT NULL UNIQUE, -- of that key (RFC 7638): a key serves one account, for good
    contact TEXT,                    -- "mailto:a@example.com …"
    terms_agreed BIGINT NOT NULL,
    external_kid TEXT,               -- the external account that it is bound to
    status TEXT NOT NULL CHECK (status IN ('valid', 'deactivated')),
    created_at BIGINT NOT NULL
);

-- owner: acmeserver
-- An order (7.1.3). Pending and ready ones count as invalid from expires_at on.
CREATE TABLE served_order (
    id TEXT PRIMARY KEY,             -- acmeord_…
    account_id TEXT NOT NULL REFERENCES served_account (id),
    names TEXT NOT NULL,             -- of its identifiers, sorted
    profile TEXT NOT NULL,
    not_before BIGINT,               -- as asked for
    not_after BIGINT,
    replaces TEXT,                   -- what RFC 9773 calls the certificate that it replaces
    status TEXT NOT NULL CHECK (status IN ('pending', 'ready', 'processing', 'valid', 'invalid')),
    expires_at BIGINT NOT NULL,
    problem TEXT,                    -- why it is invalid, as JSON
    certificate_id TEXT,             -- from finalize on
    created_at BIGINT NOT NULL
);
CREATE INDEX served_order_account ON served_order (account_id, id);
CREATE INDEX served_order_names ON served_order (account_id, names, id);
CREATE INDEX served_order_open ON served_order (created_at, id) WHERE status IN ('pending', 'ready');

-- owner: acmeserver
-- That an account controls a name (7.1.4). Valid ones are used by several orders.
CREATE TABLE served_authorization (
    id TEXT PRIMARY KEY,             -- acmeauth_…
    account_id TEXT NOT NULL REFERENCES served_account (id),
    name TEXT NOT NULL,              -- without "*.", or an IP address
    wildcard BIGINT NOT NULL,        -- 1: for "*.name"
    status TEXT NOT NULL CHECK (status IN ('pending', 'valid', 'invalid', 'deactivated')),
    expires_at BIGINT NOT NULL
);
CREATE INDEX served_authorization_name ON served_authorization (account_id, name, wildcard, id);

-- owner: acmeserver
-- Which authorizations an order needs.
CREATE TABLE served_order_authorization (
    order_id TEXT NOT NULL REFERENCES served_order (id),
    position BIGINT NOT NULL,
    authorization_id TEXT NOT NULL REFERENCES served_authorization (id),
    PRIMARY KEY (order_id, position)
) WITHOUT ROWID;
CREATE INDEX served_order_authorization_back ON served_order_authorization (authorization_id, order_id);

-- owner: acmeserver
-- A way to prove it (7.1.5).
CREATE TABLE served_challenge (
    id TEXT PRIMARY KEY,             -- acmechal_…
    account_id TEXT NOT NULL REFERENCES served_account (id),
    authorization_id TEXT NOT NULL REFERENCES served_authorization (id),
    position BIGINT NOT NULL,
    type TEXT NOT NULL,              -- http-01 …
    token TEXT,                      -- NULL: a type without one
    status TEXT NOT NULL CHECK (status IN ('pending', 'processing', 'valid', 'invalid')),
    validated_at BIGINT,
    problem TEXT                     -- why it is invalid, as JSON
);
CREATE UNIQUE INDEX served_challenge_authorization ON served_challenge (authorization_id, position);

-- owner: acmeserver
-- A certificate: a row with serial number, dates and key before anything is signed.
CREATE TABLE served_certificate (
    id TEXT PRIMARY KEY,             -- acmecert_…
    account_id TEXT NOT NULL REFERENCES served_account (id),
    order_id TEXT NOT NULL UNIQUE REFERENCES served_order (id),
    ca_id TEXT NOT NULL,             -- the intermediate that signs
    serial TEXT NOT NULL UNIQUE,     -- lower-case hex
    names TEXT NOT NULL,
    spki BYTEA NOT NULL,
    not_before BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    der BYTEA,                       -- NULL: not signed yet
    identifier TEXT UNIQUE,          -- what RFC 9773 calls it
    replaced_by TEXT,                -- the order that names it in `replaces`, unless that became invalid
    window_start BIGINT,             -- of renewal, moved by hand; NULL: as its dates have it
    window_end BIGINT,
    revoked_at BIGINT,
    reason BIGINT
);
CREATE INDEX served_certificate_revoked ON served_certificate (ca_id, revoked_at, serial) WHERE revoked_at IS NOT NULL;

-- owner: acmeserver
-- Another root above an intermediate: the alternate chain (7.4.2).
CREATE TABLE served_alternate (
    id TEXT PRIMARY KEY,             -- acmeroot_…
    ca_id TEXT NOT NULL UNIQUE,      -- the intermediate
    root BYTEA NOT NULL,             -- certificate
    crossed BYTEA NOT NULL           -- the intermediate's name and key, signed by that root
);
