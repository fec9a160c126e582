import { kitMessages } from '../../languages/messages.ts';
import { DAY } from '../../lib/time.ts';
import { CopyButton } from './dialog.tsx';
import { Time } from './panel.tsx';
import type { View } from './view.ts';

/** A key that was just made, this once. */
export function ShownKey({ view, text }: { view: View; text: string }) {
  const { shownOnce, shownOnceText } = kitMessages[view.language];
  return (
    <section class="notice good" role="status" aria-labelledby="new-key">
      <h2 id="new-key">{shownOnce}</h2>
      <p>
        <code class="secret">{text}</code> <CopyButton view={view} text={text} />
      </p>
      <p>{shownOnceText}</p>
    </section>
  );
}

/** When a key expires. One that expires at the end of a day is good until that day. */
export function Expiry({ view, at }: { view: View; at: number }) {
  return at % DAY === 0 ? <Time view={view} at={at - 1} day /> : <Time view={view} at={at} />;
}
