-- By which the clean-up finds what is over without a walk through the table.
CREATE INDEX spent_quota_by_expiry ON spent_quota (expires_at);
CREATE INDEX oauth_flows_by_expiry ON oauth_flows (expires_at);
