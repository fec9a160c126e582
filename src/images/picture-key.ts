/** All avatars of a user have keys that begin so. */
export function avatarPrefix(userId: string): string {
  return `${userId.slice('usr_'.length)}.`;
}

/** The key of a new avatar: nobody can guess it, and nothing else will ever have it. */
export function newAvatarKey(userId: string, extension: string): string {
  const random = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url');
  return `${avatarPrefix(userId)}${random}.${extension}`;
}

/** Whether a text has the form of such a key: R2 refuses some others with errors of its own. */
export function isAvatarKey(text: string): boolean {
  return /^[0-9a-z]{26}(_[a-z]+)?\.[A-Za-z0-9_-]{22}\.(png|jpg|webp)$/.test(text);
}
