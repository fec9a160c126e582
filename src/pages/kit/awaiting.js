// Goes on from a page that waits until its reader has signed in, in another tab of this browser. Without this script they go on there.
//
// `data-awaits` is what to ask, `data-next` where to go, and `data-lasts` for how long to wait (milliseconds).

const EVERY = 3000;
const { awaits, next, lasts } = document.querySelector('[data-awaits]').dataset;
const end = Date.now() + Number(lasts);

/** When the session of this browser began that was there before; null for none. */
let before;

/** Asks while the page is looked at: whoever follows a link in a mail looks elsewhere for most of the time. */
async function look() {
  if (document.hidden || Date.now() > end) return;
  const answer = await fetch(awaits);
  if (!answer.ok) return;
  const { signed_in_at: now } = await answer.json();
  if (before === undefined) before = now;
  else if (now !== null && now !== before) location.assign(next);
}

async function wait() {
  await look().catch(() => {});
  if (Date.now() < end) setTimeout(wait, EVERY);
}

document.addEventListener('visibilitychange', () => look().catch(() => {}));
wait();
