import { Hono, type MiddlewareHandler } from 'hono';
import type { AppEnv } from '../../http/context.ts';
import { requireLevel, type UserLevel } from '../../http/level.ts';
import { organizationsMessages } from '../../languages/messages.ts';
import { Form } from '../kit/form.tsx';
import { attempt, type FormProblem, formOf } from '../kit/form-data.ts';
import { Frame, MessagePage } from '../kit/frame.tsx';
import { show, type View, viewFor } from '../kit/view.ts';
import { visitorOf } from '../kit/visit.ts';
import { organizationPath, roleName } from './organizations.tsx';
import type { AccountServices } from './visit.ts';

const PAGE = '/organizations/invitation';

/** As `POST /v1/organizations/invitations/accept`. */
const MEMBER: UserLevel = {
  role: 'user',
  verified: true,
  impersonation: false,
  fresh: false,
  enrols: false,
  anonymous: false,
};

/**
 * The page that the link of an invitation leads to: to what, and the button that accepts, for whoever is signed in with the address that
 * it is for. To others it leads to sign in, or to make an account, and back.
 */
export function invitationPageRoutes(
  { config, directory, invitations, sessions }: AccountServices,
  limit: MiddlewareHandler<AppEnv>,
) {
  return new Hono<AppEnv>()
    .get(PAGE, async (c) => {
      const view = viewFor(c);
      const principal = await visitorOf(c, sessions);
      const token = c.req.query('token') ?? '';
      const found = await invitations.preview(view.realm, token);
      if (!found) return over(c, view);
      const user = principal && (await directory.get(principal.userId, principal.bookmark));
      return show(c, view, <InvitationPage view={view} found={found} email={user?.email} token={token} />);
    })
    .post(PAGE, limit, async (c) => {
      const view = viewFor(c);
      await formOf(c, config.ORIGIN);
      const token = c.req.query('token') ?? '';
      const principal = await visitorOf(c, sessions);
      if (!principal) return c.redirect(view.link(PAGE, { token }), 303);
      const found = await invitations.preview(view.realm, token);
      if (!found) return over(c, view);
      const user = await directory.get(principal.userId, principal.bookmark);
      return attempt(
        c,
        view,
        async () => {
          requireLevel(MEMBER, principal, view.realm, {});
          const { organization } = await invitations.accept(view.realm, principal.userId, { token });
          return c.redirect(view.link(organizationPath(organization.id), { done: 'joined' }), 303);
        },
        (problem) => (
          <InvitationPage view={view} found={found} email={user.email} token={token} problem={problem} />
        ),
      );
    });
}

function over(c: Parameters<typeof show>[0], view: View) {
  const { invitation: text } = organizationsMessages[view.language];
  const action = { href: view.link('/account/organizations'), label: text.toAccount };
  return show(
    c,
    view,
    <MessagePage view={view} title={text.over} text={text.overText} action={action} failed />,
    {
      status: 404,
    },
  );
}

function InvitationPage(props: {
  view: View;
  found: NonNullable<Awaited<ReturnType<AccountServices['invitations']['preview']>>>;
  /** Of who is signed in. */
  email: string | undefined;
  token: string;
  problem?: FormProblem | undefined;
}) {
  const { view, found, email, token, problem } = props;
  const { invitation: text } = organizationsMessages[view.language];
  const { invitation, organization } = found;
  const isFor = email !== undefined && (invitation.email === null || invitation.email === email);
  const back = { redirect_to: view.link(PAGE, { token }) };
  const title = text.title(organization.name);
  return (
    <Frame view={view} title={title}>
      <p>{text.text(roleName(view, invitation.role))}</p>
      {invitation.domain !== null && <p class="soft">{text.forDomain(invitation.domain)}</p>}
      {isFor ? (
        <Form view={view} problem={problem} button={text.accept} />
      ) : (
        <>
          {email !== undefined && <p class="soft">{text.other(email)}</p>}
          <p class="acts">
            <a class="button" href={view.link('/login', back)}>
              {text.signIn}
            </a>
            {email === undefined && (
              <a class="button plain" href={view.link('/register', back)}>
                {text.register}
              </a>
            )}
          </p>
        </>
      )}
    </Frame>
  );
}
