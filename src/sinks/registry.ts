import type { Bindings } from '../config/config.ts';
import { type ChosenProvider, type ProviderChoice, parseChoice } from '../config/provider.ts';
import type { Environment } from '../config/variable.ts';
import type { EventSink } from './port.ts';
import { analyticsEngine } from './providers/analytics-engine.ts';
import { cloudevents } from './providers/cloudevents.ts';
import { noSink } from './providers/none.ts';
import { pipeline } from './providers/pipeline.ts';
import { EventSender } from './sender.ts';

/** Where events go. A new sink is a file of its own and a line here. */
export const EVENT_SINKS: ProviderChoice<Record<never, never>, object, EventSink | null> = {
  variable: 'EVENT_SINK',
  doc: 'Where every event of metering, security and audit goes besides.',
  default: 'none',
  common: {},
  providers: [noSink, analyticsEngine, pipeline, cloudevents],
};

/** The sink that a configuration chooses. */
export type ChosenEventSink = ChosenProvider<Record<never, never>, object, EventSink | null>;

const known = new WeakMap<object, EventSender | null>();

/** What sends to the sink that the variables choose, one for an isolate; null where events go nowhere. Throws ConfigError. */
export function eventSenderOf(env: Bindings): EventSender | null {
  const kept = known.get(env);
  if (kept !== undefined) return kept;
  const chosen = parseChoice(EVENT_SINKS, env as unknown as Environment);
  const sink = chosen.create(env);
  const sender = sink && new EventSender(chosen.name, sink);
  known.set(env, sender);
  return sender;
}
