-- How each answer behind an event was metered: tokens, time, price, whether it was a repair. A list in JSON, kept beside
-- the payload like the cost; null where no model was asked, and in logs from before, where it is unknown.
ALTER TABLE board_events ADD COLUMN metering TEXT;
