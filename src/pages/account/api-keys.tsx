import { type AppContext, clientOf } from '../../http/context.ts';
import { ownKeysMessages } from '../../languages/messages.ts';
import { mostKeys } from '../../product-keys/service.ts';
import { pageRoutes, type Shown } from '../kit/page.ts';
import { show } from '../kit/view.ts';
import { ACCOUNT_PAGES, AccountFrame, addressNeeded } from './frame.tsx';
import { KEY_FIELDS, KeyPanels, wantedKey } from './key-panels.tsx';
import { type AccountServices, type AccountVisit, accountArea } from './visit.ts';

/** The API keys of a user. A key is shown by the answer to the form that made it, and never again. */
export function apiKeysPageRoutes(services: AccountServices) {
  const { userKeys } = services;
  const render = async (_: AppContext, visit: AccountVisit, shown: Shown, made?: string) => {
    const { principal, user, view } = visit;
    const keys = await userKeys.list({ userId: user.id, realmId: user.realmId });
    return (
      <AccountFrame visit={visit} page="apiKeys" shown={shown}>
        {!principal.emailVerified && <p class="soft">{addressNeeded(visit)}</p>}
        <KeyPanels
          view={view}
          keys={keys}
          shown={shown}
          made={made}
          text={ownKeysMessages[view.language].text}
          mayCreate={keys.length < mostKeys(view.realm)}
          disabled={!principal.emailVerified}
        />
      </AccountFrame>
    );
  };
  return pageRoutes(accountArea(services), {
    path: ACCOUNT_PAGES.apiKeys,
    messages: ownKeysMessages,
    render,
    forms: {
      key: {
        verified: true,
        fresh: true,
        names: KEY_FIELDS,
        act: async (c, visit, values) => {
          const { principal, view } = visit;
          const { text } = await userKeys.create(view.realm, principal, wantedKey(values), clientOf(c));
          return show(c, view, await render(c, visit, {}, text));
        },
      },
      revoke_key: {
        act: async (c, { principal }, { key = '' }) => {
          await userKeys.revoke(principal, key, clientOf(c));
          return 'key_revoked';
        },
      },
    },
  });
}
