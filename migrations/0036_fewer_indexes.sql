-- What another index answers too costs a row at each registration and each mail.

-- `outbox_listed_by_user` begins with the user as well.
DROP INDEX outbox_by_user;
-- All messages are those of each status, by `outbox_by_status`.
DROP INDEX outbox_listed;
-- All users are those of each facet, by `users_listed_by_created`.
DROP INDEX users_by_created;
