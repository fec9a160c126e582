import { ApiError, fieldError } from '../errors.ts';
import { HOUR } from '../lib/time.ts';
import { inspectImage } from './image.ts';
import { isPictureKey, newPictureKey } from './picture-key.ts';

/** Two MiB. */
export const MAX_PICTURE_BYTES = 2 * 1024 * 1024;

/** An upload that has not told the database of its picture yet is not older (milliseconds). */
const UNDER_WAY = HOUR;

const PROBLEMS = {
  unsupported: 'Must be a PNG, JPEG or WebP image',
  malformed: 'The image is damaged',
  too_many_pixels: 'Must have at most 4096 by 4096 pixels',
  animated: 'Must not be animated',
};

/** A picture as it is served. */
export interface ServedPicture {
  body: ReadableStream;
  type: string;
  etag: string;
}

/** Pictures that were put up, in R2, by keys that begin with whose they are. A key never gets another picture, so what is served may be kept for good. */
export class PictureStore {
  readonly #bucket: R2Bucket;
  readonly #base: string;

  constructor(bucket: R2Bucket, origin: string) {
    this.#bucket = bucket;
    this.#base = `${origin}/avatars/`;
  }

  /**
   * Stores an image under a new key that begins with `prefix`: judged by its bytes, without its metadata (places, cameras). Gives its
   * address. Throws `validation_failed` for anything else.
   */
  async put(prefix: string, bytes: Uint8Array): Promise<string> {
    const image = inspectImage(bytes);
    if ('problem' in image) throw fieldError('', `image_${image.problem}`, PROBLEMS[image.problem]);
    const key = newPictureKey(prefix, image.extension);
    await this.#bucket.put(key, image.clean, { httpMetadata: { contentType: image.type } });
    return this.#base + key;
  }

  /** A picture by its key. Throws `not_found`. */
  async get(key: string): Promise<ServedPicture> {
    const object = isPictureKey(key) ? await this.#bucket.get(key) : null;
    if (!object) throw new ApiError('not_found');
    const type = object.httpMetadata?.contentType ?? 'application/octet-stream';
    return { body: object.body, type, etag: object.httpEtag };
  }

  /** Deletes the picture of an address, where it is one of an owner whose keys begin with `prefix`. */
  async delete(prefix: string, address: string | null): Promise<void> {
    const key = this.#keyOf(address);
    if (key?.startsWith(prefix)) await this.#bucket.delete(key);
  }

  /**
   * Deletes every other picture of an owner than the one at the address that is kept, also one that an upload left behind which died
   * half-way; not one that may be of an upload that goes on, when `spares` says so.
   */
  async sweep(prefix: string, kept: string | null, spares: 'none' | 'under way'): Promise<void> {
    const { objects } = await this.#bucket.list({ prefix });
    const until = spares === 'none' ? Number.POSITIVE_INFINITY : Date.now() - UNDER_WAY;
    const old = objects.filter(
      ({ key, uploaded }) => key !== this.#keyOf(kept) && uploaded.getTime() < until,
    );
    if (old.length > 0) await this.#bucket.delete(old.map(({ key }) => key));
  }

  /** The key at an address; null for one of somebody else's. */
  #keyOf(address: string | null): string | null {
    return address?.startsWith(this.#base) ? address.slice(this.#base.length) : null;
  }
}
