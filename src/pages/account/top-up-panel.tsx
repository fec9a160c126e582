import { billingMessages } from '../../languages/messages.ts';
import { monthOf } from '../../lib/calendar.ts';
import { Field, Form, fieldsOf, Select } from '../kit/form.tsx';
import { formatMoney, formatNumber, largeUnits, priceText } from '../kit/format.ts';
import { refusedIn, type Shown } from '../kit/page.ts';
import { Badge, Panel } from '../kit/panel.tsx';
import type { Visit } from '../kit/visit.ts';
import type { BillingState } from './billing-data.ts';

/** Whether and when credits are bought again by themselves. */
export function TopUpPanel({ visit, state, shown }: { visit: Visit; state: BillingState; shown: Shown }) {
  const { principal, view } = visit;
  const { topUp, offers } = state;
  const { topUp: text, pack: packText } = billingMessages[view.language];
  const packs = offers.filter(({ credits, unitAmount }) => credits !== null && unitAmount !== null);
  const [first] = packs;
  if (!first) return null;
  const status = topUp?.status ?? 'off';
  const currency = topUp?.currency ?? first.currency;
  const refused = refusedIn(shown, 'top_up');
  const field = fieldsOf(refused, {
    below: topUp?.below ?? '',
    pack: topUp?.priceId ?? first.priceId,
    monthly_limit: topUp ? largeUnits(topUp.monthlyLimit, currency) : '',
  });
  const options = packs.map((price): [string, string] => {
    const credits = price.credits ?? 0;
    return [price.priceId, `${packText(credits, formatNumber(view, credits))}, ${priceText(view, price)}`];
  });
  const spent = topUp && topUp.month === monthOf(Date.now()) ? topUp.spent : 0;
  const look = status === 'on' ? 'good' : status === 'stopped' ? 'bad' : undefined;
  const disabled = !principal.emailVerified;
  return (
    <Panel id="top-up" title={text.title}>
      <p class="soft">
        {text.text} <Badge look={look}>{text[status]}</Badge>
      </p>
      {topUp?.reason && <p class="notice bad">{text.reasons[topUp.reason]}</p>}
      {topUp && status !== 'off' && (
        <p>
          {text.spent(formatMoney(view, spent, currency), formatMoney(view, topUp.monthlyLimit, currency))}
        </p>
      )}
      <Form
        view={view}
        name="top_up"
        problem={refused?.problem}
        button={status === 'on' ? text.change : text.set}
        disabled={disabled}
      >
        <div class="pair">
          <Field {...field('below')} label={text.below} inputmode="numeric" required />
          <Select {...field('pack')} label={text.pack} options={options} />
        </div>
        <Field
          {...field('monthly_limit')}
          label={text.limit}
          hint={text.limitHint(currency.toUpperCase())}
          required
        />
      </Form>
      {status !== 'off' && (
        <Form view={view} name="top_up_end" button={text.end} look="plain" disabled={disabled} />
      )}
    </Panel>
  );
}
