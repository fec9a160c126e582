import { NewUser } from '../admin/users-schemas.ts';
import { countryOptions, languageOptions } from './account-format.ts';
import { refusedIn } from './account-page.tsx';
import { ADMIN_PAGES, AdminFrame } from './admin-frame.tsx';
import { adminPage } from './admin-page.ts';
import type { AdminServices } from './admin-visit.ts';
import { Field, Form, Hidden, Select, valid } from './form.tsx';

const PATH = `${ADMIN_PAGES.users}/new`;
const TEXTS = ['email', 'name', 'username', 'password', 'phone_number', 'country', 'locale', 'role', 'plan'];

/** A form that makes a user. */
export function newUserRoutes(services: AdminServices) {
  const { admin, planAdmin } = services;
  return adminPage(services, {
    path: PATH,
    forms: {
      new: {
        act: async (c, { actor, realmId, view }, values) => {
          const filled = TEXTS.filter((name) => values[name]).map((name) => [name, values[name]]);
          const body = valid(NewUser, {
            ...Object.fromEntries(filled),
            email: values.email ?? '',
            email_verified: values.email_verified !== undefined,
          });
          const user = await admin.users.create(realmId, body, actor);
          return c.redirect(view.link(`${ADMIN_PAGES.users}/${user.id}`, { done: 'created' }), 303);
        },
      },
    },
    render: async (_, visit, shown) => {
      const { actor, realmId, view } = visit;
      const plans = await planAdmin.list(realmId);
      const { roles, user: text, users } = view.text.admin;
      const fields = view.text.account.profile;
      const refused = refusedIn(shown, 'new');
      const { values = {}, problem } = refused ?? {};
      // Nobody gives a role above their own, and owners are users of the home realm only.
      const given = Object.entries(roles).filter(
        ([role]) => role !== 'owner' || (actor.role === 'owner' && realmId === 'default'),
      );
      return (
        <AdminFrame visit={visit} page="users" title={users.new} failed={Boolean(refused)}>
          <section class="panel narrow" aria-label={users.new}>
            <Form view={view} problem={problem} button={text.create}>
              <Hidden name="form" value="new" />
              <Field
                name="email"
                type="email"
                label={text.email}
                value={values.email}
                problem={problem}
                autocomplete="off"
                required
              />
              <Field
                name="password"
                type="password"
                label={text.password}
                hint={text.passwordHint}
                problem={problem}
                autocomplete="new-password"
              />
              <div class="pair">
                <Field name="name" label={fields.name} value={values.name} problem={problem} />
                <Field name="username" label={fields.username} value={values.username} problem={problem} />
                <Field
                  name="phone_number"
                  type="tel"
                  label={fields.phone}
                  value={values.phone_number}
                  problem={problem}
                />
                <Select
                  name="country"
                  label={fields.country}
                  value={values.country}
                  problem={problem}
                  options={[['', view.text.account.notSet], ...countryOptions(view.language, null)]}
                />
                <Select
                  name="locale"
                  label={text.locale}
                  value={values.locale}
                  problem={problem}
                  options={[['', view.text.account.notSet], ...languageOptions(null)]}
                />
                <Select
                  name="role"
                  label={users.role}
                  value={values.role}
                  problem={problem}
                  options={given}
                />
                <Select
                  name="plan"
                  label={users.plan}
                  value={values.plan ?? 'free'}
                  problem={problem}
                  options={plans.map(({ id, name }) => [id, name])}
                />
              </div>
              <label class="choice">
                <input type="checkbox" name="email_verified" checked={values.email_verified !== undefined} />
                {text.verifiedAlready}
              </label>
            </Form>
          </section>
        </AdminFrame>
      );
    },
  });
}
