import { NumberHead, Table } from './admin-frame.tsx';
import type { View } from './view.ts';

/** Units of a chart's own space; the stylesheet stretches it to where it stands. */
const HEIGHT = 100;
const STEP = 10;
const BAR = 8;

/** A number as the reader writes it. */
export function numberOf({ language }: View, value: number): string {
  return new Intl.NumberFormat(language).format(value);
}

/** A UTC date (YYYY-MM-DD) as the reader writes it. */
export function dayOf(view: View, date: string): string {
  const format = new Intl.DateTimeFormat(view.language, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  return format.format(new Date(`${date}T00:00:00Z`));
}

/** One number a day as bars, and the same as a table. */
export function DayChart(props: { view: View; title: string; days: { date: string; value: number }[] }) {
  const { view, title, days } = props;
  const text = view.text.admin.charts;
  const total = days.reduce((sum, { value }) => sum + value, 0);
  const most = Math.max(1, ...days.map(({ value }) => value));
  const first = days[0]?.date;
  const last = days.at(-1)?.date;
  return (
    <figure class="panel chart">
      <figcaption>
        <h3>{title}</h3>
        <span class="soft">{text.total(numberOf(view, total))}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${days.length * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={text.summary(title, numberOf(view, total), numberOf(view, most))}
      >
        {days.map(({ date, value }, at) => {
          // A day on which little happened is not one on which nothing did.
          const height = value === 0 ? 0.75 : Math.max(3, (value / most) * HEIGHT);
          return (
            <rect
              class={value === 0 ? 'empty' : undefined}
              x={at * STEP + 1}
              y={HEIGHT - height}
              width={BAR}
              height={height}
            >
              <title>{`${dayOf(view, date)}: ${numberOf(view, value)}`}</title>
            </rect>
          );
        })}
      </svg>
      <p class="axis" aria-hidden="true">
        <span>{first && dayOf(view, first)}</span>
        <span>{text.most(numberOf(view, total === 0 ? 0 : most))}</span>
        <span>{last && dayOf(view, last)}</span>
      </p>
      <details>
        <summary>{text.asTable}</summary>
        <Table
          label={title}
          head={
            <>
              <th scope="col">{text.date}</th>
              <NumberHead>{title}</NumberHead>
            </>
          }
        >
          {days.toReversed().map(({ date, value }) => (
            <tr>
              <th scope="row">
                <time datetime={date}>{dayOf(view, date)}</time>
              </th>
              <td class="number">{numberOf(view, value)}</td>
            </tr>
          ))}
        </Table>
      </details>
    </figure>
  );
}

/** How much of a whole: as a bar, for who sees the number beside it. */
export function Share({ value, most }: { value: number; most: number }) {
  return (
    <svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect class="empty" width={100} height={4} />
      <rect width={most === 0 ? 0 : Math.min(100, (value / most) * 100)} height={4} />
    </svg>
  );
}
