import { textProvider } from '../text-provider.ts';

/** Where no texts are sent: what needs them is switched off. */
export const none = textProvider({
  name: 'none',
  doc: 'texts are not sent',
  variables: {},
  delivery: 'none',
  create: () => null,
});
