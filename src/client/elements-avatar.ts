import type { User } from './browser.ts';
import { make } from './elements-base.ts';

/** What a user is called. */
export function nameOf({ email, id, name }: User): string {
  return name ?? email ?? id;
}

/** A user's picture, or the first letters of their name where there is none or it may not be loaded. */
export function avatarOf(user: User): HTMLElement {
  const words = nameOf(user).split(/[\s@]+/);
  const letters = [words[0], words[1]].map((word = '') => [...word][0] ?? '').join('');
  const avatar = make('span', {
    part: 'avatar',
    class: 'avatar',
    'aria-hidden': 'true',
    'data-letters': letters.toUpperCase(),
  });
  if (user.picture) {
    const picture = make('img', { src: user.picture, alt: '', referrerpolicy: 'no-referrer' });
    picture.addEventListener('load', () => {
      avatar.removeAttribute('data-letters');
      avatar.append(picture);
    });
  }
  return avatar;
}
