import type { QuotaReport } from '../account/metering-contract.ts';
import { dayMonthOf, numberOf, resourceName } from './account-format.ts';
import { Time } from './account-frame.tsx';
import type { View } from './view.ts';

const STEP = 10;
const GAP = 3;
const HEIGHT = 60;
/** What is little shows too. */
const LEAST = 1.5;
/** From what part of a limit on a meter warns. */
const NEARLY = 0.8;

/** What was used of a resource on a UTC date. */
export interface UsedOn {
  date: string;
  quantity: number;
}

/** A resource: what is left of it, and how much of it was used day by day. */
export function ResourcePanel(props: {
  view: View;
  resource: string;
  quota: QuotaReport['resources'][string] | undefined;
  days: UsedOn[];
}) {
  const { view, resource, quota, days } = props;
  const id = `resource-${resource}`;
  return (
    <section class="panel" aria-labelledby={id}>
      <h2 id={id}>{resourceName(view, resource)}</h2>
      <Standing view={view} quota={quota} labelledby={id} />
      <Chart view={view} resource={resource} days={days} />
    </section>
  );
}

function Standing(props: {
  view: View;
  quota: QuotaReport['resources'][string] | undefined;
  labelledby: string;
}) {
  const { view, quota, labelledby } = props;
  const text = view.text.account.usage;
  if (!quota || quota.limit === 0) return <p class="soft">{text.notInPlan}</p>;
  const { limit, used, remaining, period, resetsAt } = quota;
  const number = (count: number) => numberOf(view, count);
  return (
    <>
      <p class="figure">
        <strong>{limit === null ? number(used) : text.of(number(used), number(limit))}</strong>{' '}
        <span class="soft">{text.usedOf[period]}</span>
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
      <p class="soft">
        {limit === null ? text.unlimited : text.left(number(remaining ?? 0))}
        {' · '}
        {text.resets} <Time view={view} at={resetsAt} />
      </p>
    </>
  );
}

/** Bars for the days, which a table below says in numbers. */
function Chart({ view, resource, days }: { view: View; resource: string; days: UsedOn[] }) {
  const text = view.text.account.usage;
  const id = `chart-${resource}`;
  const name = resourceName(view, resource);
  const total = numberOf(
    view,
    days.reduce((sum, { quantity }) => sum + quantity, 0),
  );
  const peak = days.reduce((most, day) => (day.quantity > most.quantity ? day : most), {
    date: '',
    quantity: 0,
  });
  if (peak.quantity === 0) return <p class="soft">{text.unused}</p>;
  const [first, last] = [days[0], days.at(-1)];
  const mostOn = text.chartText(total, numberOf(view, peak.quantity), dayMonthOf(view, peak.date));
  return (
    <>
      <p class="caption">{text.lastDays(total)}</p>
      <svg
        class="chart"
        viewBox={`0 0 ${days.length * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-labelledby={`${id} ${id}-text`}
      >
        <title id={id}>{text.chart(name)}</title>
        <desc id={`${id}-text`}>{mostOn}</desc>
        {days.map(({ quantity }, index) => {
          if (quantity <= 0) return null;
          const height = Math.max(LEAST, (quantity / peak.quantity) * HEIGHT);
          return (
            <rect
              x={index * STEP + GAP / 2}
              y={(HEIGHT - height).toFixed(2)}
              width={STEP - GAP}
              height={height.toFixed(2)}
            />
          );
        })}
      </svg>
      <p class="axis soft" aria-hidden="true">
        <span>{first && dayMonthOf(view, first.date)}</span>
        <span>{last && dayMonthOf(view, last.date)}</span>
      </p>
      <Numbers view={view} name={name} days={days} />
    </>
  );
}

function Numbers({ view, name, days }: { view: View; name: string; days: UsedOn[] }) {
  const text = view.text.account.usage;
  return (
    <details>
      <summary>
        {text.numbers}
        <span class="hidden">: {name}</span>
      </summary>
      <table>
        <caption class="hidden">{text.numbersOf(name)}</caption>
        <thead>
          <tr>
            <th scope="col">{text.date}</th>
            <th scope="col" class="number">
              {text.quantity}
            </th>
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map(({ date, quantity }) => (
            <tr>
              <td>
                <time datetime={date}>{dayMonthOf(view, date)}</time>
              </td>
              <td class="number">{numberOf(view, quantity)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
