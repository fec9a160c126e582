import type { Plan } from '../../account/metering-contract.ts';
import { PriceListBody } from '../../billing/admin-schemas.ts';
import type { BillingAdmin, NamedPrice } from '../../billing/admin-service.ts';
import type { PriceRow } from '../../billing/tables.ts';
import { ApiError, fieldError } from '../../errors.ts';
import { adminBillingMessages, kitMessages } from '../../languages/messages.ts';
import { Field, Form, fieldsOf, Select } from '../kit/form.tsx';
import type { RefusedForm } from '../kit/form-data.ts';
import { priceText } from '../kit/format.ts';
import type { View } from '../kit/view.ts';

type PriceMeaning = Parameters<BillingAdmin['replacePrices']>[1][number];

const MAX_ROWS = 50;
/** Rows for new prices. */
const EMPTY_ROWS = 2;
const SEATS = ['members', 'paid'] as const;

/** What each price stands for: a row of fields each, and a few more. */
export function PriceFields(props: {
  view: View;
  prices: PriceRow[];
  plans: Plan[];
  /** Those of Stripe to choose from; null where they are to be typed. */
  offered: NamedPrice[] | null;
  refused: RefusedForm | undefined;
  disabled: boolean;
}) {
  const { view, prices, plans, offered, refused, disabled } = props;
  const text = adminBillingMessages[view.language];
  const count = Math.min(MAX_ROWS, prices.length + EMPTY_ROWS);
  const rows = Array.from({ length: count }, (_, row) => {
    const price = prices[row];
    const field = fieldsOf(refused, {
      [`price_id.${row}`]: price?.priceId ?? '',
      [`plan.${row}`]: price?.plan ?? '',
      [`credits.${row}`]: price?.credits ?? '',
      [`seats.${row}`]: price?.seats ?? '',
      [`metered.${row}`]: price?.metered?.join(' ') ?? '',
    });
    const plan = field(`plan.${row}`);
    const known = plans.map(({ id, name }): [string, string] => [id, name]);
    const gone = plan.value && !known.some(([id]) => id === plan.value) ? [plan.value] : [];
    return (
      <fieldset class="price">
        <legend>
          {text.price(row + 1)}
          {price && <span class="soft"> {price.unitAmount !== null && priceText(view, price)}</span>}
        </legend>
        <div class="pair">
          <PriceField view={view} field={field(`price_id.${row}`)} offered={offered} />
          <Select
            {...plan}
            label={text.plan}
            options={[['', text.noPlan], ...known, ...gone.map((id): [string, string] => [id, id])]}
          />
          <Field {...field(`credits.${row}`)} label={text.credits} inputmode="numeric" autocomplete="off" />
          <Select
            {...field(`seats.${row}`)}
            label={text.seats}
            options={[
              ['', text.noSeats],
              ['members', text.seatsOfMembers],
              ['paid', text.seatsPaid],
            ]}
          />
        </div>
        <Field {...field(`metered.${row}`)} label={text.metered} hint={text.meteredHint} autocomplete="off" />
      </fieldset>
    );
  });
  return (
    <Form
      view={view}
      name="prices"
      problem={refused?.problem}
      button={kitMessages[view.language].save}
      disabled={disabled}
    >
      {rows}
    </Form>
  );
}

/** Which price of Stripe: one of those that there are, or what is typed where they are not known. */
function PriceField(props: {
  view: View;
  field: ReturnType<ReturnType<typeof fieldsOf>>;
  offered: NamedPrice[] | null;
}) {
  const { view, field, offered } = props;
  const { priceId, noPrice } = adminBillingMessages[view.language];
  if (offered === null) return <Field {...field} label={priceId} maxlength={100} autocomplete="off" />;
  // One by use goes along with that of a plan, and stands for nothing itself.
  const standing = offered.filter(({ meterId }) => meterId === null);
  const options = standing.map((price): [string, string] => [
    price.id,
    `${price.name} · ${priceText(view, price)}`,
  ]);
  const { value } = field;
  const gone: [string, string][] = value && !standing.some(({ id }) => id === value) ? [[value, value]] : [];
  return <Select {...field} label={priceId} options={[['', noPrice], ...gone, ...options]} />;
}

/** What the rows of the form say, each with its number. Throws 422 for a row that says too much or too little. */
export function meaningsOf(values: Record<string, string>): { row: number; meaning: PriceMeaning }[] {
  const seen = new Set<string>();
  return Array.from({ length: MAX_ROWS }, (_, row) => {
    const [priceId, plan, credits, said, use] = ['price_id', 'plan', 'credits', 'seats', 'metered'].map(
      (field) => values[`${field}.${row}`]?.trim() || undefined,
    );
    if (priceId === undefined && plan === undefined && credits === undefined) return [];
    const seats = SEATS.find((one) => one === said);
    const amount = credits === undefined ? undefined : Number(credits);
    const metered = use?.split(/[\s,]+/).filter(Boolean);
    const given = { price_id: priceId, plan, credits: amount, seats, metered };
    const isKnown = PriceListBody.safeParse({ data: [given] }).success;
    if (!isKnown || !priceId || seen.has(priceId)) {
      throw fieldError(`price_id.${row}`, 'price', 'Needs a price and either a plan or credits');
    }
    seen.add(priceId);
    return [
      { row, meaning: plan ? { priceId, plan, seats, metered } : { priceId, credits: Number(credits) } },
    ];
  }).flat();
}

/** Makes a refusal of a price name the row of the form that has the price. */
export async function blamePriceRows<Result>(
  rows: { row: number }[],
  act: () => Promise<Result>,
): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ApiError && error.fields)) throw error;
    const fields = error.fields.map(({ path, code, message }) => {
      const [, position = '', field = ''] = path.split('.');
      const row = rows[Number(position)]?.row ?? 0;
      return { path: `${field}.${row}`, code: code === 'unknown' ? 'price_unknown' : code, message };
    });
    throw new ApiError('validation_failed', { fields });
  }
}
