import { type Config, parseConfig } from './config/config.ts';
import { documentChoice, parseChoice } from './config/provider.ts';
import { QUOTA_VARIABLES } from './config/quota-variables.ts';
import { type DocumentedVariable, documentVariables, type Environment, parseAll } from './config/variable.ts';
import { VARIABLES } from './config/variables.ts';
import { type ChosenMailProvider, MAIL } from './messages/mail-registry.ts';
import { type ChosenTextProvider, TEXTS } from './messages/text-registry.ts';
import { documentProviders, type ProviderSettings, parseProviders } from './oauth/provider-settings.ts';
import { PROVIDERS } from './oauth/registry.ts';
import { EVENT_SINKS } from './sinks/registry.ts';

/** All that an operator sets: variables, and the providers that they choose. */
export type WorkerConfig = Config & {
  readonly mail: ChosenMailProvider;
  readonly texts: ChosenTextProvider;
  readonly signIn: readonly ProviderSettings[];
};

/** Parses all variables and secrets. Throws ConfigError that names every missing or unusable one. */
export function parseWorkerConfig(env: Environment): WorkerConfig {
  const [config, mail, texts, signIn] = parseAll(
    () => parseConfig(env),
    () => parseChoice(MAIL, env),
    () => parseChoice(TEXTS, env),
    () => parseProviders(PROVIDERS, env),
    () => parseChoice(EVENT_SINKS, env),
  );
  return { ...config, mail, texts, signIn };
}

/** Every variable and secret, in the order of the documentation. */
export const DOCUMENTED_VARIABLES: DocumentedVariable[] = [
  ...documentVariables(VARIABLES),
  QUOTA_VARIABLES,
  ...documentChoice(MAIL),
  ...documentChoice(TEXTS),
  ...documentChoice(EVENT_SINKS),
  ...documentProviders(PROVIDERS),
];
