import type { AppContext } from '../../http/context.ts';
import { spendingMessages } from '../../languages/messages.ts';
import type { Organizations, ShownMember } from '../../organizations/service.ts';
import type { OrganizationSpending } from '../../organizations/spending-service.ts';
import type { CapReport } from '../../wallet/spending-contract.ts';
import { refusedIn, type Shown } from '../kit/page.ts';
import type { View } from '../kit/view.ts';

/** Of whom the page of an organization shows the caps: the id of a user, or EVERYBODY. */
const PARAMETER = 'caps';
const EVERYBODY = 'everybody';

/** Whose caps the page is asked to show, by its address or by a form that was refused: a member, '' for everybody, or null for nobody's. */
export function askedMember(c: AppContext, shown: Shown): string | null {
  const refused = refusedIn(shown, 'caps');
  if (refused) return refused.values.member ?? '';
  const asked = c.req.query(PARAMETER) ?? null;
  return asked === EVERYBODY ? '' : asked;
}

/** The caps that the page is asked to show, and whose; null where nobody is asked for, or who is no member. */
export async function askedCaps(
  services: { organizations: Organizations; spending: OrganizationSpending },
  of: { organizationId: string; realmId: string },
  asked: string | null,
): Promise<{ member: ShownMember | null; report: CapReport } | null> {
  if (asked === null) return null;
  const { organizations, spending } = services;
  const member = asked === '' ? null : await organizations.findMember(of.organizationId, asked);
  if (asked !== '' && !member) return null;
  return { member, report: await spending.caps(of, member?.userId ?? null) };
}

/** Leads to the caps of a member, or with null to those of everybody. */
export function CapsLink({ view, member }: { view: View; member: ShownMember | null }) {
  const text = spendingMessages[view.language];
  const name = member ? text.ofMember(member.name ?? member.email) : text.ofEverybody;
  return (
    <p>
      <a href={`?${new URLSearchParams({ [PARAMETER]: member?.userId ?? EVERYBODY })}#caps`}>{name}</a>
    </p>
  );
}
