import type { UserRow } from '../directory/tables.ts';
import { avatarPrefix } from '../images/picture-key.ts';
import type { PictureStore } from '../images/picture-store.ts';
import type { Profiles } from './service.ts';

/** Profile pictures. */
export class Avatars {
  readonly #pictures: PictureStore;
  readonly #profiles: Profiles;

  constructor(pictures: PictureStore, profiles: Profiles) {
    this.#pictures = pictures;
    this.#profiles = profiles;
  }

  /** Makes an image the user's picture. Throws `validation_failed` for what is none. */
  async replace(userId: string, bytes: Uint8Array): Promise<UserRow> {
    const prefix = avatarPrefix(userId);
    const picture = await this.#pictures.put(prefix, bytes);
    const user = await this.#profiles.replacePicture(userId, picture);
    await this.#pictures.sweep(prefix, picture, 'none');
    return user;
  }

  /** Takes the user's picture away. */
  async remove(userId: string): Promise<void> {
    await this.#profiles.replacePicture(userId, null);
    await this.#pictures.sweep(avatarPrefix(userId), null, 'none');
  }
}
