import { z } from 'zod';
import {
  ConfigError,
  type DocumentedVariable,
  documentVariables,
  type Environment,
  parseAll,
  parseVariables,
  type Values,
  type Variables,
  variable,
} from './variable.ts';
import { VARIABLES } from './variables.ts';

/** What a provider's file declares: all that the configuration, the documentation and the Worker know of it. */
export interface ProviderDeclaration<V extends Variables, Bindings, Made> {
  /** What the operator chooses it by. */
  name: string;
  /** What it is, in some words. */
  doc: string;
  /** Its variables, secrets and optional bindings. Those that are required, are only if it is chosen. */
  variables: V;
  /** `development` delivers to the developer only, and production refuses it; `none` delivers nothing. */
  delivery?: 'development' | 'none';
  create(config: Values<V>, bindings: Bindings): Made;
}

/** A declared provider, whatever its variables are. */
export interface Provider<Bindings, Made> {
  name: string;
  doc: string;
  variables: Variables;
  delivery?: 'development' | 'none';
  /** Parses its variables. Throws ConfigError. */
  configure(env: Environment, because: string): (bindings: Bindings) => Made;
}

/** Makes a declaration one of a list. */
export function provider<V extends Variables, Bindings, Made>(
  declaration: ProviderDeclaration<V, Bindings, Made>,
): Provider<Bindings, Made> {
  return {
    ...declaration,
    configure(env, because) {
      const config = parseVariables(env, declaration.variables, { because });
      return (bindings) => declaration.create(config, bindings);
    },
  };
}

/** The provider that a configuration chooses. */
export interface ChosenProvider<Common extends Variables, Bindings, Made> {
  name: string;
  /** The variables that all providers share. A provider that delivers needs each of them. */
  common: Partial<Values<Common>>;
  create(bindings: Bindings): Made;
}

/** A choice among providers: the variable that makes it, and what all of them need. */
export interface ProviderChoice<Common extends Variables, Bindings, Made> {
  variable: string;
  doc: string;
  /** The provider unless one is chosen. */
  default: string;
  common: Common;
  /** In the order of the documentation. */
  providers: readonly Provider<Bindings, Made>[];
}

/** Parses a choice and the variables of the provider that is chosen. Throws ConfigError. */
export function parseChoice<Common extends Variables, Bindings, Made>(
  choice: ProviderChoice<Common, Bindings, Made>,
  env: Environment,
): ChosenProvider<Common, Bindings, Made> {
  const [{ ENVIRONMENT }, chosen] = parseAll(
    () => parseVariables(env, { ENVIRONMENT: VARIABLES.ENVIRONMENT }),
    () => parseVariables(env, chooser(choice))[choice.variable] as Provider<Bindings, Made>,
  );
  const because = `${choice.variable} is ${chosen.name}`;
  const common = Object.entries(choice.common).filter(([name]) => !chosen.delivery || env[name]);
  const [create, values] = parseAll(
    () => chosen.configure(env, because),
    () => parseVariables(env, Object.fromEntries(common), { because }),
    () => {
      if (chosen.delivery !== 'development' || ENVIRONMENT !== 'production') return;
      throw new ConfigError([`${because}, which delivers nothing: choose one for production`]);
    },
  );
  return { name: chosen.name, common: values as Partial<Values<Common>>, create };
}

/** The rows of a choice: the variable that makes it, what all providers need, and what each needs. */
export function documentChoice<Common extends Variables, Bindings, Made>(
  choice: ProviderChoice<Common, Bindings, Made>,
): DocumentedVariable[] {
  const delivering = choice.providers.filter(({ delivery }) => !delivery).map(({ name }) => `\`${name}\``);
  return [
    ...documentVariables(chooser(choice)),
    ...documentVariables(choice.common).map(({ name, doc }) => ({
      name,
      unlessSet: 'unset',
      doc: `${doc} Required with ${delivering.join(', ')}.`,
    })),
    ...choice.providers.flatMap(({ name, variables }) =>
      documentVariables(variables).map((row) => ({ ...row, doc: `For \`${name}\`: ${row.doc}` })),
    ),
  ];
}

/** The declaration of the variable that chooses: a provider's name, which stands for the provider. */
function chooser<Common extends Variables, Bindings, Made>({
  variable: name,
  doc,
  default: unlessSet,
  providers,
}: ProviderChoice<Common, Bindings, Made>): Variables {
  const names = providers.map((one) => one.name);
  const docs = providers.map((one) => {
    const refused = one.delivery === 'development' ? ' (refused in production)' : '';
    return `\`${one.name}\`: ${one.doc}${refused}`;
  });
  const schema = z.enum(names).transform((chosen) => providers.find((one) => one.name === chosen));
  return { [name]: variable({ schema, default: unlessSet, doc: `${doc} ${docs.join('; ')}.` }) };
}
