import type { SpendingReport } from '../../account/caps-contract.ts';
import type { CreditStanding } from '../../account/metering-contract.ts';
import type { Caps } from '../../account/sharing-contract.ts';
import type { Limit } from '../../directory/state.ts';
import { fieldError } from '../../errors.ts';
import { spendingMessages } from '../../languages/messages.ts';
import { CapsBody } from '../../plans/caps-schemas.ts';
import { Field, Form, fieldsOf } from '../kit/form.tsx';
import { type RefusedForm, valid } from '../kit/form-data.ts';
import { formatNumber, resourceName } from '../kit/format.ts';
import { Entries, Entry, Panel, Time } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';

const PERIODS = ['day', 'month'] as const;

const fieldName = (resource: string | null, period: 'day' | 'month') =>
  resource === null ? `credits.${period}` : `cap.${resource}.${period}`;

/** The caps that a form names; an empty field is none. Throws 422, which names the field. */
export function capsIn(values: Record<string, string>): Caps {
  const caps = new Map<string | null, Limit>();
  for (const [field, value] of Object.entries(values)) {
    const [, name = null, period] = /^(?:credits|cap\.([a-z][a-z0-9_]*))\.(day|month)$/.exec(field) ?? [];
    const text = value.trim();
    if (period === undefined || text === '') continue;
    if (!/^\d{1,15}$/.test(text)) throw fieldError(field, 'cap', 'Must be a whole number');
    caps.set(name, { ...caps.get(name), [period as 'day' | 'month']: Number(text) });
  }
  const credits = caps.get(null) ?? null;
  caps.delete(null);
  return valid(CapsBody, { credits, resources: Object.fromEntries(caps) });
}

/** The form of the caps of all that is spent, with what was spent and what an operator says. */
export function SpendingPanel(props: {
  view: View;
  report: SpendingReport;
  /** What may be capped beside credits. */
  resources: string[];
  refused: RefusedForm | undefined;
  isShared?: boolean;
}) {
  const { view, report, resources, refused, isShared = false } = props;
  const text = spendingMessages[view.language];
  const names = [...new Set([...resources, ...Object.keys(report.inForce.resources)])];
  const rows = [
    { label: text.credits, of: (caps: Caps) => caps.credits, resource: null },
    ...names.map((name) => ({
      ...{ label: resourceName(view, name), resource: name },
      of: (caps: Caps) => (Object.hasOwn(caps.resources, name) ? caps.resources[name] : null),
    })),
  ];
  const field = fieldsOf(
    refused,
    Object.fromEntries(
      rows.flatMap(({ resource, of }) =>
        PERIODS.map((period) => [fieldName(resource, period), of(report.own)?.[period]]),
      ),
    ),
  );
  const number = (count: number) => formatNumber(view, count);
  const capped = rows.flatMap(({ label, of, resource }) => {
    const used = report.used.find((one) => one.resource === resource);
    const lines = PERIODS.flatMap((period) => {
      const most = of(report.inForce)?.[period];
      return most == null ? [] : [text.usedOf[period](number(used?.[period] ?? 0), number(most))];
    });
    return lines.length === 0 ? [] : [<Entry name={label} about={lines} />];
  });
  return (
    <Panel id="spending" title={text.title}>
      <p class="soft">{isShared ? text.shared : text.own}</p>
      <Entries entries={capped} none={text.none} />
      <details class="change" open={refused !== undefined}>
        <summary>{text.change}</summary>
        <Form view={view} name="spending" problem={refused?.problem} button={text.save} look="plain">
          <p class="hint">{text.emptyIsNone}</p>
          {rows.map(({ label, of, resource }) => (
            <div class="pair">
              {PERIODS.map((period) => {
                const used = report.used.find((one) => one.resource === resource)?.[period];
                const most = of(report.operator)?.[period];
                const hints = [
                  used === undefined ? '' : text.spent(number(used)),
                  most == null ? '' : text.operator(number(most)),
                ];
                return (
                  <Field
                    {...field(fieldName(resource, period))}
                    label={text[period](label)}
                    hint={hints.filter(Boolean).join(' · ') || undefined}
                    inputmode="numeric"
                    autocomplete="off"
                    maxlength={15}
                  />
                );
              })}
            </div>
          ))}
        </Form>
      </details>
    </Panel>
  );
}

/** What of a balance came from where, and expires when. */
export function CreditSources({ view, standing }: { view: View; standing: CreditStanding }) {
  const text = spendingMessages[view.language];
  const number = (count: number) => formatNumber(view, count);
  if (standing.sources.length === 0) return null;
  const entries = standing.sources.map(({ source, amount, expiring }) => (
    <Entry
      name={text.sources[source]}
      about={expiring.slice(0, 3).map((one) => (
        <>
          {text.expiring(number(one.amount))} <Time view={view} at={one.expiresAt} />
        </>
      ))}
    >
      <p class="number">{number(amount)}</p>
    </Entry>
  ));
  return (
    <>
      <h3>{text.sourcesTitle}</h3>
      <p class="soft">
        {text.order} {standing.reserved > 0 && text.reserved(number(standing.reserved))}
      </p>
      <Entries look="rows ledger" entries={entries} none="" />
    </>
  );
}
