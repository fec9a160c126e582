import { Hono, type MiddlewareHandler } from 'hono';
import { ApiError } from '../../errors.ts';
import { SecondStepBody } from '../../factors/schemas.ts';
import type { Factors } from '../../factors/service.ts';
import { type AppContext, type AppEnv, clientOf } from '../../http/context.ts';
import {
  clearSecondStepCookie,
  SECOND_STEP_PAGE,
  secondStepCookieOf,
} from '../../http/second-step-cookie.ts';
import { errorMessages, secondStepMessages } from '../../languages/messages.ts';
import type { SecondStep } from '../../lib/mfa.ts';
import { ChoiceField, Field, Form, OneTimeCodeInput } from '../kit/form.tsx';
import { attempt, type FormProblem, formOf, valid } from '../kit/form-data.ts';
import { Frame, MessagePage } from '../kit/frame.tsx';
import { PasskeyForm, passkeyIn } from '../kit/passkey-form.tsx';
import { show, type View, viewFor } from '../kit/view.ts';
import { completeSignIn, destinationOf, type SignInCompletion } from './destination.ts';

/** What the page of the second step acts through. */
export interface SecondStepServices extends SignInCompletion {
  config: { ORIGIN: string };
  factors: Factors;
}

type Channel = 'email' | 'sms';

/** The second step of a sign-in in a browser, whatever its first was. */
export function secondStepPageRoutes(services: SecondStepServices, signInLimit: MiddlewareHandler<AppEnv>) {
  const { config, factors } = services;
  return new Hono<AppEnv>()
    .get(SECOND_STEP_PAGE, async (c) => {
      const view = viewFor(c);
      const { leadsTo } = destinationOf(c, view, config.ORIGIN);
      const waiting = await waitingIn(c, view, factors);
      if (!waiting) return c.redirect(view.link('/login'), 303);
      return show(c, view, <SecondStepPage view={view} steps={waiting.steps} />, { leadsTo });
    })
    .post(SECOND_STEP_PAGE, signInLimit, async (c) => {
      const view = viewFor(c);
      const destination = destinationOf(c, view, config.ORIGIN);
      const { leadsTo } = destination;
      const { method = '', send, remember, ...sent } = await formOf(c, config.ORIGIN);
      const waiting = await waitingIn(c, view, factors);
      if (!waiting) return over(c, view);
      const { token, steps } = waiting;
      let sentBy = channelIn(send) ?? channelIn(method);
      return attempt(
        c,
        view,
        async () => {
          const channel = channelIn(send);
          if (channel) {
            sentBy = channel;
            await factors.sendCode(token, channel, view.realm, clientOf(c));
            return show(c, view, <SecondStepPage view={view} steps={steps} sentBy={channel} />, { leadsTo });
          }
          const shown =
            method === 'passkey' ? { passkey: passkeyIn(sent) } : { code: sent[method] ?? sent.code };
          const step = valid(
            SecondStepBody,
            {
              ...shown,
              mfa_token: token,
              method,
              session_cookie: true,
              ...(remember !== undefined && { remember_device: true }),
            },
            { code: 'invalid_code' },
          );
          const signedIn = await factors.completeSignIn(step, view.realm, clientOf(c));
          clearSecondStepCookie(c);
          return completeSignIn(c, view, services, signedIn, destination);
        },
        async (problem) => {
          const still = await waitingIn(c, view, factors);
          if (!still) return <OverPage view={view} />;
          return (
            <SecondStepPage
              view={view}
              steps={still.steps}
              sentBy={sentBy}
              problem={problem}
              method={method}
            />
          );
        },
        leadsTo,
      );
    });
}

/** The sign-in that waits in this browser, or null when it does no more. */
async function waitingIn(
  c: AppContext,
  { realm }: View,
  factors: Factors,
): Promise<{ token: string; steps: SecondStep[] } | null> {
  const token = secondStepCookieOf(c);
  if (token === undefined) return null;
  try {
    const { steps } = await factors.waiting(token, realm);
    return { token, steps };
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'invalid_mfa_token') throw error;
    clearSecondStepCookie(c);
    return null;
  }
}

function over(c: AppContext, view: View) {
  return show(c, view, <OverPage view={view} />, { status: 422 });
}

function channelIn(text: string | undefined): Channel | undefined {
  return text === 'email' || text === 'sms' ? text : undefined;
}

function OverPage({ view }: { view: View }) {
  const { overTitle, other } = secondStepMessages[view.language];
  const text = errorMessages[view.language].errors.invalid_mfa_token ?? '';
  const action = { href: view.link('/login'), label: other };
  return <MessagePage view={view} title={overTitle} text={text} action={action} />;
}

function SecondStepPage(props: {
  view: View;
  steps: SecondStep[];
  /** Where a code was sent to. */
  sentBy?: Channel | undefined;
  /** What was tried, and what was wrong with it. */
  method?: string;
  problem?: FormProblem | undefined;
}) {
  const { view, steps, sentBy, method, problem } = props;
  const text = secondStepMessages[view.language];
  const problemOf = (...of: string[]) => (of.includes(method ?? '') ? problem : undefined);
  const remember = view.realm.mfa.rememberDevice && (
    <ChoiceField name="remember" checked={false}>
      {text.remember}
    </ChoiceField>
  );
  const sent = sentBy !== undefined && steps.includes(sentBy) ? sentBy : undefined;
  return (
    <Frame view={view} title={text.title} failed={problem !== undefined}>
      <p>{text.text}</p>
      {problem && !['totp', 'recovery_code', sent].includes(method) && (
        <p class="notice bad" role="alert" tabindex={-1} autofocus>
          {problem.summary}
        </p>
      )}
      {steps.includes('passkey') && (
        <div class="ways">
          <PasskeyForm
            options={{ from: view.path('/v1/auth/passkeys/options') }}
            hidden={{ method: 'passkey' }}
            button={text.byPasskey}
            failed={text.passkeyFailed}
          />
        </div>
      )}
      {steps.includes('totp') && (
        <Form view={view} hidden={{ method: 'totp' }} problem={problemOf('totp')} button={text.button}>
          <Field
            name="totp"
            label={text.totp}
            hint={text.totpHint}
            problem={problemOf('totp')}
            autocomplete="one-time-code"
            inputmode="numeric"
            maxlength={40}
            required
          />
          {remember}
        </Form>
      )}
      {sent && (
        <Form view={view} hidden={{ method: sent }} problem={problemOf(sent)} button={text.button}>
          <p>{text.sent}</p>
          <OneTimeCodeInput name="code" label={text.code} problem={problemOf(sent)} />
          {remember}
        </Form>
      )}
      <div class="ways">
        {(['email', 'sms'] as const)
          .filter((channel) => steps.includes(channel))
          .map((channel) => (
            <Form
              view={view}
              hidden={{ send: channel }}
              button={(channel === sent ? text.sendAgain : text.send)[channel]}
              look={sent ? 'plain' : undefined}
            />
          ))}
      </div>
      {steps.includes('recovery_code') && (
        <details open={method === 'recovery_code'}>
          <summary>{text.byRecovery}</summary>
          <Form
            view={view}
            hidden={{ method: 'recovery_code' }}
            problem={problemOf('recovery_code')}
            button={text.button}
            look="plain"
          >
            <Field
              name="recovery_code"
              label={text.recovery}
              hint={text.recoveryHint}
              problem={problemOf('recovery_code')}
              autocomplete="off"
              maxlength={100}
              required
            />
          </Form>
        </details>
      )}
      <p class="below">
        <a href={view.link('/login')}>{text.other}</a>
      </p>
    </Frame>
  );
}
