import type { UserRow } from '../directory/tables.ts';
import { ApiError, fieldError } from '../errors.ts';
import { avatarPrefix, isAvatarKey, newAvatarKey } from '../images/avatar-key.ts';
import { inspectImage } from '../images/image.ts';
import type { Profiles } from './service.ts';

/** Two MiB. */
export const MAX_AVATAR_BYTES = 2 * 1024 * 1024;

const PROBLEMS = {
  unsupported: 'Must be a PNG, JPEG or WebP image',
  malformed: 'The image is damaged',
  too_many_pixels: 'Must have at most 4096 by 4096 pixels',
  animated: 'Must not be animated',
};

/** A picture as it is served. */
export interface ServedAvatar {
  body: ReadableStream;
  type: string;
  etag: string;
}

/** Profile pictures, in R2. A key never gets another picture, so what is served may be kept for good. */
export class Avatars {
  readonly #bucket: R2Bucket;
  readonly #profiles: Profiles;
  readonly #origin: string;

  constructor(bucket: R2Bucket, profiles: Profiles, origin: string) {
    this.#bucket = bucket;
    this.#profiles = profiles;
    this.#origin = origin;
  }

  /**
   * Makes an image the user's picture: judged by its bytes, stored without its metadata (places, cameras). Throws
   * `validation_failed` for anything else.
   */
  async replace(userId: string, bytes: Uint8Array): Promise<UserRow> {
    const image = inspectImage(bytes);
    if ('problem' in image) throw fieldError('', `image_${image.problem}`, PROBLEMS[image.problem]);
    const key = newAvatarKey(userId, image.extension);
    await this.#bucket.put(key, image.clean, { httpMetadata: { contentType: image.type } });
    const user = await this.#profiles.replacePicture(userId, `${this.#origin}/avatars/${key}`);
    await this.#sweep(userId, key);
    return user;
  }

  /** Takes the user's picture away. */
  async remove(userId: string): Promise<void> {
    await this.#profiles.replacePicture(userId, null);
    await this.#sweep(userId, null);
  }

  /** A picture by its key. Throws `not_found`. */
  async get(key: string): Promise<ServedAvatar> {
    const object = isAvatarKey(key) ? await this.#bucket.get(key) : null;
    if (!object) throw new ApiError('not_found');
    const type = object.httpMetadata?.contentType ?? 'application/octet-stream';
    return { body: object.body, type, etag: object.httpEtag };
  }

  /** Deletes every other picture of the user, also one that an upload left behind which died half-way. */
  async #sweep(userId: string, keep: string | null): Promise<void> {
    const { objects } = await this.#bucket.list({ prefix: avatarPrefix(userId) });
    const old = objects.map((object) => object.key).filter((key) => key !== keep);
    if (old.length > 0) await this.#bucket.delete(old);
  }
}
