import { kitMessages } from '../../languages/messages.ts';
import { formatDayMonth, formatNumber, labelOf } from './format.ts';
import { Table } from './table.tsx';
import type { View } from './view.ts';

/** A number for each UTC date (YYYY-MM-DD), oldest first. */
export type DailyNumbers = { date: string; value: number }[];

/**
 * Units of the chart's own space, which the stylesheet stretches. `LEAST` is the height of the bar of a day on which little happened, which must
 * not look like that of a day on which nothing did.
 */
const HEIGHT = 60;
const LEAST = 1.5;
const GAP = 3;
const STEP = 10;

/** A bar for each day, with the most beside it. `label` says in words what the bars show; a bar that is pointed at says its number. */
export function DayBars({ view, days, label }: { view: View; days: DailyNumbers; label: string }) {
  const most = Math.max(1, ...days.map(({ value }) => value));
  const bars = days.flatMap(({ value }, at) => {
    if (value <= 0) return [];
    const top = Number((HEIGHT - Math.max(LEAST, (value / most) * HEIGHT)).toFixed(2));
    return [`M${at * STEP + GAP / 2} ${top}h${STEP - GAP}V${HEIGHT}h${GAP - STEP}z`];
  });
  return (
    <div class="plot">
      <svg
        class="chart"
        viewBox={`0 0 ${days.length * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        <path d={bars.join('')} />
        {days.map(({ date, value }, at) => (
          <rect x={at * STEP} width={STEP} height={HEIGHT}>
            <title>{`${labelOf(view, formatDayMonth(view, date))}${formatNumber(view, value)}`}</title>
          </rect>
        ))}
      </svg>
      <span aria-hidden="true">{formatNumber(view, most)}</span>
      <span aria-hidden="true">0</span>
    </div>
  );
}

/** The same numbers as a table, newest first. */
export function DayTable(props: { view: View; days: DailyNumbers; label: string; heading: string }) {
  const { view, days, label, heading } = props;
  return (
    <Table
      label={label}
      columns={[kitMessages[view.language].date, { number: heading }]}
      rows={days.toReversed().map(({ date, value }) => (
        <tr>
          <th scope="row">
            <time datetime={date}>{formatDayMonth(view, date)}</time>
          </th>
          <td class="number">{formatNumber(view, value)}</td>
        </tr>
      ))}
    />
  );
}

/** A part of a whole, as a bar beside its number. */
export function Share({ value, most }: { value: number; most: number }) {
  return (
    <svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect class="empty" width={100} height={4} />
      <rect width={most === 0 ? 0 : Math.min(100, (value / most) * 100)} height={4} />
    </svg>
  );
}
