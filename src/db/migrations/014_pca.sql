-- Certificates of private CAs, and where they are fetched from (SPEC sections 2 and 3).

-- owner: certificate
-- How a certificate of kind pca keeps up with its CA. Its row of the queue is the step `sync`.
CREATE TABLE pca_source (
    id TEXT PRIMARY KEY,             -- src_…
    account_id TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    url TEXT,                        -- where the CA publishes the newest version; NULL: newer ones are brought
    last_sync_at BIGINT,
    last_result TEXT,                -- updated, unchanged, or an error code
    detail_en TEXT,                  -- of an error: which object, and what is wrong with it
    detail_zh TEXT
);
CREATE UNIQUE INDEX pca_source_certificate ON pca_source (certificate_id);
