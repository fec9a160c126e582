import { Hono, type MiddlewareHandler } from 'hono';
import { CodeSendBody, CodeVerifyBody } from '../../codes/schemas.ts';
import type { OneTimeCodes } from '../../codes/service.ts';
import type { ChallengeGuard } from '../../http/challenge.ts';
import { type AppContext, type AppEnv, clientOf } from '../../http/context.ts';
import { codeMessages, kitMessages } from '../../languages/messages.ts';
import { isPlaceholder } from '../../lib/email-address.ts';
import { Field, Form, Hidden, OneTimeCodeInput } from '../kit/form.tsx';
import { attempt, type FormProblem, formOf, valid } from '../kit/form-data.ts';
import { Frame } from '../kit/frame.tsx';
import { show, type View, viewFor } from '../kit/view.ts';
import { visitorOf } from '../kit/visit.ts';
import { completeSignIn, destinationOf, redirectSignedIn } from './destination.ts';
import type { SignInServices } from './sign-in.tsx';

/** Signing in by a one-time code in a browser. */
export function codePageRoutes(
  services: SignInServices & { codes: OneTimeCodes },
  signInLimit: MiddlewareHandler<AppEnv>,
  guard: ChallengeGuard,
) {
  const { config, codes, directory, sessions } = services;
  const texts = codes.sendsTexts;
  const channelOf = (to: string) => (texts && !to.includes('@') ? 'sms' : 'email');
  /** Who is signed in without an address: the code gives them theirs. */
  const addresseeOf = async (c: AppContext) => {
    const visitor = await visitorOf(c, sessions);
    const user = visitor && (await directory.get(visitor.userId, visitor.bookmark));
    return user && isPlaceholder(user.email) ? visitor : null;
  };
  return new Hono<AppEnv>()
    .get('/login/code', async (c) => {
      const view = viewFor(c);
      const { leadsTo } = destinationOf(c, view, config.ORIGIN);
      const adds = (await addresseeOf(c)) !== null;
      return show(c, view, <CodeRequestPage view={view} texts={texts} adds={adds} />, { leadsTo });
    })
    .post('/login/code', signInLimit, async (c) => {
      const view = viewFor(c);
      const destination = destinationOf(c, view, config.ORIGIN);
      const { leadsTo } = destination;
      const { to = '', code, challenge, solution } = await formOf(c, config.ORIGIN);
      const by = await addresseeOf(c);
      const channel = by ? 'email' : channelOf(to);
      return attempt(
        c,
        view,
        async () => {
          if (code === undefined) {
            await guard.pass(c, { about: to, solution });
            const target = valid(CodeSendBody, { channel, to });
            const { challengeId } = await codes.send(target, view.realm, clientOf(c), by);
            const page = <CodePage view={view} to={target.to} challenge={challengeId} adds={by !== null} />;
            return show(c, view, page, { leadsTo });
          }
          const entry = { channel, to, code, challenge_id: challenge };
          const target = valid(CodeVerifyBody, entry);
          const user = by && (await codes.giveAddress(target, target, by, view.realm, clientOf(c)));
          if (by && user) return redirectSignedIn(c, view, services, { ...by, user }, destination);
          const signedIn = await codes.signIn(target, target, view.realm, clientOf(c));
          return completeSignIn(c, view, services, signedIn, destination);
        },
        (problem) =>
          code === undefined || problem.fields.to ? (
            <CodeRequestPage view={view} texts={texts} adds={by !== null} to={to} problem={problem} />
          ) : (
            <CodePage view={view} to={to} challenge={challenge} adds={by !== null} problem={problem} />
          ),
        leadsTo,
      );
    });
}

/** Asks where to send a code: to an email address, or with `texts` also to a phone. */
function CodeRequestPage(props: {
  view: View;
  texts: boolean;
  /** Whether the code gives a signed-in user an address. */
  adds: boolean;
  to?: string;
  problem?: FormProblem | undefined;
}) {
  const { view, adds, to, problem } = props;
  const text = codeMessages[view.language];
  const texts = props.texts && !adds;
  return (
    <Frame view={view} title={adds ? text.addTitle : text.title} failed={problem !== undefined}>
      <p>{adds ? text.add : texts ? text.anywhere : text.email}</p>
      <Form view={view} problem={problem} button={text.send}>
        <Field
          name="to"
          type={texts ? 'text' : 'email'}
          label={texts ? text.address : kitMessages[view.language].email}
          {...(texts && { hint: text.addressHint })}
          value={to}
          problem={problem}
          autocomplete="username"
          maxlength={254}
          required
        />
      </Form>
      <p class="below">
        {adds ? (
          <a href={view.link('/account')}>{text.account}</a>
        ) : (
          <a href={view.link('/login')}>{text.password}</a>
        )}
      </p>
    </Frame>
  );
}

/** Asks for the code. The address that it went to stays in the form, because no URL may have addresses. */
function CodePage(props: {
  view: View;
  to: string;
  challenge: string | undefined;
  adds: boolean;
  problem?: FormProblem | undefined;
}) {
  const { view, to, challenge, adds, problem } = props;
  const text = codeMessages[view.language];
  return (
    <Frame view={view} title={text.sentTitle} failed={problem !== undefined}>
      <p>
        {adds ? text.addSent : text.sent} <strong>{to}</strong>.
      </p>
      <Form
        view={view}
        problem={problem}
        hidden={{ to, ...(challenge !== undefined && { challenge }) }}
        button={adds ? text.addButton : text.button}
      >
        <OneTimeCodeInput name="code" label={text.code} hint={text.codeHint} problem={problem} />
      </Form>
      <form method="post" class="below">
        <Hidden name="to" value={to} />
        <button type="submit" class="link">
          {text.again}
        </button>
      </form>
      <p class="below">
        <a href={view.link('/login/code')}>{text.other}</a>
      </p>
    </Frame>
  );
}
