import { Hono, type MiddlewareHandler } from 'hono';
import { AWAITING } from '../../../generated/page-assets.ts';
import type { LinkView, SignInLinks } from '../../codes/link-service.ts';
import { CODE_LIFETIME } from '../../codes/link-service.ts';
import { LinkConfirmBody, LinkSendBody } from '../../codes/schemas.ts';
import type { ChallengeGuard } from '../../http/challenge.ts';
import { type AppEnv, clientOf } from '../../http/context.ts';
import { setDeviceCookie } from '../../http/device-cookie.ts';
import { linkMessages } from '../../languages/messages.ts';
import { EmailAddressField, Form, Hidden, OneTimeCodeInput } from '../kit/form.tsx';
import { attempt, type FormProblem, formOf, valid } from '../kit/form-data.ts';
import { Frame } from '../kit/frame.tsx';
import { DescriptionList } from '../kit/panel.tsx';
import { show, type View, viewFor } from '../kit/view.ts';
import { registeredVisitor } from '../kit/visit.ts';
import { completeSignIn, destinationOf } from './destination.ts';
import { showSpentLink } from './email-address.tsx';
import type { SignInServices } from './sign-in.tsx';

const PAGE = '/login/link';
const AWAITED = `${PAGE}/awaited`;

/**
 * Signing in by a link in a mail. The page that a link leads to spends it by its button alone: programs that look into mail
 * follow links too.
 */
export function linkPageRoutes(
  services: SignInServices & { links: SignInLinks },
  signInLimit: MiddlewareHandler<AppEnv>,
  guard: ChallengeGuard,
) {
  const { config, links, sessions } = services;
  return (
    new Hono<AppEnv>()
      .get(PAGE, async (c) => {
        const view = viewFor(c);
        const { leadsTo } = destinationOf(c, view, config.ORIGIN);
        const token = c.req.query('token');
        if (token === undefined) return show(c, view, <RequestPage view={view} />, { leadsTo });
        const link = await links.view(token, view.realm, clientOf(c));
        if (link.at === 'over') return showSpentLink(c, view, toNewLink(view));
        // By which this browser is known as the one that opens the link.
        if (link.at === 'elsewhere') setDeviceCookie(c);
        return show(c, view, <OpenPage view={view} link={link} />, { leadsTo });
      })
      // When somebody has signed in in this browser: of addresses and links it says nothing.
      .get(AWAITED, async (c) => {
        const visitor = await registeredVisitor(c, sessions);
        c.header('Cache-Control', 'no-store');
        return c.json({ signed_in_at: visitor?.authenticatedAt ?? null });
      })
      .post(PAGE, signInLimit, async (c) => {
        const view = viewFor(c);
        const destination = destinationOf(c, view, config.ORIGIN);
        const { leadsTo } = destination;
        const { email = '', number, challenge, solution } = await formOf(c, config.ORIGIN);
        const token = c.req.query('token');
        const { realm } = view;
        if (token !== undefined) {
          const link = await links.view(token, realm, clientOf(c));
          if (link.at === 'over') return showSpentLink(c, view, toNewLink(view));
          return attempt(
            c,
            view,
            async () => {
              const opened = await links.open(token, realm, clientOf(c));
              if ('grant' in opened) return completeSignIn(c, view, services, opened, destination);
              return show(c, view, <NumberPage view={view} number={opened.number} />, { leadsTo });
            },
            (problem) => <OpenPage view={view} link={link} problem={problem} />,
            leadsTo,
          );
        }
        return attempt(
          c,
          view,
          async () => {
            if (number === undefined) {
              await guard.pass(c, { about: email, solution });
              const { email: to } = valid(LinkSendBody, { email });
              const { challengeId } = await links.send(
                to,
                realm,
                clientOf(c),
                (sealed) => new URL(view.link(PAGE, { token: sealed }), realm.issuer).href,
              );
              setDeviceCookie(c);
              return show(c, view, <SentPage view={view} email={to} challenge={challengeId} />, { leadsTo });
            }
            const entry = valid(LinkConfirmBody, { email, challenge_id: challenge, number });
            const signedIn = await links.confirm(entry, realm, clientOf(c), true);
            return completeSignIn(c, view, services, signedIn, destination);
          },
          (problem) =>
            number === undefined || problem.fields.email ? (
              <RequestPage view={view} email={email} problem={problem} />
            ) : (
              <SentPage view={view} email={email} challenge={challenge} problem={problem} />
            ),
          leadsTo,
        );
      })
  );
}

function toNewLink(view: View) {
  return { href: view.link(PAGE), label: linkMessages[view.language].newLink };
}

/** Asks where to mail a link. */
function RequestPage(props: { view: View; email?: string; problem?: FormProblem | undefined }) {
  const { view, email, problem } = props;
  const text = linkMessages[view.language];
  return (
    <Frame view={view} title={text.title} failed={problem !== undefined}>
      <p>{text.text}</p>
      <Form view={view} problem={problem} button={text.send}>
        <EmailAddressField view={view} value={email} problem={problem} autocomplete="username" />
      </Form>
      <p class="below">
        <a href={view.link('/login/code')}>{text.code}</a>
      </p>
      <p class="below">
        <a href={view.link('/login')}>{text.password}</a>
      </p>
    </Frame>
  );
}

/** Says that a link was mailed, and takes the number that it shows on another device. */
function SentPage(props: {
  view: View;
  email: string;
  challenge: string | undefined;
  problem?: FormProblem | undefined;
}) {
  const { view, email, challenge, problem } = props;
  const text = linkMessages[view.language];
  return (
    <Frame view={view} title={text.sentTitle} failed={problem !== undefined}>
      <p>
        {text.sent} <strong>{email}</strong>.
      </p>
      <p>{text.sentHere}</p>
      <p>{text.elsewhere}</p>
      <span
        hidden
        data-awaits={view.path(AWAITED)}
        data-next={view.link('/login')}
        data-lasts={CODE_LIFETIME}
      />
      <script type="module" src={AWAITING} />
      <Form
        view={view}
        problem={problem}
        hidden={{ email, ...(challenge !== undefined && { challenge }) }}
        button={text.enter}
        look="plain"
      >
        <OneTimeCodeInput name="number" label={text.number} hint={text.numberHint} problem={problem} />
      </Form>
      <form method="post" class="below">
        <Hidden name="email" value={email} />
        <button type="submit" class="link">
          {text.again}
        </button>
      </form>
      <p class="below">
        <a href={view.link(PAGE)}>{text.other}</a>
      </p>
    </Frame>
  );
}

/** Asks whoever has followed a link whether to use it. */
function OpenPage(props: { view: View; link: LinkView; problem?: FormProblem | undefined }) {
  const { view, link, problem } = props;
  const text = linkMessages[view.language];
  const isHere = link.at === 'here';
  const asked: [string, string | null][] = [
    [text.askedWith, link.device],
    [text.askedFrom, link.place],
  ];
  const known = asked.filter((entry): entry is [string, string] => entry[1] !== null);
  return (
    <Frame view={view} title={isHere ? text.hereTitle : text.awayTitle} failed={problem !== undefined}>
      <p>{isHere ? text.here : text.away}</p>
      {!isHere && known.length > 0 && <DescriptionList look="about" entries={known} />}
      <Form view={view} problem={problem} button={isHere ? text.hereButton : text.show} />
    </Frame>
  );
}

/** Shows the number of a link that was opened elsewhere. */
function NumberPage({ view, number }: { view: View; number: string }) {
  const text = linkMessages[view.language];
  return (
    <Frame view={view} title={text.numberTitle}>
      <p class="shown" role="status">
        {number}
      </p>
      <p>{text.numberText}</p>
    </Frame>
  );
}
