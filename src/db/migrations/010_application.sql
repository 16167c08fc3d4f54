-- What the names of applications rely on (SPEC section 9).

-- owner: validate
-- A name of an application and the validation that proves control over it, or is to prove it.
CREATE TABLE application_name (
    application_id TEXT NOT NULL,
    name TEXT NOT NULL,              -- without "*."
    account_id TEXT NOT NULL,
    place TEXT NOT NULL,             -- its labels from the right, "com.example.www.": what a record covers is a range
    wildcard BIGINT NOT NULL,        -- a wildcard below the name is applied for
    validation_id TEXT NOT NULL,
    settled_at BIGINT,               -- nothing is waited for any more: proven, or the application has ended
    PRIMARY KEY (application_id, name)
) WITHOUT ROWID;
CREATE INDEX application_name_waits ON application_name (account_id, place, application_id) WHERE settled_at IS NULL;
