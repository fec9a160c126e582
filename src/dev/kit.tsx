import type { Child } from 'hono/jsx';
import { DayBars } from '../pages/kit/chart.tsx';
import { ConfirmDialog, CopyButton } from '../pages/kit/dialog.tsx';
import { Field, Form, NewPasswordField, Select } from '../pages/kit/form.tsx';
import { Frame, Toast } from '../pages/kit/frame.tsx';
import { Icon, ProviderMark } from '../pages/kit/icon.tsx';
import { ICON_NAMES } from '../pages/kit/icon-names.ts';
import { Badge, EditableEntry, EmptyState, Entry, Panel, Time } from '../pages/kit/panel.tsx';
import { Segments, Table, Tabs } from '../pages/kit/table.tsx';
import { TrendChart } from '../pages/kit/trend-chart.tsx';
import type { View } from '../pages/kit/view.ts';

const PROVIDERS = {
  google: 'Google',
  github: 'GitHub',
  apple: 'Apple',
  microsoft: 'Microsoft',
  discord: 'Discord',
  gitlab: 'GitLab',
  acme: 'Acme',
};
const TEXTS = ['h1', 'h2', 'h3', 'p', 'small'] as const;
const HOUR = 3_600_000;

/** All parts that pages are made of, as one realm shows them. */
export function KitPage({ view }: { view: View }) {
  const now = Date.now();
  return (
    <Frame view={view} title="Design system" kind="full">
      <h1>Design system</h1>
      <p class="lead">Every part of the pages, in the colour of the realm.</p>
      <Toast view={view}>Your changes are saved.</Toast>
      <div class="halves">
        <div>
          <Panel id="type" title="Type">
            {TEXTS.map((Tag) => (
              <Tag class={Tag === 'small' ? 'soft' : undefined}>{Tag}: The quick brown fox</Tag>
            ))}
            <p>
              <a href="#type">Back to the type scale</a>, <code>code</code> and <strong>strong</strong>
            </p>
          </Panel>
          <Panel id="buttons" title="Buttons">
            <p class="buttons">
              <Both>Save</Both> <Both look="plain">Cancel</Both> <Both look="danger">Delete</Both>
            </p>
            <p class="buttons">
              <button type="button" class="ghost">
                Ghost
              </button>
              <button type="button" class="link">
                Link
              </button>
              <code>lk_4f2a…</code> <CopyButton view={view} text="lk_4f2a" />
            </p>
          </Panel>
          <Panel id="inputs" title="Inputs">
            <Form
              view={view}
              button="Continue"
              method="get"
              problem={{
                summary: 'Please check what you entered.',
                fields: { username: 'Somebody else has this username.' },
              }}
            >
              <Field
                name="username"
                label="Username"
                hint="Letters and digits"
                value="ada"
                problem={{ summary: '', fields: { username: 'Somebody else has this username.' } }}
              />
              <Select
                name="plan"
                label="Plan"
                value="pro"
                options={[
                  ['free', 'Free'],
                  ['pro', 'Pro'],
                ]}
              />
              <NewPasswordField view={view} />
            </Form>
          </Panel>
          <Panel id="colors" title="Colours">
            <p class="buttons">
              {[
                'ground',
                'card',
                'hover',
                'tint',
                'line',
                'edge',
                'soft',
                'ink',
                'focus',
                'brand',
                'good',
                'warn',
                'bad',
              ].map((name) => (
                <span class={`swatch swatch-${name}`}>{name}</span>
              ))}
            </p>
          </Panel>
        </div>
        <div>
          <Panel id="states" title="States">
            <p class="buttons">
              <Badge>Free</Badge> <Badge look="good">Active</Badge> <Badge look="warn">Ends soon</Badge>{' '}
              <Badge look="bad">Suspended</Badge>
            </p>
            <p class="notice">Something to know.</p>
            <p class="notice good">Something went well.</p>
            <section class="notice warn">
              <h2>Confirm your email address</h2>
              <p>We sent a link to ada@example.com.</p>
            </section>
            <p class="notice bad">Something went wrong.</p>
          </Panel>
          <Panel id="rows" title="Rows">
            <ul class="rows">
              <Entry
                icon={<Icon name="monitor" />}
                name="Firefox on Linux"
                badge={<Badge look="good">This device</Badge>}
                about={[
                  <>
                    Berlin, Germany · <Time view={view} at={now - 3 * HOUR} ago />
                  </>,
                ]}
              />
              <Entry
                icon={<ProviderMark id="github" name="GitHub" />}
                name="GitHub"
                about={['ada@example.com']}
              >
                <ConfirmDialog
                  view={view}
                  id="unlink"
                  title="Unlink GitHub?"
                  text="You can no longer sign in with GitHub."
                  open="Unlink"
                  form="unlink"
                  hidden={{}}
                  button="Unlink GitHub"
                />
              </Entry>
              <EditableEntry view={view} group="edits" icon="lock" name="Password" about="Changed 3 days ago">
                <Form view={view} button="Change password" method="get">
                  <NewPasswordField view={view} name="new_password" />
                </Form>
              </EditableEntry>
            </ul>
          </Panel>
          <Panel id="tables" title="Tables and tabs">
            <Tabs
              label="Views"
              tabs={[
                { href: '#tables', name: 'Overview', isCurrent: true },
                { href: '#tables', name: 'Usage', isCurrent: false },
              ]}
            />
            <Table
              label="Plans"
              columns={['Plan', { number: 'Users' }]}
              rows={[
                ['Free', '1,204'],
                ['Pro', '310'],
              ].map(([plan, users]) => (
                <tr>
                  <th scope="row">{plan}</th>
                  <td class="number">{users}</td>
                </tr>
              ))}
            />
            <Segments
              label="Period"
              choices={[
                { href: '#tables', name: '7 days', isCurrent: false },
                { href: '#tables', name: '30 days', isCurrent: true },
              ]}
            />
            <TrendChart
              view={view}
              label="Sign-ins over time"
              points={[3, 0, 8, 5, 12, 9, 4].map((value, at) => ({
                label: `Nov ${at + 1}`,
                tick: `Nov ${at + 1}`,
                value,
                before: value * 0.75,
              }))}
            />
            <DayBars
              view={view}
              label="Images a day"
              days={[3, 0, 8, 5, 12, 9, 4].map((value, at) => ({ date: `2026-11-0${at + 1}`, value }))}
            />
          </Panel>
          <section class="panel" aria-label="Empty state">
            <EmptyState
              icon="key-round"
              title="No API keys yet"
              text="A key lets one of your services call the API."
            >
              <a class="button small" href="#rows">
                Create a key
              </a>
            </EmptyState>
          </section>
        </div>
      </div>
      <Panel id="icons" title="Icons and marks">
        <p class="buttons">
          {ICON_NAMES.map((name) => (
            <Icon name={name} />
          ))}
        </p>
        <p class="buttons">
          {Object.entries(PROVIDERS).map(([id, name]) => (
            <ProviderMark id={id} name={name} />
          ))}
        </p>
      </Panel>
    </Frame>
  );
}

function Both({ look, children }: { look?: string; children: Child }) {
  return (
    <>
      <button type="button" class={look}>
        {children}
      </button>
      <button type="button" class={`${look ?? ''} small`.trim()}>
        {children}
      </button>
    </>
  );
}
