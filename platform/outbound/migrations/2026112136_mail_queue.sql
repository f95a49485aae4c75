-- Counting what waits must not walk the whole log.
CREATE INDEX outbound_mails_queued ON outbound_mails (created_at) WHERE status = 'queued';
