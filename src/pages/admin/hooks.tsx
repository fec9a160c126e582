import { HookBody, HookParams } from '../../hooks/schemas.ts';
import type { HookAdmin } from '../../hooks/service.ts';
import type { AppContext } from '../../http/context.ts';
import { hooksMessages } from '../../languages/messages.ts';
import { HOOK_NAMES, type HookName } from '../../lib/realm.ts';
import { ConfirmedDelete, requireConfirmation } from '../kit/confirmed-delete.tsx';
import { ConfirmDialog } from '../kit/dialog.tsx';
import { Field, Form, fieldsOf, Select } from '../kit/form.tsx';
import { valid } from '../kit/form-data.ts';
import { type PageForm, refusedIn, type Shown } from '../kit/page.ts';
import { Entry, Panel } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import type { AdminVisit } from './visit.ts';

/** The forms of hooks. `shownOnce` answers with the page and a secret. */
export function hookForms(
  hooks: HookAdmin,
  shownOnce: (c: AppContext, visit: AdminVisit, secret: string) => Promise<Response>,
): Record<'hook' | 'try' | 'delete', PageForm<AdminVisit>> {
  return {
    hook: {
      fresh: true,
      act: async (c, visit, { hook, at = '', on_failure }) => {
        const { name } = valid(HookParams, { name: hook });
        const where = at.startsWith('HOOK_') ? { binding: at } : { url: at };
        const body = valid(
          HookBody,
          { ...where, on_failure },
          { url: 'webhook_address', binding: 'unknown' },
        );
        const { secret } = await hooks.set(visit.realmId, name, body, visit.actor);
        return secret === null ? 'set' : shownOnce(c, visit, secret);
      },
      names: { url: 'at', binding: 'at' },
    },
    try: {
      fresh: true,
      act: async (_, visit, { hook }) => {
        const { ok } = await hooks.test(visit.realmId, valid(HookParams, { name: hook }).name, visit.actor);
        return ok ? 'works' : 'fails';
      },
    },
    delete: {
      fresh: true,
      act: async (_, visit, values) => {
        const { name } = valid(HookParams, { name: values.hook });
        requireConfirmation(name, values);
        await hooks.delete(visit.realmId, name, visit.actor);
        return 'forgotten';
      },
    },
  };
}

/** Whom the realm asks, and the forms. */
export function HooksPanel(props: {
  view: View;
  asked: Awaited<ReturnType<HookAdmin['list']>>;
  shown: Shown;
}) {
  const { view, asked, shown } = props;
  const text = hooksMessages[view.language];
  const refused = refusedIn(shown, 'hook');
  const field = fieldsOf(refused);
  const deleting = refusedIn(shown, 'delete');
  return (
    <Panel id="hooks" title={text.title}>
      <p class="soft">{text.text}</p>
      {asked.length > 0 && (
        <ul class="rows">
          {asked.map(({ row }) => (
            <Entry
              name={hookTitle(text, row.name)}
              about={[
                <code>{row.binding ?? new URL(row.url ?? '').host}</code>,
                text.failures[row.onFailure],
              ]}
            >
              <Form view={view} name="try" hidden={{ hook: row.name }} button={text.test} look="plain" />
              <ConfirmedDelete
                view={view}
                named={{ hook: row.name }}
                id={row.name}
                refused={deleting?.values.hook === row.name ? deleting : undefined}
                confirm={text.confirm}
                button={text.remove}
              />
            </Entry>
          ))}
        </ul>
      )}
      <div class="acts">
        <ConfirmDialog
          view={view}
          id="hook-dialog"
          title={text.set}
          open={text.set}
          look="plain"
          form="hook"
          button={text.set}
          problem={refused?.problem}
        >
          <Select
            {...field('hook')}
            label={text.name}
            options={HOOK_NAMES.map((name): [string, string] => [name, hookTitle(text, name)])}
          />
          <Field
            {...field('at')}
            label={text.at}
            hint={text.atHint}
            required
            maxlength={2000}
            autocomplete="off"
          />
          <Select {...field('on_failure')} label={text.onFailure} options={Object.entries(text.failures)} />
        </ConfirmDialog>
      </div>
    </Panel>
  );
}

/** What a hook is called here. */
function hookTitle(text: (typeof hooksMessages)['en'], name: HookName): string {
  return text.kinds[name.replace('.', '_') as keyof typeof text.kinds];
}
