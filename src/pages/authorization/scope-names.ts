import { PROVIDER_TOKEN_SCOPE } from '../../authorization-server/client-schemas.ts';
import { authorizationMessages } from '../../languages/messages.ts';
import type { View } from '../kit/view.ts';

/** What a scope lets a client do, in words; `providers` are those of the realm. */
export function scopeName(
  { language }: View,
  scope: string,
  providers: readonly { id: string; name: string }[],
): string {
  const { other, providerToken, scopeNames } = authorizationMessages[language];
  const [, provider] = PROVIDER_TOKEN_SCOPE.exec(scope) ?? [];
  if (provider !== undefined) {
    return providerToken(providers.find(({ id }) => id === provider)?.name ?? provider);
  }
  return (Object.hasOwn(scopeNames, scope) && scopeNames[scope]) || other(scope);
}
