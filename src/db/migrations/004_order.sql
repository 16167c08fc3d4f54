-- Ledgers: quota and money of an account, and what of the quota is promised to certificates.

-- owner: order
-- What is left, carried along so that no sum is ever taken. There is one of these for each item:
-- in the ledger 'quota' a specification (GlobalSign-DV/dv/single/ecc) or managed_use, in 'money' a currency.
CREATE TABLE ledger_balance (
    account_id TEXT NOT NULL,
    ledger TEXT NOT NULL CHECK (ledger IN ('quota', 'money')),
    item TEXT NOT NULL,
    balance BIGINT NOT NULL CHECK (balance >= 0), -- units, or minor units of the currency
    sequence BIGINT NOT NULL,        -- of the last entry
    PRIMARY KEY (account_id, ledger, item)
) WITHOUT ROWID;

-- owner: order
-- One row for each change of a balance, never touched again: balance = the one of the entry before + amount.
CREATE TABLE ledger_entry (
    account_id TEXT NOT NULL,
    ledger TEXT NOT NULL,
    item TEXT NOT NULL,
    sequence BIGINT NOT NULL,        -- 1, 2, 3 … without gaps
    at BIGINT NOT NULL,
    reason TEXT NOT NULL,            -- quota: bought, granted, reserved, returned, released, refunded, withdrawn;
                                     -- money: deposited, paid, refunded, withdrawn
    amount BIGINT NOT NULL,
    balance BIGINT NOT NULL,         -- after it
    order_id TEXT,
    certificate_id TEXT,
    reference TEXT NOT NULL,         -- reason and the object that caused it: the same thing is not entered twice
    actor TEXT NOT NULL,             -- the user, or "system"
    PRIMARY KEY (account_id, ledger, item, sequence)
) WITHOUT ROWID;
CREATE UNIQUE INDEX ledger_entry_once ON ledger_entry (account_id, ledger, item, reference);

-- owner: order
-- One unit of quota that is promised to one certificate. Consumed at most once, given back at most once.
CREATE TABLE reservation (
    certificate_id TEXT NOT NULL,
    unit TEXT NOT NULL CHECK (unit IN ('certificate', 'managed_use')),
    account_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    item TEXT NOT NULL,              -- of the quota ledger
    source TEXT NOT NULL CHECK (source IN ('quota', 'paid')), -- there already, or bought with the order
    amount BIGINT NOT NULL,          -- its share of what is paid, minor units; 0 from quota
    reserved_at BIGINT,              -- NULL: not paid yet
    consumed_at BIGINT,              -- submitted, or activated: a mark, no entry
    released_at BIGINT,
    release_reason TEXT,             -- returned, released, refunded
    PRIMARY KEY (certificate_id, unit)
) WITHOUT ROWID;
CREATE INDEX reservation_order ON reservation (order_id, certificate_id, unit);
-- The few that are promised and not consumed yet: what a form shows beside what is left.
CREATE INDEX reservation_open ON reservation (account_id, item)
    WHERE reserved_at IS NOT NULL AND consumed_at IS NULL AND released_at IS NULL;

-- owner: order
-- What an order would cost and give, for 30 minutes. Reserves nothing. Ids sort by time, so that retention needs
-- no index; quotes are not listed.
CREATE TABLE quote (
    id TEXT PRIMARY KEY,             -- quo_…
    account_id TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,      -- it holds while now < expires_at
    kind TEXT NOT NULL,              -- of the order: purchase, renewal, early_renewal, replacement, quota
    years BIGINT NOT NULL,           -- 0 for quota
    old_certificate_id TEXT,         -- what is renewed or replaced
    brand TEXT,                      -- NULL: a package without certificates
    profile TEXT,
    profile_version BIGINT NOT NULL, -- 0 for quota
    content TEXT NOT NULL,           -- JSON: what was chosen (the order is made from it alone), lines, certificates,
                                     -- quota, explanations, warnings
    due_amount BIGINT NOT NULL,
    due_currency TEXT NOT NULL,
    order_id TEXT                    -- the one order that was made from it
) WITHOUT ROWID;

-- owner: order
-- What an order takes from quota and what is paid for: its quote's lines, for good.
CREATE TABLE order_line (
    order_id TEXT NOT NULL,
    position BIGINT NOT NULL,        -- 1, 2 …
    account_id TEXT NOT NULL,
    item TEXT NOT NULL,              -- a specification, or managed_use
    source TEXT NOT NULL CHECK (source IN ('quota', 'paid')),
    units BIGINT NOT NULL,
    unit_amount BIGINT,              -- minor units; NULL: from quota, or within a package
    amount BIGINT NOT NULL,
    PRIMARY KEY (order_id, position)
) WITHOUT ROWID;
