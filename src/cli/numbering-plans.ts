import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);

/** Where a plan of libphonenumber-js (`src/metadata.js` there) has the forms in which its numbers are written out. */
const FORMATS = 4;

/** The world's numbering plans as libphonenumber-js reads them, without how numbers are written out: half of them is that. */
export function numberingPlans(): unknown {
  const plans = JSON.parse(readFileSync(resolve('libphonenumber-js/metadata.min.json'), 'utf8'));
  for (const plan of [
    ...Object.values(plans.countries),
    ...Object.values(plans.nonGeographic),
  ] as unknown[][]) {
    if (plan.length > FORMATS) plan[FORMATS] = 0;
  }
  return plans;
}
