import type { Config } from '../config/config.ts';

/** The tier of a model: that of the first pattern that fits. */
export function tierOf(model: string, config: Pick<Config, 'MODEL_TIERS' | 'MODEL_TIER_DEFAULT'>): string {
  const found = config.MODEL_TIERS.find(({ pattern }) => fits(model, pattern));
  return found?.tier ?? config.MODEL_TIER_DEFAULT;
}

// Not a regular expression: some patterns would take forever over some names.
function fits(model: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return model === pattern;
  const last = rest.pop() as string;
  if (!model.startsWith(first) || !model.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = model.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at + last.length <= model.length;
}
