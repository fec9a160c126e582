import { eventSink } from '../port.ts';

/** Where events go nowhere. */
export const noSink = eventSink({
  name: 'none',
  doc: 'nowhere',
  variables: {},
  delivery: 'none',
  create: () => null,
});
