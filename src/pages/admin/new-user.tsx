import { NewUser } from '../../admin/users-schemas.ts';
import { kitMessages, profileMessages, userMessages, usersMessages } from '../../languages/messages.ts';
import { ChoiceField, Field, Form, fieldsOf, Select } from '../kit/form.tsx';
import { valid } from '../kit/form-data.ts';
import { countryOptions, languageOptions } from '../kit/format.ts';
import { pageRoutes, refusedIn } from '../kit/page.ts';
import { ADMIN_PAGES, AdminFrame } from './frame.tsx';
import { roleOptions } from './user-access.tsx';
import { type AdminServices, adminArea } from './visit.ts';

const PATH = `${ADMIN_PAGES.users}/new`;
const FIELDS = ['email', 'name', 'username', 'password', 'phone_number', 'country', 'locale', 'role', 'plan'];

/** A form that makes a user. */
export function adminNewUserPageRoutes(services: AdminServices) {
  const { admin, planAdmin } = services;
  return pageRoutes(adminArea(services), {
    path: PATH,
    forms: {
      new: {
        fresh: true,
        act: async (c, { actor, realmId, view }, values) => {
          const filled = FIELDS.filter((name) => values[name]).map((name) => [name, values[name]]);
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
      const text = userMessages[view.language];
      const users = usersMessages[view.language];
      const profile = profileMessages[view.language];
      const none: [string, string] = ['', kitMessages[view.language].notSet];
      const refused = refusedIn(shown, 'new');
      const field = fieldsOf(refused, { plan: 'free' });
      return (
        <AdminFrame visit={visit} page="users" title={users.new} shown={shown}>
          <section class="panel narrow" aria-label={users.new}>
            <Form view={view} name="new" problem={refused?.problem} button={text.create}>
              <Field {...field('email')} type="email" label={text.email} autocomplete="off" required />
              <Field
                name="password"
                type="password"
                label={text.password}
                hint={text.passwordHint}
                problem={refused?.problem}
                autocomplete="new-password"
              />
              <div class="pair">
                <Field {...field('name')} label={profile.name} />
                <Field {...field('username')} label={profile.username} />
                <Field {...field('phone_number')} type="tel" label={profile.phone} />
                <Select
                  {...field('country')}
                  label={profile.country}
                  options={[none, ...countryOptions(view.language, null)]}
                />
                <Select {...field('locale')} label={text.locale} options={[none, ...languageOptions(null)]} />
                <Select {...field('role')} label={users.role} options={roleOptions(view, actor, realmId)} />
                <Select
                  {...field('plan')}
                  label={users.plan}
                  options={plans.map(({ id, name }) => [id, name])}
                />
              </div>
              <ChoiceField name="email_verified" checked={refused?.values.email_verified !== undefined}>
                {text.verifiedAlready}
              </ChoiceField>
            </Form>
          </section>
        </AdminFrame>
      );
    },
  });
}
