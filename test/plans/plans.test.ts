import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/variable.ts';
import { tierOf } from '../../src/plans/model-tiers.ts';
import { withOverrides } from '../../src/plans/plan-book.ts';

const GOOD = {
  ORIGIN: 'https://auth.example.com',
  AUTH_SECRET: 'kGm2v0Qx7pTz4LwYc9RbN3sUeJ6hDfA8',
  ENVIRONMENT: 'development',
};
const plan = {
  id: 'free',
  name: 'Free',
  limits: { images: { day: 1, month: 9 }, tokens: { month: 5 } },
  modelTiers: [],
  monthlyCredits: 0,
  features: [],
};

describe('QUOTA_ variables', () => {
  it('change the limits of plans, whatever the database says', () => {
    const config = parseConfig({
      ...GOOD,
      QUOTA_FREE_IMAGES: '20',
      QUOTA_FREE_TOKENS: 'unlimited',
      QUOTA_FREE_VIDEOS: '0',
      QUOTA_PRO_IMAGES: '7',
    });
    expect(withOverrides(plan, config).limits).toEqual({
      images: { day: 20, month: 9 },
      tokens: { month: null },
      videos: { day: 0 },
    });
  });

  it('are refused when they are no number', () => {
    expect(() => parseConfig({ ...GOOD, QUOTA_FREE_IMAGES: 'many' })).toThrow(ConfigError);
    expect(() => parseConfig({ ...GOOD, QUOTA_FREE_IMAGES: 'many' })).toThrow(
      'QUOTA_FREE_IMAGES must be a whole number or unlimited',
    );
    expect(() => parseConfig({ ...GOOD, RESOURCES: 'images,Date!' })).toThrow('RESOURCES must list names');
  });
});

describe('the tier of a model', () => {
  it.each([
    ['gpt-4o-mini', 'standard'],
    ['gpt-4o-mini-2026', 'standard'],
    ['gpt-4', 'premium'],
    ['gpt-4.1-turbo', 'premium'],
    ['claude-3-opus-20240229', 'premium'],
    ['claude-opus', 'premium'],
    ['claude-3-haiku', 'standard'],
    ['my-gpt-4', 'standard'],
    ['', 'standard'],
  ])('of %s is %s', (model, tier) => {
    expect(tierOf(model, parseConfig(GOOD))).toBe(tier);
  });

  it('needs the ends of a pattern not to overlap', () => {
    const config = parseConfig({ ...GOOD, MODEL_TIERS: 'ab*ba=x,*mid*=y', MODEL_TIER_DEFAULT: 'z' });
    expect(['aba', 'abba', 'ab-mid', 'm-id'].map((model) => tierOf(model, config))).toEqual([
      'z',
      'x',
      'y',
      'z',
    ]);
  });
});
