import type { Overview, RealmDay } from '../../admin/dashboard-service.ts';
import { overviewMessages } from '../../languages/messages.ts';
import { formatDayMonth, resourceName } from '../kit/format.ts';
import type { TrendPoint } from '../kit/trend-chart.tsx';
import type { View } from '../kit/view.ts';

/** What the page can look back on: days, and how many of them are one point of a chart. A year has whole weeks, so that the period before begins on the same weekday. */
const RANGES = {
  '7d': { days: 7, each: 1 },
  '30d': { days: 30, each: 1 },
  '90d': { days: 90, each: 1 },
  '12m': { days: 364, each: 7 },
} as const;

export type RangeName = keyof typeof RANGES;

export const RANGE_NAMES = Object.keys(RANGES) as RangeName[];

/** How far back an address looks; 30 days where it does not say. */
export function rangeOf(asked: string | undefined): RangeName {
  return RANGE_NAMES.find((name) => name === asked) ?? '30d';
}

/** Days that are read for a range: those of it, and as many before. */
export function daysRead(range: RangeName): number {
  return 2 * RANGES[range].days;
}

/** Something that is counted each day. */
export interface Figure {
  id: string;
  title: string;
  /** Of the whole period and of the one before: the sum, or the mean of a day where users would count on each day anew. */
  total: number;
  before: number;
  points: TrendPoint[];
}

/** The figures of a realm, the first four of which matter most: who comes, and what is used. */
export function figuresOf(view: View, range: RangeName, { daily, usage }: Overview): Figure[] {
  const text = overviewMessages[view.language];
  const dates = daily.map(({ date }) => date);
  const ofDays = (id: 'activeUsers' | 'signUps' | 'signIns', title: string) =>
    figureOf(
      view,
      range,
      dates,
      daily.map((day: RealmDay) => day[id]),
      { id, title, isMean: id === 'activeUsers' },
    );
  const ofUse = (resource: string) =>
    figureOf(
      view,
      range,
      dates,
      usage.daily.map(({ used }) => used[resource] ?? 0),
      { id: `use.${resource}`, title: resourceName(view, resource), isMean: false },
    );
  return [
    ofDays('activeUsers', text.perDay(text.activeUsers)),
    ofDays('signUps', text.signUps),
    ofDays('signIns', text.signIns),
    ...Object.keys(usage.totals).map(ofUse),
  ];
}

function figureOf(
  view: View,
  range: RangeName,
  dates: string[],
  values: number[],
  { isMean, ...named }: { id: string; title: string; isMean: boolean },
): Figure {
  const { days, each } = RANGES[range];
  const sum = (from: number, count: number) => {
    const all = values.slice(from, from + count).reduce((total, value) => total + value, 0);
    return isMean ? Math.round(all / count) : all;
  };
  const points = Array.from({ length: days / each }, (_, at) => {
    const tick = formatDayMonth(view, dates[days + at * each] as string);
    return {
      label: each === 1 ? tick : overviewMessages[view.language].weekOf(tick),
      tick,
      value: sum(days + at * each, each),
      before: sum(at * each, each),
    };
  });
  return { ...named, total: sum(days, days), before: sum(0, days), points };
}
