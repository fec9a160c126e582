// Lets forms be answered by a passkey. Until this script is there they only keep their room, for nothing shall move when it comes; where
// the browser has no passkeys they go.
//
// A form says by `data-passkey` what is asked of the browser (`get` or `create`), and by what: `data-options` has the options as
// JSON, `data-from` is where they come from. What the browser gives is sent in the fields that `data-flow` and `data-credential`
// name; `data-failed` is what to say when it gives nothing.

const waiting = new AbortController();

/** Asks the browser, and sends the form. */
async function answer(form, options, more) {
  const { flow, public_key } = options;
  const isNew = form.dataset.passkey === 'create';
  const publicKey = isNew
    ? PublicKeyCredential.parseCreationOptionsFromJSON(public_key)
    : PublicKeyCredential.parseRequestOptionsFromJSON(public_key);
  const credential = await navigator.credentials[form.dataset.passkey]({ publicKey, ...more });
  form.elements[form.dataset.flow].value = flow;
  form.elements[form.dataset.credential].value = JSON.stringify(credential.toJSON());
  form.submit();
}

async function optionsOf(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  return post(form.dataset.from, { session_cookie: true });
}

async function post(path, body) {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

function say(form, text) {
  const said = form.querySelector('.wrong');
  said.textContent = text;
  said.hidden = text === '';
}

/** Suggests passkeys in the field of the address, for as long as the page is open. */
async function suggest(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  const options = await optionsOf(form);
  // A challenge is over some day.
  const renewal = setTimeout(() => renewed.abort(), options.public_key.timeout * 0.9);
  const renewed = new AbortController();
  waiting.signal.addEventListener('abort', () => renewed.abort());
  try {
    await answer(form, options, { mediation: 'conditional', signal: renewed.signal });
  } catch {
    if (renewed.signal.aborted && !waiting.signal.aborted) await suggest(form);
  } finally {
    clearTimeout(renewal);
  }
}

const hasPasskeys = window.PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined;
for (const form of document.querySelectorAll('form[data-passkey]')) {
  form.hidden = !hasPasskeys;
  form.classList.add('ready');
  if (hasPasskeys) {
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      say(form, '');
      waiting.abort();
      try {
        await answer(form, await optionsOf(form), {});
      } catch {
        say(form, form.dataset.failed);
      }
    });
    if (form.dataset.from) suggest(form).catch(() => {});
  }
}

/** Makes a passkey without asking, once a sign-in (WebAuthn 3, 5.1.3). */
async function makeUnasked({ makePasskey, once }) {
  const can = await PublicKeyCredential.getClientCapabilities();
  if (!can.conditionalCreate || sessionStorage.getItem('passkey') === once) return;
  sessionStorage.setItem('passkey', once);
  const { flow, public_key } = await post(`${makePasskey}/options`, { conditional: true });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(public_key);
  const credential = await navigator.credentials.create({ publicKey, mediation: 'conditional' });
  await post(makePasskey, { flow, credential: credential.toJSON() });
}

for (const { dataset } of document.querySelectorAll('[data-make-passkey]')) {
  makeUnasked(dataset).catch(() => {});
}

// Lets the keepers of passkeys forget those that were removed here (WebAuthn 3, 5.1.10).
for (const { dataset } of document.querySelectorAll('[data-passkeys]')) {
  window.PublicKeyCredential?.signalAllAcceptedCredentials?.(JSON.parse(dataset.passkeys)).catch(() => {});
}
