import type { Invoice, PaymentMethod } from '../../billing/service.ts';
import { billingMessages } from '../../languages/messages.ts';
import { Form } from '../kit/form.tsx';
import { formatMoney, formatNumber, methodName, priceText } from '../kit/format.ts';
import { Badge, Entries, Entry, Panel, Time } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import type { Visit } from '../kit/visit.ts';
import type { BillingState, Wallet } from './billing-data.ts';

/** Packs of credits to buy. */
export function CreditPacks({ visit, state }: { visit: Visit; state: BillingState }) {
  const { principal, view } = visit;
  const text = billingMessages[view.language];
  const packs = state.offers.filter(({ credits }) => credits !== null);
  if (packs.length === 0) return null;
  return (
    <Panel id="credits" title={text.credits}>
      <p class="soft">{text.balance(formatNumber(view, state.balance))}</p>
      <ul class="rows">
        {packs.map((price) => {
          const credits = price.credits ?? 0;
          const pack = text.pack(credits, formatNumber(view, credits));
          const cost = priceText(view, price);
          return (
            <Entry name={pack} lead={cost}>
              <Form
                view={view}
                name="credits"
                hidden={{ price: price.priceId }}
                button={text.buy}
                buttonLabel={text.buyNamed(pack, cost)}
                look="plain"
                disabled={!principal.emailVerified}
              />
            </Entry>
          );
        })}
      </ul>
    </Panel>
  );
}

/** Cards and other payment methods. */
export function MethodPanel({ visit, wallet }: { visit: Visit; wallet: Wallet }) {
  const { principal, view } = visit;
  const text = billingMessages[view.language];
  const { methods, defaultId } = wallet;
  const entries = methods.map((method) => (
    <MethodEntry visit={visit} method={method} isDefault={method.id === defaultId} />
  ));
  return (
    <Panel id="methods" title={text.methods}>
      <Entries entries={entries} none={text.noMethods} />
      <Form view={view} name="portal" button={text.portal} look="plain" disabled={!principal.emailVerified}>
        <p class="hint">{text.portalHint}</p>
      </Form>
    </Panel>
  );
}

function MethodEntry(props: { visit: Visit; method: PaymentMethod; isDefault: boolean }) {
  const { visit, method, isDefault } = props;
  const { principal, view } = visit;
  const text = billingMessages[view.language];
  const name = methodName(view, method);
  const { expMonth, expYear } = method;
  const form = {
    view,
    hidden: { method: method.id },
    look: 'plain',
    disabled: !principal.emailVerified,
  } as const;
  return (
    <Entry
      name={name}
      badge={isDefault && <Badge look="good">{text.isDefault}</Badge>}
      about={[
        expMonth !== null &&
          expYear !== null &&
          text.expires(`${String(expMonth).padStart(2, '0')}/${expYear}`),
      ]}
    >
      <div class="buttons">
        {!isDefault && (
          <Form
            {...form}
            name="method_default"
            button={text.makeDefault}
            buttonLabel={text.makeDefaultNamed(name)}
          />
        )}
        <Form {...form} name="method_remove" button={text.remove} buttonLabel={text.removeNamed(name)} />
      </div>
    </Entry>
  );
}

/** The newest invoices. */
export function InvoicePanel({ view, wallet }: { view: View; wallet: Wallet }) {
  const text = billingMessages[view.language];
  const { invoices, hasOlder } = wallet;
  const entries = invoices.map((invoice) => <InvoiceEntry view={view} invoice={invoice} />);
  return (
    <Panel id="invoices" title={text.invoices}>
      <Entries entries={entries} none={text.noInvoices} />
      {hasOlder && <p class="soft">{text.olderInvoices}</p>}
    </Panel>
  );
}

const LOOKS: Record<string, 'good' | 'bad' | undefined> = { paid: 'good', open: 'bad' };

function InvoiceEntry({ view, invoice }: { view: View; invoice: Invoice }) {
  const text = billingMessages[view.language];
  const { status, total, currency, createdAt, hostedUrl } = invoice;
  const number = invoice.number ?? text.draft;
  return (
    <Entry
      name={number}
      badge={<Badge look={LOOKS[status]}>{text.invoiceStatuses[status] ?? status}</Badge>}
      about={[<Time view={view} at={createdAt} day />]}
    >
      <p class="number">{formatMoney(view, total, currency)}</p>
      {hostedUrl && (
        <a class="button plain" href={hostedUrl} aria-label={text.viewNamed(number)}>
          {text.view}
        </a>
      )}
    </Entry>
  );
}
