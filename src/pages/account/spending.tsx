import type { Child } from 'hono/jsx';
import { type CapUse, NO_CAPS, type SpendingReport } from '../../account/caps-contract.ts';
import type { CreditStanding } from '../../account/metering-contract.ts';
import type { Caps } from '../../account/sharing-contract.ts';
import type { Limit } from '../../directory/state.ts';
import { fieldError } from '../../errors.ts';
import { spendingMessages } from '../../languages/messages.ts';
import type { ShownMember } from '../../organizations/service.ts';
import { CapsBody } from '../../plans/caps-schemas.ts';
import type { CapReport } from '../../wallet/spending-contract.ts';
import { Field, Form, fieldsOf } from '../kit/form.tsx';
import { type RefusedForm, valid } from '../kit/form-data.ts';
import { formatNumber, resourceName } from '../kit/format.ts';
import { Entries, Entry, Panel, Time } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';

const PERIODS = ['day', 'month'] as const;

/** What stands in the fields of caps: credits, or a resource. */
interface CapRow {
  label: string;
  resource: string | null;
}

const fieldName = (prefix: string, resource: string | null, period: 'day' | 'month') =>
  `${prefix}${resource === null ? 'credits' : `cap.${resource}`}.${period}`;

const capIn = (caps: Caps, resource: string | null): Limit | null | undefined => {
  if (resource === null) return caps.credits;
  return Object.hasOwn(caps.resources, resource) ? caps.resources[resource] : null;
};

/** The caps that a form names; an empty field is none. Throws 422, which names the field. */
export function capsIn(values: Record<string, string>): Caps {
  const caps = new Map<string | null, Limit>();
  for (const [field, value] of Object.entries(values)) {
    const [, name = null, period] =
      /^(?:member\.)?(?:credits|cap\.([a-z][a-z0-9_]*))\.(day|month)$/.exec(field) ?? [];
    const text = value.trim();
    if (period === undefined || text === '') continue;
    if (!/^\d{1,15}$/.test(text)) throw fieldError(field, 'cap', 'Must be a whole number');
    caps.set(name, { ...caps.get(name), [period as 'day' | 'month']: Number(text) });
  }
  const credits = caps.get(null) ?? null;
  caps.delete(null);
  return valid(CapsBody, { credits, resources: Object.fromEntries(caps) });
}

/** What can be capped: credits, what the plan has, and what is capped already. */
export function capRows(view: View, resources: string[], ...capped: (Caps | null)[]): CapRow[] {
  const names = [...new Set([...resources, ...capped.flatMap((caps) => Object.keys(caps?.resources ?? {}))])];
  return [
    { label: spendingMessages[view.language].credits, resource: null },
    ...names.map((name) => ({ label: resourceName(view, name), resource: name })),
  ];
}

/** What was used of what is capped, a line for each period. */
export function CapEntries(props: { view: View; rows: CapRow[]; inForce: Caps; used: CapUse[] }) {
  const { view, rows, inForce, used } = props;
  const text = spendingMessages[view.language];
  const number = (count: number) => formatNumber(view, count);
  const capped = rows.flatMap(({ label, resource }) => {
    const own = used.find((one) => one.resource === resource);
    const lines = PERIODS.flatMap((period) => {
      const most = capIn(inForce, resource)?.[period];
      return most == null ? [] : [text.usedOf[period](number(own?.[period] ?? 0), number(most))];
    });
    return lines.length === 0 ? [] : [<Entry name={label} about={lines} />];
  });
  return <Entries entries={capped} none={text.none} />;
}

/** The form that sets caps, a field for each period of each row. `beside` is what somebody else has set, said beside the field. */
export function CapForm(props: {
  view: View;
  name: string;
  hidden?: Record<string, string>;
  /** Before the names of its fields, where the page has another. */
  prefix?: 'member.' | '';
  rows: CapRow[];
  caps: Caps;
  used: CapUse[];
  beside: { caps: Caps; says: (most: string) => string };
  refused: RefusedForm | undefined;
  hint: string;
  children?: Child;
}) {
  const { view, name, hidden, prefix = '', rows, caps, used, beside, refused, hint, children } = props;
  const text = spendingMessages[view.language];
  const number = (count: number) => formatNumber(view, count);
  const values = rows.flatMap(({ resource }) =>
    PERIODS.map((period) => [fieldName(prefix, resource, period), capIn(caps, resource)?.[period]]),
  );
  const field = fieldsOf(refused, Object.fromEntries(values));
  return (
    <Form view={view} name={name} hidden={hidden} problem={refused?.problem} button={text.save} look="plain">
      <p class="hint">{hint}</p>
      {rows.map(({ label, resource }) => (
        <div class="pair">
          {PERIODS.map((period) => {
            const spent = used.find((one) => one.resource === resource)?.[period];
            const most = capIn(beside.caps, resource)?.[period];
            const hints = [
              spent === undefined ? '' : text.spent(number(spent)),
              most == null ? '' : beside.says(number(most)),
            ];
            return (
              <Field
                {...field(fieldName(prefix, resource, period))}
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
      {children}
    </Form>
  );
}

/**
 * The caps of all that is spent, and the form that sets them: a user's own, those of an organization as a whole, or those of an operator.
 * What the others have set stands beside.
 */
export function SpendingPanel(props: {
  view: View;
  report: SpendingReport;
  /** What may be capped beside credits. */
  resources: string[];
  refused: RefusedForm | undefined;
  by?: 'own' | 'shared' | 'operator';
  /** Stands below the fields. */
  children?: Child;
}) {
  const { view, report, resources, refused, by = 'own', children } = props;
  const text = spendingMessages[view.language];
  const rows = capRows(view, resources, report.inForce);
  const isOperator = by === 'operator';
  return (
    <Panel id="spending" title={text.title}>
      <p class="soft">{text[by]}</p>
      <CapEntries view={view} rows={rows} inForce={report.inForce} used={report.used} />
      <details class="change" open={refused !== undefined}>
        <summary>{text.change}</summary>
        <CapForm
          view={view}
          name="spending"
          rows={rows}
          caps={isOperator ? report.operator : report.own}
          used={report.used}
          beside={
            isOperator
              ? { caps: report.own, says: text.ownMost }
              : { caps: report.operator, says: text.operatorMost }
          }
          refused={refused}
          hint={text.emptyIsNone}
        >
          {children}
        </CapForm>
      </details>
    </Panel>
  );
}

/**
 * What one member of an organization may use, or with null each who has no cap of their own: the form `caps`, which names the member as
 * `member`.
 */
export function MemberCapsPanel(props: {
  view: View;
  member: Pick<ShownMember, 'userId' | 'name' | 'email'> | null;
  report: CapReport;
  resources: string[];
  refused: RefusedForm | undefined;
}) {
  const { view, member, report, resources, refused } = props;
  const { everybody, own, used } = report;
  const text = spendingMessages[view.language];
  const rows = capRows(view, resources, everybody, own);
  // A row of their own holds in place of everybody's, whole.
  const inForce = {
    credits: own?.credits ?? everybody.credits,
    resources: { ...everybody.resources, ...own?.resources },
  };
  return (
    <Panel id="caps" title={member ? text.ofMember(member.name ?? member.email) : text.ofEverybody}>
      <p class="soft">{member ? text.ofMemberText : text.ofEverybodyText}</p>
      {member && <CapEntries view={view} rows={rows} inForce={inForce} used={used} />}
      <CapForm
        view={view}
        name="caps"
        hidden={{ member: member?.userId ?? '' }}
        prefix="member."
        rows={rows}
        caps={member ? (own ?? NO_CAPS) : everybody}
        used={used}
        beside={{ caps: member ? everybody : NO_CAPS, says: text.everybodyMost }}
        refused={refused}
        hint={member ? text.emptyIsEverybody : text.emptyIsNone}
      />
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
