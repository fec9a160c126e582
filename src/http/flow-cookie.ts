import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { AppContext } from './context.ts';

/** A cookie that a browser has to bring back from somewhere else. `maxAge` is seconds. */
export interface FlowCookie {
  /** Begins with FLOW_COOKIE_PREFIX, and sorts by when the flow was begun. */
  name: string;
  value: string;
  maxAge: number;
  /** `None` where it comes back by a POST from another site. */
  sameSite: 'Lax' | 'None';
}

export const FLOW_COOKIE_PREFIX = '__Host-latchkey-oauth-';

/** Flows that a browser keeps at once: cookies are sent with every request. */
const MAX_FLOWS = 6;
const ATTRIBUTES = { path: '/', httpOnly: true, secure: true } as const;

/** Puts a flow into the browser; one that has too many loses the oldest. */
export function setFlowCookie(c: AppContext, { name, value, maxAge, sameSite }: FlowCookie): void {
  const others = Object.keys(getCookie(c)).filter((other) => other.startsWith(FLOW_COOKIE_PREFIX));
  const kept = MAX_FLOWS - 1;
  const tooMany = others.sort().slice(0, Math.max(0, others.length - kept));
  for (const other of tooMany) deleteCookie(c, other, ATTRIBUTES);
  setCookie(c, name, value, { ...ATTRIBUTES, maxAge, sameSite });
}
