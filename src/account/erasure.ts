import { avatarPrefix } from '../images/picture-key.ts';

/**
 * Clears away what a deleted user has left outside the directory: entries that the account object was writing at that
 * very moment, and their pictures. The tombstone stays: that there was an account, and when it was deleted.
 */
export async function eraseTraces(d1: D1Database, avatars: R2Bucket, userId: string): Promise<void> {
  await d1.prepare("DELETE FROM activity WHERE user_id = ? AND type <> 'account_deleted'").bind(userId).run();
  const { objects } = await avatars.list({ prefix: avatarPrefix(userId) });
  if (objects.length > 0) await avatars.delete(objects.map((object) => object.key));
}
