import type { QuotaReport } from '../../account/metering-contract.ts';
import { usageMessages } from '../../languages/messages.ts';
import { formatNumber } from '../kit/format.ts';
import { Time } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';

/** From what part of a limit on a meter warns. */
const NEARLY = 0.8;

/** How much of a resource was used, and how much is left; `small` where it is one of several in a card. */
export function QuotaMeter(props: {
  view: View;
  quota: QuotaReport['resources'][string] | undefined;
  labelledby: string;
  small?: boolean;
}) {
  const { view, quota, labelledby, small } = props;
  const text = usageMessages[view.language];
  if (!quota || quota.limit === 0) return <p class="soft">{text.notInPlan}</p>;
  const { limit, used, remaining, period, resetsAt, billed } = quota;
  const number = (count: number) => formatNumber(view, count);
  const says = limit === null ? number(used) : text.of(number(used), number(limit));
  return (
    <>
      <p class={small ? 'soft' : 'figure'}>
        {small ? says : <strong>{says}</strong>} <span class="soft">{text.usedOf[period]}</span>
      </p>
      {limit !== null && (
        <meter
          aria-labelledby={labelledby}
          min={0}
          max={limit}
          low={limit * NEARLY}
          high={limit}
          optimum={0}
          value={Math.min(used, limit)}
        />
      )}
      {!small && (
        <p class="soft">
          {limit === null ? text.unlimited : text.left(number(remaining ?? 0))}
          {' · '}
          {text.resets} <Time view={view} at={resetsAt} ago />
        </p>
      )}
      {!small && billed !== undefined && <p>{text.billed(number(billed))}</p>}
    </>
  );
}
