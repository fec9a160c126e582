import type { Plan } from '../account/metering-contract.ts';
import { PriceListBody } from '../billing/admin-schemas.ts';
import type { BillingAdmin } from '../billing/admin-service.ts';
import type { PriceRow } from '../billing/tables.ts';
import { ApiError, fieldError } from '../errors.ts';
import { moneyOf } from './account-format.ts';
import type { Shown } from './account-page.tsx';
import { Field, Select } from './form.tsx';
import type { View } from './view.ts';

type PriceMeaning = Parameters<BillingAdmin['replacePrices']>[1][number];

const MAX_ROWS = 50;
/** Rows for prices that are not there yet. */
const EMPTY_ROWS = 2;

/** What each price stands for: a row of fields each, and a few more. */
export function PriceFields(props: {
  view: View;
  prices: PriceRow[];
  plans: Plan[];
  refused: Shown['refused'];
}) {
  const { view, prices, plans, refused } = props;
  const text = view.text.adminOperations.billing;
  const { problem, values } = refused ?? {};
  const count = Math.min(MAX_ROWS, prices.length + EMPTY_ROWS);
  return (
    <>
      {Array.from({ length: count }, (_, row) => {
        const price = prices[row];
        const shownOf = (field: string, kept: string | number | null | undefined) =>
          values?.[`${field}.${row}`] ?? (kept === null || kept === undefined ? '' : String(kept));
        const plan = shownOf('plan', price?.plan);
        const known = plans.map(({ id, name }): [string, string] => [id, name]);
        const gone: [string, string][] = plan && !known.some(([id]) => id === plan) ? [[plan, plan]] : [];
        return (
          <fieldset class="price">
            <legend>
              {text.price(row + 1)}
              {price && <span class="soft"> {costOf(view, price)}</span>}
            </legend>
            <div class="pair">
              <Field
                name={`price_id.${row}`}
                label={text.priceId}
                value={shownOf('price_id', price?.priceId)}
                problem={problem}
                maxlength={100}
                autocomplete="off"
              />
              <Select
                name={`plan.${row}`}
                label={text.plan}
                value={plan}
                problem={problem}
                options={[['', text.noPlan], ...known, ...gone]}
              />
              <Field
                name={`credits.${row}`}
                label={text.credits}
                value={shownOf('credits', price?.credits)}
                problem={problem}
                inputmode="numeric"
                autocomplete="off"
              />
            </div>
          </fieldset>
        );
      })}
    </>
  );
}

function costOf(view: View, { unitAmount, currency, months }: PriceRow): string {
  const text = view.text.adminOperations.billing;
  if (unitAmount === null) return '';
  const amount = moneyOf(view, unitAmount, currency);
  return months === null ? amount : `${amount} ${text.every(months)}`;
}

/** What the rows of a form say, each with the number of its row. Throws 422 for a row that says too much or too little. */
export function meaningsOf(values: Record<string, string>): { row: number; meaning: PriceMeaning }[] {
  const seen = new Set<string>();
  return Array.from({ length: MAX_ROWS }, (_, row) => {
    const [priceId, plan, credits] = ['price_id', 'plan', 'credits'].map(
      (field) => values[`${field}.${row}`]?.trim() || undefined,
    );
    if (priceId === undefined && plan === undefined && credits === undefined) return [];
    const given = { price_id: priceId, plan, credits: credits === undefined ? undefined : Number(credits) };
    const isKnown = PriceListBody.safeParse({ data: [given] }).success;
    if (!isKnown || !priceId || seen.has(priceId)) {
      throw fieldError(`price_id.${row}`, 'price', 'Needs a price and either a plan or credits');
    }
    seen.add(priceId);
    return [{ row, meaning: plan ? { priceId, plan } : { priceId, credits: Number(credits) } }];
  }).flat();
}

/** Has a refusal of a price name the row of the form that it is in. */
export async function pricesBlamed<Result>(
  meanings: { row: number }[],
  act: () => Promise<Result>,
): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ApiError && error.fields)) throw error;
    const fields = error.fields.map(({ path, code, message }) => {
      const [, position = '', field = ''] = path.split('.');
      const row = meanings[Number(position)]?.row ?? 0;
      return { path: `${field}.${row}`, code: code === 'unknown' ? 'price_unknown' : code, message };
    });
    throw new ApiError('validation_failed', { fields });
  }
}
