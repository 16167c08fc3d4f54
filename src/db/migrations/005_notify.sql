-- Notifications: what happened and is to be told (the inbox), who is told by which channel, and the outbox.

-- owner: notify
-- One thing that happened: the inbox of the account. Its texts are made from `event` and `params` when it is read.
CREATE TABLE notice (
    id TEXT PRIMARY KEY,             -- ntc_…
    account_id TEXT NOT NULL,
    event TEXT NOT NULL,             -- a name of notify/event.c
    subject TEXT NOT NULL,           -- the id of the object that it is about
    certificate_id TEXT,             -- the certificate behind it, if there is one
    params TEXT NOT NULL,            -- JSON: what the texts are filled with
    once TEXT,                       -- told only once under this name; NULL: each time
    roles BIGINT NOT NULL,           -- whom it concerns: bits as in http/route.h
    at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX notice_list ON notice (account_id, id);
CREATE UNIQUE INDEX notice_once ON notice (account_id, once) WHERE once IS NOT NULL;

-- owner: notify
-- Each user reads the inbox on his own.
CREATE TABLE notice_read (
    notice_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (notice_id, user_id)
) WITHOUT ROWID;

-- owner: notify
-- A way to tell people beside the inbox.
CREATE TABLE channel (
    id TEXT PRIMARY KEY,             -- chn_…
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,              -- a kind of notify/channel.c
    address TEXT NOT NULL,           -- e-mail addresses as words; of an URL only the beginning: the rest may hold a token
    sealed BYTEA,                    -- JSON: the whole URL and the secret, sealed by the signer; NULL for e-mail
    events TEXT,                     -- words: only these; NULL: all
    lang TEXT NOT NULL,              -- the receiver's: en or zh
    created_at BIGINT NOT NULL,
    disabled_at BIGINT,
    failing_since BIGINT,            -- nothing has arrived since then
    last_error TEXT,                 -- the code of the last failure, while it fails
    UNIQUE (account_id, name)
);

-- owner: notify
-- What was chosen for the expiry messages of one certificate, or ('') of all of the account. NULL: not chosen here.
CREATE TABLE notify_setting (
    account_id TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    thresholds TEXT,                 -- JSON list of days before the end
    channels TEXT,                   -- words: kinds or ids of channels; the inbox always has them
    receivers TEXT,                  -- words: e-mail addresses in the place of those of the e-mail channels
    lang TEXT,                       -- of these receivers
    PRIMARY KEY (account_id, certificate_id)
) WITHOUT ROWID;

-- owner: notify
-- Up to when the thresholds of a certificate were looked at: each crossing is told once, or was muted then. No row: never.
CREATE TABLE threshold_seen (
    certificate_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    seen_at BIGINT NOT NULL
) WITHOUT ROWID;

-- owner: notify
-- Silence about the expiry of one certificate, or of all with one tag, until a date.
CREATE TABLE mute (
    id TEXT PRIMARY KEY,             -- mute_…
    account_id TEXT NOT NULL,
    certificate_id TEXT,
    tag TEXT,
    until_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,                 -- taken back before its date
    CHECK ((certificate_id IS NULL) <> (tag IS NULL))
) WITHOUT ROWID;
CREATE INDEX mute_list ON mute (account_id, id) WHERE ended_at IS NULL;
CREATE INDEX mute_certificate ON mute (account_id, certificate_id, until_at) WHERE ended_at IS NULL;
CREATE INDEX mute_tag ON mute (account_id, tag, until_at) WHERE ended_at IS NULL;

-- owner: notify
-- The outbox: one notice to one receiver, written in the transaction of what it tells of. Step `send` of the queue sends it.
CREATE TABLE message (
    id TEXT PRIMARY KEY,             -- msg_…: the Message-ID, and what a webhook's receiver knows a repetition by
    account_id TEXT NOT NULL,
    notice_id TEXT NOT NULL,
    channel_id TEXT,                 -- NULL: to a receiver chosen for a certificate
    kind TEXT NOT NULL,
    receiver TEXT NOT NULL,          -- an e-mail address, or the id of the channel
    lang TEXT NOT NULL,
    sealed BYTEA,                    -- what the receiver alone may read, by the signer; NULL once it was sent
    created_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    sent_at BIGINT,
    failed_at BIGINT,                -- given up
    error TEXT,                      -- the code of the last failed attempt
    detail_en TEXT,
    detail_zh TEXT,
    UNIQUE (notice_id, receiver)
) WITHOUT ROWID;
CREATE INDEX message_list ON message (account_id, id);
CREATE INDEX message_open ON message (account_id, id) WHERE sent_at IS NULL;
