-- Review of OV and EV applications by a person: what was checked, the letters, and the links to contacts.

-- owner: applicant
-- An identity check that a reviewer has finished: good for 398 days, for this organisation as it was then, this contact,
-- this grade.
CREATE TABLE identity_check (
    id TEXT PRIMARY KEY,             -- idc_…
    account_id TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    organization_revision BIGINT NOT NULL,
    contact_id TEXT NOT NULL,
    grade TEXT NOT NULL,
    application_id TEXT NOT NULL,    -- the one that was reviewed
    checked_by TEXT NOT NULL,
    checked_at BIGINT NOT NULL,
    end_at BIGINT NOT NULL
);
CREATE INDEX identity_check_of ON identity_check (organization_id, grade, end_at);

-- owner: apply
-- What the reviewer, or a contact by his link, has noted about an application. The last one of a step counts.
CREATE TABLE review_note (
    id TEXT PRIMARY KEY,             -- rvn_…
    account_id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    step TEXT NOT NULL CHECK (step IN ('telephone', 'email', 'organization', 'letter', 'domain')),
    result TEXT NOT NULL CHECK (result IN ('passed', 'failed', 'not_reached')),
    note TEXT,
    actor TEXT NOT NULL,             -- a user, or the contact
    at BIGINT NOT NULL,
    number BIGINT NOT NULL           -- 0, 1 …: ids of one second have no order
);
CREATE UNIQUE INDEX review_note_of ON review_note (application_id, number);
CREATE INDEX application_review ON application (account_id, id)
    WHERE review_at IS NOT NULL AND reviewed_at IS NULL AND closed_at IS NULL;

-- owner: apply
-- Confirmation letters, made here and uploaded. A letter holds for every application of the certificate with the same
-- data, until a reviewer refuses it.
CREATE TABLE letter (
    id TEXT PRIMARY KEY,             -- let_…
    account_id TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    application_id TEXT NOT NULL,    -- the one that it was made or uploaded for
    side TEXT NOT NULL CHECK (side IN ('made', 'uploaded')),
    media_type TEXT NOT NULL,        -- application/pdf, image/png, image/jpeg: by its content
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    data_digest TEXT NOT NULL,       -- of what the application says
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,        -- a user, or "system"
    refused_at BIGINT
);
CREATE INDEX letter_of ON letter (certificate_id, side, id);

-- owner: apply
-- Their bytes, apart from the rows that are read often.
CREATE TABLE letter_content (
    letter_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    content BYTEA NOT NULL
);

-- owner: apply
-- A one-time link to the contact of an application. The link itself is nowhere but in the e-mail.
CREATE TABLE confirmation (
    id TEXT PRIMARY KEY,             -- cfm_…
    account_id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    email TEXT NOT NULL,             -- where it went
    digest TEXT,                     -- SHA-256 of what stands in the link; NULL until it is made
    created_at BIGINT NOT NULL,      -- later than asked for, where too many went there
    end_at BIGINT NOT NULL,
    used_at BIGINT,
    address TEXT                     -- from where it was used
);
CREATE INDEX confirmation_of ON confirmation (application_id, id);
CREATE INDEX confirmation_to ON confirmation (account_id, email, created_at, id);
CREATE UNIQUE INDEX confirmation_digest ON confirmation (digest) WHERE digest IS NOT NULL;
