import type { Invoice, PaymentMethod } from '../billing/service.ts';
import type { Account, Wallet } from './account-billing-data.ts';
import { methodName, moneyOf, numberOf, priceOf } from './account-format.ts';
import { Panel, Time } from './account-frame.tsx';
import type { Visit } from './account-visit.ts';
import { Form, Hidden } from './form.tsx';
import type { View } from './view.ts';

/** Packs of credits to buy. */
export function CreditPacks({ visit, account }: { visit: Visit; account: Account }) {
  const { principal, view } = visit;
  const text = view.text.account.billing;
  const packs = account.offers.filter(({ credits }) => credits !== null);
  if (packs.length === 0) return null;
  return (
    <Panel id="credits" title={text.credits}>
      <p class="soft">{text.balance(numberOf(view, account.balance))}</p>
      <ul class="rows">
        {packs.map((price) => {
          const pack = text.pack(numberOf(view, price.credits ?? 0));
          const cost = priceOf(view, price);
          return (
            <li>
              <div>
                <p>
                  <strong>{pack}</strong>
                </p>
                <p>{cost}</p>
              </div>
              <Form
                view={view}
                button={text.buy}
                buttonLabel={text.buyNamed(pack, cost)}
                look="plain"
                disabled={!principal.emailVerified}
              >
                <Hidden name="form" value="credits" />
                <Hidden name="price" value={price.priceId} />
              </Form>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

/** Cards and other ways to pay. */
export function MethodPanel({ visit, wallet }: { visit: Visit; wallet: Wallet }) {
  const { principal, view } = visit;
  const text = view.text.account.billing;
  const { methods, defaultId } = wallet;
  return (
    <Panel id="methods" title={text.methods}>
      {methods.length > 0 ? (
        <ul class="rows">
          {methods.map((method) => (
            <Method visit={visit} method={method} isDefault={method.id === defaultId} />
          ))}
        </ul>
      ) : (
        <p class="soft">{text.noMethods}</p>
      )}
      <Form view={view} button={text.portal} look="plain" disabled={!principal.emailVerified}>
        <Hidden name="form" value="portal" />
        <p class="hint">{text.portalHint}</p>
      </Form>
    </Panel>
  );
}

function Method(props: { visit: Visit; method: PaymentMethod; isDefault: boolean }) {
  const { visit, method, isDefault } = props;
  const { principal, view } = visit;
  const text = view.text.account.billing;
  const name = methodName(view, method);
  const { expMonth, expYear } = method;
  const disabled = !principal.emailVerified;
  return (
    <li>
      <div>
        <p>
          <strong>{name}</strong> {isDefault && <span class="badge good">{text.isDefault}</span>}
        </p>
        {expMonth !== null && expYear !== null && (
          <p class="soft">{text.expires(`${String(expMonth).padStart(2, '0')}/${expYear}`)}</p>
        )}
      </div>
      <div class="buttons">
        {!isDefault && (
          <Form
            view={view}
            button={text.makeDefault}
            buttonLabel={text.makeDefaultNamed(name)}
            look="plain"
            disabled={disabled}
          >
            <Hidden name="form" value="method_default" />
            <Hidden name="method" value={method.id} />
          </Form>
        )}
        <Form
          view={view}
          button={text.remove}
          buttonLabel={text.removeNamed(name)}
          look="plain"
          disabled={disabled}
        >
          <Hidden name="form" value="method_remove" />
          <Hidden name="method" value={method.id} />
        </Form>
      </div>
    </li>
  );
}

/** The newest invoices. */
export function InvoicePanel({ view, wallet }: { view: View; wallet: Wallet }) {
  const text = view.text.account.billing;
  const { invoices, hasOlder } = wallet;
  return (
    <Panel id="invoices" title={text.invoices}>
      {invoices.length > 0 ? (
        <ul class="rows">
          {invoices.map((invoice) => (
            <InvoiceRow view={view} invoice={invoice} />
          ))}
        </ul>
      ) : (
        <p class="soft">{text.noInvoices}</p>
      )}
      {hasOlder && <p class="soft">{text.olderInvoices}</p>}
    </Panel>
  );
}

const LOOKS: Record<string, string | undefined> = { paid: 'badge good', open: 'badge bad' };

function InvoiceRow({ view, invoice }: { view: View; invoice: Invoice }) {
  const text = view.text.account.billing;
  const { status, total, currency, createdAt, hostedUrl } = invoice;
  const number = invoice.number ?? text.draft;
  return (
    <li>
      <div>
        <p>
          <strong>{number}</strong>{' '}
          <span class={LOOKS[status] ?? 'badge'}>{text.invoiceStatuses[status] ?? status}</span>
        </p>
        <p class="soft">
          <Time view={view} at={createdAt} day />
        </p>
      </div>
      <p class="number">{moneyOf(view, total, currency)}</p>
      {hostedUrl && (
        <a class="button plain" href={hostedUrl} aria-label={text.viewNamed(number)}>
          {text.view}
        </a>
      )}
    </li>
  );
}
