/** The pictures of a realm: what stands for its name, and what covers the ground of its pages. */
export const REALM_PICTURES = ['logo', 'background'] as const;

export type RealmPicture = (typeof REALM_PICTURES)[number];

/** All avatars of a user have keys that begin so. */
export function avatarPrefix(userId: string): string {
  return `${userId.slice('usr_'.length)}.`;
}

/** The same of a picture of a realm. Ids of users are longer than what these begin with. */
export function realmPicturePrefix(realmId: string, picture: RealmPicture): string {
  return `realm.${realmId}.${picture}.`;
}

/** The key of a new picture of whom the prefix names: nobody can guess it, and nothing else will ever have it. */
export function newPictureKey(prefix: string, extension: string): string {
  const random = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url');
  return `${prefix}${random}.${extension}`;
}

/** Whether a text has the form of such a key: R2 refuses some others with errors of its own. */
export function isPictureKey(text: string): boolean {
  return /^([0-9a-z]{26}(_[a-z]+)?|realm\.[a-z0-9-]{1,40}\.(logo|background))\.[A-Za-z0-9_-]{22}\.(png|jpg|webp)$/.test(
    text,
  );
}
