-- 1: a device has named it, and it is found for as long as there is a device of the URN. Who sees all of an organization may name
-- what no device is of yet.
ALTER TABLE document_names ADD COLUMN by_device BIGINT NOT NULL DEFAULT 0;
