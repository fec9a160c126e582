import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { AppContext } from './context.ts';

/** A cookie that a browser has to bring back from somewhere else. `maxAge` is seconds. */
export interface FlowCookie {
  /** Begins with FLOW_COOKIE_PREFIX. */
  name: string;
  value: string;
  maxAge: number;
  /** `None` where it comes back by a POST from another site. */
  sameSite: 'Lax' | 'None';
}

export const FLOW_COOKIE_PREFIX = '__Host-latchkey-oauth-';

/** Flows that a browser may have under way at once: cookies are sent with every request. */
const MAX_FLOWS = 5;
const ATTRIBUTES = { path: '/', httpOnly: true, secure: true } as const;

/** Puts a flow into the browser; one that has too many under way loses the others. */
export function setFlowCookie(c: AppContext, { name, value, maxAge, sameSite }: FlowCookie): void {
  const others = Object.keys(getCookie(c)).filter((other) => other.startsWith(FLOW_COOKIE_PREFIX));
  if (others.length >= MAX_FLOWS) for (const other of others) clearFlowCookie(c, other);
  setCookie(c, name, value, { ...ATTRIBUTES, maxAge, sameSite });
}

/** Makes the browser forget a flow: it is over. */
export function clearFlowCookie(c: AppContext, name: string): void {
  deleteCookie(c, name, ATTRIBUTES);
}
