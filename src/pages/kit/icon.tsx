import { raw } from 'hono/html';
import { ICONS, MARKS } from '../../../generated/icons.ts';
import { localized } from '../../lib/localized.ts';
import type { IconName } from './icon-names.ts';

/** An icon beside a text that says the same. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {raw(ICONS[name])}
    </svg>
  );
}

/** The mark of a sign-in provider; its first letter, where it has none that is known here. The name stands beside it. */
export function ProviderMark({ id, name }: { id: string; name: string }) {
  const mark = Object.hasOwn(MARKS, id) ? MARKS[id] : undefined;
  if (mark !== undefined) {
    return (
      <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
        {raw(mark)}
      </svg>
    );
  }
  return <span class="mark letter" aria-hidden="true" data-letter={firstLetter(name)} />;
}

/** The first letter of a name, in capitals. */
export function firstLetter(name: string): string {
  return ([...localized(Intl.Segmenter, 'en', {}).segment(name)][0]?.segment ?? '').toLocaleUpperCase();
}

/** Latchkey's key, in the colour of the text around it. */
export function KeyMark() {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="8.5" cy="8.5" r="4.5" />
      <path d="m11.8 11.8 7.7 7.7m-3.3-3.3 2.6-2.6" />
    </svg>
  );
}
