import { kitMessages } from '../../languages/messages.ts';
import { localized } from '../../lib/localized.ts';
import { formatCompact, formatNumber } from './format.ts';
import { Table } from './table.tsx';
import type { View } from './view.ts';

/** A moment of a chart: what it is called, and that in short on the axis; its number, and that of the same moment of the period before. */
export interface TrendPoint {
  label: string;
  tick: string;
  value: number;
  before: number;
}

/** Units of the chart's own space, which the stylesheet stretches: the width of a point, and the height. */
const STEP = 10;
const HEIGHT = 100;
/** Labels below a chart; on a phone every other. */
const LABELS = 6;
/** Parts into which the scale is divided, at most. */
const PARTS = 5;

/**
 * Numbers over time as a line, with those of the period before as another, between axes. It needs no script: what stands over a point is shown by the
 * stylesheet. `label` says in words what the lines show; the numbers themselves are those of `TrendTable`.
 */
export function TrendChart({ view, points, label }: { view: View; points: TrendPoint[]; label: string }) {
  const text = kitMessages[view.language];
  const scale = scaleOf(points.flatMap(({ value, before }) => [value, before]));
  const most = scale.at(-1) as number;
  const width = points.length * STEP;
  const lines = scale.map((at) => `M0 ${heightOf(at, most)}h${width}`);
  const now = lineOf(
    points.map(({ value }) => value),
    most,
  );
  const every = Math.ceil(points.length / LABELS);
  return (
    <div class="trend">
      <ol aria-hidden="true">
        {scale.toReversed().map((at) => (
          <li>{formatCompact(view, at)}</li>
        ))}
      </ol>
      <div>
        <svg viewBox={`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
          <path class="grid" d={lines.join('')} />
          <path class="area" d={`${now}V${HEIGHT}H${STEP / 2}z`} />
          <path
            class="before"
            d={lineOf(
              points.map(({ before }) => before),
              most,
            )}
          />
          <path d={now} />
        </svg>
        <ol aria-hidden="true">
          {points.map((point, at) => (
            <li
              data-at={(points.length - 1 - at) % every === 0 ? point.tick : undefined}
              data-minor={(points.length - 1 - at) % (2 * every) === every}
              class={at * 2 < points.length ? undefined : 'late'}
            >
              <p>
                {point.label}
                <strong>{formatNumber(view, point.value)}</strong>
                {text.before(formatNumber(view, point.before))}
              </p>
            </li>
          ))}
        </ol>
      </div>
    </div>
  );
}

/** The same numbers as a table, the newest first. */
export function TrendTable(props: { view: View; points: TrendPoint[]; label: string; heading: string }) {
  const { view, points, label, heading } = props;
  const { date, periodBefore } = kitMessages[view.language];
  return (
    <Table
      label={label}
      columns={[date, { number: heading }, { number: periodBefore }]}
      rows={points.toReversed().map(({ label, value, before }) => (
        <tr>
          <th scope="row">{label}</th>
          <td class="number">{formatNumber(view, value)}</td>
          <td class="number">{formatNumber(view, before)}</td>
        </tr>
      ))}
    />
  );
}

/** Numbers over time as a line, and nothing more: what they are stands beside it. */
export function Sparkline({ values }: { values: number[] }) {
  const line = lineOf(values, Math.max(1, ...values));
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${values.length * STEP} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path class="area" d={`${line}V${HEIGHT}H${STEP / 2}z`} />
      <path d={line} />
    </svg>
  );
}

/** Above so many times as much a change in percent says nothing any more. */
const MANIFOLD = 10;

/** How a number differs from that of the period before, in percent; nothing where there was none, or next to none. */
export function Change({ view, value, before }: { view: View; value: number; before: number }) {
  if (before * MANIFOLD <= value) return null;
  const change = (value - before) / before;
  const shown = localized(Intl.NumberFormat, view.locale ?? view.language, {
    style: 'percent',
    signDisplay: 'exceptZero',
    maximumFractionDigits: Math.abs(change) < 0.1 ? 1 : 0,
  }).format(change);
  return (
    <span class={change === 0 ? 'change' : change > 0 ? 'change up' : 'change down'}>
      {shown}
      <span class="hidden"> {kitMessages[view.language].thanBefore}</span>
    </span>
  );
}

/** Round numbers from 0 to what all of some fit below. */
export function scaleOf(values: number[]): number[] {
  const most = Math.max(1, ...values);
  const rough = most / PARTS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, ([1, 2, 5].find((times) => times * power >= rough) ?? 10) * power);
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, at) => at * step);
}

function lineOf(values: number[], most: number): string {
  return values
    .map((value, at) => `${at === 0 ? 'M' : 'L'}${at * STEP + STEP / 2} ${heightOf(value, most)}`)
    .join('');
}

function heightOf(value: number, most: number): number {
  return Number((HEIGHT - (value / most) * HEIGHT).toFixed(1));
}
