// Solves the proof of work of a form, version 2 of ALTCHA with PBKDF2, while its user fills it in; the form is sent when both are done.
//
// `data-challenge` has the challenge as JSON; `data-working`, `data-solved` and `data-failed` are what to say.

const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (pair) => Number.parseInt(pair, 16));
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Tries one counter after the other, until a key that is derived from it begins as it shall. */
async function solve({ parameters, signature }) {
  const { algorithm, cost, keyLength, keyPrefix, nonce, salt } = parameters;
  const how = { name: 'PBKDF2', hash: algorithm.split('/')[1], salt: bytesOf(salt), iterations: cost };
  const head = bytesOf(nonce);
  const password = new Uint8Array(head.length + 4);
  password.set(head);
  for (let counter = 0; ; counter += 1) {
    new DataView(password.buffer).setUint32(head.length, counter);
    const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
    const derivedKey = hexOf(new Uint8Array(await crypto.subtle.deriveBits(how, key, keyLength * 8)));
    if (!derivedKey.startsWith(keyPrefix)) continue;
    return btoa(JSON.stringify({ challenge: { parameters, signature }, solution: { counter, derivedKey } }));
  }
}

for (const field of document.querySelectorAll('[data-challenge]')) {
  const { challenge, working, solved, failed } = field.dataset;
  const form = field.closest('form');
  const input = field.querySelector('input');
  const status = field.querySelector('[role=status]');
  status.textContent = working;
  let pressed = null;
  form.addEventListener('submit', (event) => {
    if (input.value !== '') return;
    event.preventDefault();
    pressed = event.submitter;
    status.textContent = working;
  });
  solve(JSON.parse(challenge)).then(
    (solution) => {
      input.value = solution;
      status.textContent = solved;
      if (pressed) form.requestSubmit(pressed);
    },
    () => {
      status.textContent = failed;
    },
  );
}
