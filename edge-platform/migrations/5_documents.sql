-- Documents about models belong to organizations, and are kept by their digests: devices say which one they are of.
CREATE TABLE documents (
    organization_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    urn TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, digest)
);

CREATE INDEX documents_urn ON documents (organization_id, urn);

-- Which document is found by its URN.
CREATE TABLE document_names (
    organization_id TEXT NOT NULL,
    urn TEXT NOT NULL,
    digest TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, urn)
);

-- Empty: the device does not say.
ALTER TABLE devices ADD COLUMN document_digest TEXT NOT NULL DEFAULT '';

CREATE INDEX devices_document ON devices (document_digest) WHERE document_digest <> '';

-- Until now everybody saw all of them. They stay with those who have devices of them, or else with no organization. Nobody has
-- made their digests; what stands for one is no digest, so that no device can say it.
INSERT INTO documents (organization_id, digest, urn, document, created_at)
SELECT DISTINCT d.organization_id, 'of ' || m.urn, m.urn, m.document, m.updated_at
FROM models m JOIN devices d ON d.model = m.urn;

INSERT INTO documents (organization_id, digest, urn, document, created_at)
SELECT '', 'of ' || m.urn, m.urn, m.document, m.updated_at
FROM models m WHERE NOT EXISTS (SELECT 1 FROM devices d WHERE d.model = m.urn);

INSERT INTO document_names (organization_id, urn, digest, updated_at)
SELECT organization_id, urn, digest, created_at FROM documents;

DROP TABLE models;
