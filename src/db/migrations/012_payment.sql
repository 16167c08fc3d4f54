-- How orders are paid, and how money goes back (SPEC sections 3 and 4).

-- owner: order
-- One attempt to pay an order: there before any outside system hears of it. An order has one open at most, and
-- is paid by one; money that comes for an order that is closed or paid otherwise becomes balance.
CREATE TABLE payment (
    id TEXT PRIMARY KEY,             -- pay_…: what a payment system or an invoice names
    account_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    provider TEXT NOT NULL,          -- balance, invoice, webhook
    due_amount BIGINT NOT NULL,      -- minor units
    due_currency TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    asked_at BIGINT,                 -- the payment system has taken it
    pay_url TEXT,                    -- where it lets the buyer pay
    confirmed_at BIGINT,             -- the money is there
    confirmed_by TEXT,               -- a user, or the name of the provider
    outside_reference TEXT,          -- what it is called there
    credited_at BIGINT,              -- the order did not want it any more: it is balance
    closed_at BIGINT,                -- nobody waits for it any more
    close_reason TEXT                -- failed, replaced, order_closed
);
CREATE INDEX payment_list ON payment (account_id, id);
CREATE UNIQUE INDEX payment_open ON payment (order_id) WHERE confirmed_at IS NULL AND closed_at IS NULL;
CREATE UNIQUE INDEX payment_of_order ON payment (order_id) WHERE confirmed_at IS NOT NULL AND credited_at IS NULL;

-- owner: order
-- Callbacks that were decided: the same one again changes nothing and gets the same answer.
CREATE TABLE payment_event (
    event_id TEXT PRIMARY KEY,       -- of the payment system
    account_id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    digest TEXT NOT NULL,            -- SHA-256 of the body
    at BIGINT NOT NULL,
    code TEXT,                       -- of the refusal; NULL: it was taken
    detail_en TEXT,
    detail_zh TEXT
) WITHOUT ROWID;
CREATE INDEX payment_event_age ON payment_event (at);

-- owner: order
-- What was given back for one certificate: units of quota at once, its share of the money to where it came from.
CREATE TABLE refund (
    id TEXT PRIMARY KEY,             -- rfd_…: what a payment system is told once
    account_id TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    payment_id TEXT,                 -- NULL: no money was paid for it
    provider TEXT,                   -- of that payment
    due_amount BIGINT NOT NULL,      -- minor units; 0: quota alone
    due_currency TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    done_at BIGINT,                  -- the money is back
    done_by TEXT,
    outside_reference TEXT
);
CREATE UNIQUE INDEX refund_once ON refund (certificate_id);
CREATE INDEX refund_list ON refund (account_id, id);
