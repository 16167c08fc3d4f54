-- Who applies for a certificate, and with what (SPEC section 9).

-- owner: applicant
-- A person whom a CA or a reviewer asks about an application.
CREATE TABLE contact (
    id TEXT PRIMARY KEY,             -- ctc_…
    account_id TEXT NOT NULL,
    organization_id TEXT,            -- for which the person speaks
    name TEXT NOT NULL,
    title TEXT,                      -- position in the organisation
    email TEXT NOT NULL,
    mobile TEXT NOT NULL,            -- E.164: +8613800138000
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    email_confirmed_at BIGINT,       -- of the address as it is: a changed one is not confirmed
    deleted_at BIGINT,               -- lists show it no more; what was applied for with it still names it
    revision BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX contact_list ON contact (account_id, id) WHERE deleted_at IS NULL;
CREATE INDEX contact_of ON contact (organization_id, id) WHERE organization_id IS NOT NULL AND deleted_at IS NULL;

-- owner: applicant
-- An organisation as it goes into OV and EV certificates and is checked by a reviewer.
CREATE TABLE organization (
    id TEXT PRIMARY KEY,             -- org_…
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    registration_number TEXT,        -- in the register of its country
    country TEXT NOT NULL,           -- ISO 3166, two capital letters
    province TEXT,
    city TEXT NOT NULL,
    address TEXT,
    postal_code TEXT,
    phone TEXT,                      -- E.164
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    deleted_at BIGINT,
    revision BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX organization_list ON organization (account_id, id) WHERE deleted_at IS NULL;

-- owner: applicant
-- What a certificate will be applied for with: a draft until it is submitted. A renewal without one has its predecessor's.
CREATE TABLE application_form (
    certificate_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    contact_id TEXT,
    organization_id TEXT,
    validation_method TEXT CHECK (validation_method IN ('dns', 'file')),
    remark TEXT,
    submitted_by TEXT,               -- the user who did it last; NULL: a payment or the managed service
    changed_at BIGINT NOT NULL,
    revision BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX application_form_contact ON application_form (contact_id, certificate_id) WHERE contact_id IS NOT NULL;
CREATE INDEX application_form_organization ON application_form (organization_id, certificate_id)
    WHERE organization_id IS NOT NULL;
