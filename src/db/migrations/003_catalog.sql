-- The catalogue: what is sold, for how much from which day on, and packages of quota.
-- Prices are minor units of the currency. The catalogue is the same for all accounts, so its rows name the account 'system'.

-- owner: catalog
-- A line of the catalogue. Those of catalog.yaml come in at each start, unless the API has changed them (origin).
CREATE TABLE brand (
    id TEXT PRIMARY KEY,             -- what orders and certificates name: never changes, a withdrawn line stays
    account_id TEXT NOT NULL,
    position BIGINT NOT NULL,        -- in lists; the first one under the default profile is the default
    vendor TEXT NOT NULL,            -- what a profile's renewable_brands name
    title_en TEXT NOT NULL,          -- may change: certificates keep the id
    title_zh TEXT NOT NULL,
    audience_en TEXT NOT NULL,       -- for whom the grade is meant, or empty
    audience_zh TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('official', 'test')),
    profile TEXT NOT NULL,
    issuer TEXT NOT NULL,            -- local, or a row of `issuer`
    fallback_issuers TEXT NOT NULL,  -- words: tried in this order if it fails
    demands TEXT NOT NULL CHECK (demands IN ('none', 'dv', 'review')), -- before its issuer signs
    letter BIGINT NOT NULL,          -- a confirmation letter, where the profile leaves it to the product
    grades TEXT NOT NULL,            -- words: dv, ov, ev
    domain_types TEXT NOT NULL,      -- words: single, wildcard, multi, mixed
    key_algorithms TEXT NOT NULL,    -- words: rsa2048, p256 …
    names_max BIGINT NOT NULL,       -- in one certificate
    bonus_days BIGINT NOT NULL,      -- granted in a renewal
    coverage_days BIGINT NOT NULL,   -- of a year; 0: the profile's standard_days
    public_names BIGINT NOT NULL,    -- no private addresses, no names that no public CA can hold
    validation_days BIGINT NOT NULL, -- time for validation; then the application is rejected
    currency TEXT NOT NULL,          -- ISO 4217; of its prices, so it never changes
    origin TEXT NOT NULL CHECK (origin IN ('file', 'api')),
    withdrawn_at BIGINT,             -- not sold any more
    changed_at BIGINT NOT NULL,
    revision BIGINT NOT NULL         -- raised by each change
);
CREATE INDEX brand_position ON brand (position, id);

-- owner: catalog
-- What a line costs from a day on: the row with the latest from_at that has come counts. A quote keeps its own.
CREATE TABLE brand_price (
    brand_id TEXT NOT NULL,
    domain_type TEXT NOT NULL,       -- empty: each type without a price of its own
    from_at BIGINT NOT NULL,
    account_id TEXT NOT NULL,
    per_year BIGINT NOT NULL,
    managed_use BIGINT NOT NULL,     -- one use of the managed service
    PRIMARY KEY (brand_id, domain_type, from_at)
) WITHOUT ROWID;

-- owner: catalog
-- Quota that is bought ahead: so many certificates of one specification, and so many managed-service uses, at one price.
CREATE TABLE package (
    id TEXT PRIMARY KEY,             -- chosen by who makes it
    account_id TEXT NOT NULL,
    title_en TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    brand_id TEXT,                   -- the specification; NULL where there are uses only
    grade TEXT,
    domain_type TEXT,
    key_family TEXT,                 -- rsa, ecc
    certificates BIGINT NOT NULL,
    managed_uses BIGINT NOT NULL,
    price BIGINT NOT NULL,
    currency TEXT NOT NULL,
    withdrawn_at BIGINT,
    changed_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);

-- owner: catalog
-- Raised by each change of a brand: every process asks for this number before it uses what it has in memory.
CREATE TABLE catalog_revision (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    revision BIGINT NOT NULL         -- 0: never filled, the files hold
);
INSERT INTO catalog_revision (id, revision) VALUES (1, 0);
