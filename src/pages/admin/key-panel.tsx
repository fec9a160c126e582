import type { ReportedKey } from '../../account/key-contract.ts';
import { ReasonBody } from '../../directory/audit-schemas.ts';
import type { AppContext } from '../../http/context.ts';
import { adminMessages, ownKeysMessages } from '../../languages/messages.ts';
import { KeyEntry, RevokeDialog } from '../account/key-panels.tsx';
import { Field, fieldsOf } from '../kit/form.tsx';
import { reasonIn, validEntry } from '../kit/form-data.ts';
import { type PageForm, refusedIn, type Shown } from '../kit/page.ts';
import { Alert, Entries, Panel } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import type { AdminVisit } from './visit.ts';

/** Each key of the list has a field of its own. */
const reasonField = (keyId: string) => `reason.${keyId}`;

/** The form of the panel. `revoke` takes a key away. */
export function keyForms(
  revoke: (c: AppContext, visit: AdminVisit, keyId: string, reason: string | undefined) => Promise<void>,
): Record<string, PageForm<AdminVisit>> {
  return {
    revoke_key: {
      act: async (c, visit, { key = '', ...values }) => {
        const { reason } = validEntry(ReasonBody, reasonIn(values, reasonField(key)), key);
        await revoke(c, visit, key, reason);
        return 'key_revoked';
      },
    },
  };
}

/** The keys of a user or an organization, each with a dialog that revokes it. */
export function KeyPanel({ view, keys, shown }: { view: View; keys: ReportedKey[]; shown: Shown }) {
  const text = ownKeysMessages[view.language];
  const refused = refusedIn(shown, 'revoke_key');
  const isListed = keys.some(({ id }) => id === refused?.values.key);
  const entries = keys.map((known) => {
    const own = refused?.values.key === known.id ? refused : undefined;
    return (
      <KeyEntry view={view} known={known}>
        <RevokeDialog view={view} known={known} form="revoke_key" problem={own?.problem}>
          <Field
            {...fieldsOf(own)(reasonField(known.id))}
            label={adminMessages[view.language].reason}
            maxlength={500}
          />
        </RevokeDialog>
      </KeyEntry>
    );
  });
  return (
    <Panel id="keys" title={text.title}>
      {refused && !isListed && <Alert>{refused.problem.summary}</Alert>}
      <Entries entries={entries} none={text.none} />
    </Panel>
  );
}
