import type { JSX } from 'hono/jsx/jsx-runtime';
import type { ReportedKey } from '../../account/key-contract.ts';
import type { AppContext } from '../../http/context.ts';
import { ownKeysMessages } from '../../languages/messages.ts';
import type { OrganizationKeys } from '../../organizations/key-service.ts';
import type { AdmittedMember } from '../../organizations/service.ts';
import { mostKeys } from '../../product-keys/service.ts';
import type { PageForm, Shown } from '../kit/page.ts';
import { show } from '../kit/view.ts';
import { STRIPE } from './billing-forms.tsx';
import { KEY_FIELDS, KeyPanels, wantedKey } from './key-panels.tsx';
import type { AccountVisit } from './visit.ts';

/** The forms of an organization's keys. `admit` lets in who may manage them; `render` is the page, with the key that was made. */
export function organizationKeyForms(
  organizationKeys: OrganizationKeys,
  admit: (c: AppContext, visit: AccountVisit) => Promise<AdmittedMember>,
  render: (c: AppContext, visit: AccountVisit, shown: Shown, made: string) => Promise<JSX.Element>,
): Record<string, PageForm<AccountVisit>> {
  return {
    key: {
      verified: true,
      fresh: true,
      names: KEY_FIELDS,
      act: async (c, visit, values) => {
        const { text } = await organizationKeys.create(await admit(c, visit), wantedKey(values));
        return show(c, visit.view, await render(c, visit, {}, text), { leadsTo: STRIPE });
      },
    },
    revoke_key: {
      act: async (c, visit, { key = '' }) => {
        await organizationKeys.revoke(await admit(c, visit), key);
        return 'key_revoked';
      },
    },
  };
}

/** The keys of an organization, where it has any or can have. */
export function OrganizationKeyPanels(props: {
  visit: AccountVisit;
  keys: ReportedKey[];
  shown: Shown;
  made: string | undefined;
}) {
  const { visit, keys, shown, made } = props;
  const { principal, view } = visit;
  const mayCreate = keys.length < mostKeys(view.realm);
  if (keys.length === 0 && !mayCreate) return null;
  return (
    <KeyPanels
      view={view}
      keys={keys}
      shown={shown}
      made={made}
      text={ownKeysMessages[view.language].sharedText}
      mayCreate={mayCreate}
      disabled={!principal.emailVerified}
    />
  );
}
