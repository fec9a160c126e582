-- When a link was used. It is kept for some days, so that its page can say what became of it.
ALTER TABLE one_time_tokens ADD COLUMN used_at INTEGER;
