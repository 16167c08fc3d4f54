-- What DNS, CAA records and ports say about a name, before and after a CA is asked (SPEC section 9).

-- owner: doctor
-- One look at one name. Its row of the queue is the step `examine`. Kept 90 days.
CREATE TABLE preflight (
    id TEXT PRIMARY KEY,             -- pfl_…
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,              -- "*.example.com" for a wildcard; or an IP address
    issuer_id TEXT,                  -- for this issuer alone; NULL: for all in question
    application_id TEXT,             -- that needs it; NULL: a person asked
    created_at BIGINT NOT NULL,
    ended_at BIGINT,                 -- looked at
    worst TEXT,                      -- of what was found: note, warning, fatal
    findings TEXT,                   -- JSON: [{code, issuer, value, detail_en, detail_zh}]; doctor/symptom.c
    answers TEXT                     -- JSON: [{server, question, answer, ms}]
);
CREATE INDEX preflight_account ON preflight (account_id, id);
CREATE INDEX preflight_name ON preflight (account_id, name, id);
CREATE INDEX preflight_asked ON preflight (account_id, created_at) WHERE application_id IS NULL;
CREATE INDEX preflight_waiting ON preflight (account_id, id) WHERE application_id IS NOT NULL AND ended_at IS NULL;
CREATE INDEX preflight_age ON preflight (created_at, id);
