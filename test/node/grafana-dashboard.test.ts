import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../src/cli/root.ts';
import { METRIC_NAMES } from '../../src/metrics/exposition.ts';

interface Panel {
  id: number;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: { expr: string }[];
}

const { panels }: { panels: Panel[] } = JSON.parse(
  readFileSync(join(ROOT, 'monitoring/grafana-dashboard.json'), 'utf8'),
);

it('every metric has a panel, and every panel asks for metrics that there are', () => {
  const asked = panels.flatMap(({ targets }) =>
    targets.flatMap(({ expr }) => expr.match(/\blatchkey_\w+/g) ?? []),
  );
  expect([...new Set(asked)].toSorted()).toEqual(METRIC_NAMES.toSorted());
  for (const { title, targets } of panels) {
    for (const { expr } of targets) expect(expr, title).toMatch(/\blatchkey_/);
  }
});

it('panels have ids of their own, and stand beside each other', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const taken = new Set<string>();
  for (const { title, gridPos } of panels) {
    const { x, y, w, h } = gridPos;
    expect(x + w, title).toBeLessThanOrEqual(24);
    for (let column = x; column < x + w; column += 1) {
      for (let row = y; row < y + h; row += 1) {
        expect(taken.has(`${column},${row}`), title).toBe(false);
        taken.add(`${column},${row}`);
      }
    }
  }
});
