/**
 * The release from which deployments are upgraded: until the database and the Worker are both new, its Worker runs on the new
 * tables. Set both when a version is released.
 */
export const PREVIOUS_RELEASE = {
  /** In the history of the repository; a shallow clone has it not. */
  commit: '622ef151a8867e5ead4af6b173c48b99593d16b7',
  /** Its newest migration. */
  migration: '0055_outbox_by_id.sql',
};
