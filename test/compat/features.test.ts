import { expect, it } from 'vitest';
import { DIALECT_NAMES } from '../../src/lib/dialect-names.ts';
import { call, INTERNAL } from '../support/api.ts';
import { operationsOf, readDocument } from '../support/contract.ts';
import { FEATURES } from './features.ts';

const named = new Set(
  DIALECT_NAMES.flatMap((name) => Object.values(FEATURES[name])).flatMap(({ where }) =>
    [...where.matchAll(/`((?:[A-Z]+ )?\/[^`]*)`/g)].map(([, what]) => what as string),
  ),
);

it('every operation that features name is in the OpenAPI document', async () => {
  const operations = operationsOf(await readDocument()).map(({ method, path }) => `${method} ${path}`);
  const undocumented = [...named].filter((what) => !what.startsWith('/') && what !== 'GET /openapi.json');
  expect(undocumented.length).toBeGreaterThan(40);
  expect(undocumented.filter((what) => !operations.includes(what))).toEqual([]);
});

it('every page that features name is there', async () => {
  const pages = [...named].filter((what) => what.startsWith('/'));
  expect(pages.length).toBeGreaterThan(5);
  for (const page of pages) {
    const { status } = await call('GET', page, { headers: { accept: 'text/html' } });
    expect([200, 303, 410], page).toContain(status);
  }
});

it('the plans begin with the limits that the documents give', async () => {
  const { data } = (await call('GET', '/v1/admin/plans', { headers: INTERNAL })).body;
  const daily = (id: string) =>
    ['images', 'videos', 'messages'].map(
      (resource) => data.find((plan: any) => plan.id === id).limits[resource]?.day ?? null,
    );
  expect(daily('free')).toEqual([20, 5, 100]);
  expect(daily('pro')).toEqual([200, 50, 1000]);
  expect(daily('enterprise')).toEqual([null, null, null]);
});
