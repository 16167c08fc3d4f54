-- People who log in: passwords, sessions, invitations, and how often a password was wrong.

-- owner: account
-- What a user logs in with, beside the address in account_user. Who has no row has no password.
CREATE TABLE user_password (
    user_id TEXT PRIMARY KEY REFERENCES account_user (id),
    account_id TEXT NOT NULL REFERENCES account (id),
    hash TEXT NOT NULL,              -- Argon2id with its parameters and salt, as the signer made it
    changed_at BIGINT NOT NULL
);

-- owner: account
-- What a person shows instead of an access key, after logging in: "Authorization: Bearer ID.SECRET". It may what its
-- user may at the moment of the request.
CREATE TABLE session (
    id TEXT PRIMARY KEY,             -- ses_…
    account_id TEXT NOT NULL REFERENCES account (id),
    user_id TEXT NOT NULL REFERENCES account_user (id),
    digest TEXT NOT NULL,            -- of the secret
    address TEXT,                    -- where it was begun
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,         -- to five minutes; unused for 12 hours, it has ended
    end_at BIGINT NOT NULL,          -- after 7 days in any case
    ended_at BIGINT                  -- logged out, the password changed, the user disabled
);
CREATE INDEX session_account ON session (account_id, id);
CREATE INDEX session_user ON session (user_id, id);
CREATE INDEX session_age ON session (end_at, id);

-- owner: account
-- The promise of a place in the account: whoever shows the secret chooses a password and becomes a user.
CREATE TABLE invitation (
    id TEXT PRIMARY KEY,             -- inv_…
    account_id TEXT NOT NULL REFERENCES account (id),
    email TEXT NOT NULL,             -- in lower case
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('auditor', 'reviewer', 'requester', 'operator', 'owner')),
    lang TEXT NOT NULL CHECK (lang IN ('en', 'zh')),
    digest TEXT NOT NULL,            -- of the secret
    created_by TEXT NOT NULL,        -- the user who invited
    created_at BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT                -- by an owner, or by the next invitation of the same address
);
-- One at a time for an address.
CREATE UNIQUE INDEX invitation_open ON invitation (account_id, email) WHERE used_at IS NULL AND revoked_at IS NULL;
CREATE INDEX invitation_account ON invitation (account_id, id);
CREATE INDEX invitation_age ON invitation (end_at, id);

-- owner: account
-- A forgotten password: whoever shows the secret sets another one. Goes with its use, and with any new password.
CREATE TABLE password_reset (
    id TEXT PRIMARY KEY,             -- rst_…
    account_id TEXT NOT NULL REFERENCES account (id),
    user_id TEXT NOT NULL REFERENCES account_user (id),
    digest TEXT NOT NULL,            -- of the secret
    created_by TEXT NOT NULL,        -- the user who made it: an owner, perhaps of the account that administers
    created_at BIGINT NOT NULL,
    end_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX password_reset_user ON password_reset (user_id);
CREATE INDEX password_reset_age ON password_reset (end_at, id);

-- owner: account
-- Wrong passwords of the last quarter of an hour. For addresses that nobody has, too: what is refused must not tell
-- which ones exist. No account: whoever guesses belongs to none.
CREATE TABLE login_failure (
    subject TEXT PRIMARY KEY,        -- email:ADDRESS or address:IP
    count BIGINT NOT NULL,
    until_at BIGINT NOT NULL         -- from then on they are forgotten
) WITHOUT ROWID;
CREATE INDEX login_failure_age ON login_failure (until_at, subject);
