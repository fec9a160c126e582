// What makes pages handier. Everything works without it: it shows what it alone can do (`.scripted`), and adds to the rest.

const { body, documentElement: root } = document;
const all = (selector) => document.querySelectorAll(selector);
root.dataset.scripted = '';

/** Calls for each click on what has that attribute, with the element. */
function onClick(attribute, act) {
  document.addEventListener('click', (event) => {
    const element = event.target.closest(`[${attribute}]`);
    if (element) act(element, event);
  });
}

// Copies what `data-copy` has, and says so for a moment.
onClick('data-copy', async (button) => {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    return;
  }
  const said = button.querySelector('[aria-live]');
  said.textContent = button.dataset.copied;
  setTimeout(() => {
    said.textContent = '';
  }, 2000);
});

// Shows the password beside it, and hides it again before it is sent: browsers keep texts, but no passwords.
onClick('data-reveal', (button) => {
  const input = document.getElementById(button.dataset.reveal);
  const shows = input.type === 'password';
  input.type = shows ? 'text' : 'password';
  button.setAttribute('aria-pressed', String(shows));
});
document.addEventListener('submit', ({ target }) => {
  for (const button of target.querySelectorAll('[data-reveal][aria-pressed=true]')) button.click();
});

// Closes what says what was done: when asked to, and by itself after a while in which nobody pointed at it.
onClick('data-close', (button) => button.closest('.toast').remove());
for (const toast of all('.toast')) {
  const close = () => (toast.matches(':hover, :focus-within') ? setTimeout(close, 2000) : toast.remove());
  setTimeout(close, 12_000);
}

// Opens dialogs where the browser may not do it by itself.
onClick('data-dialog', (link, event) => {
  const dialog = document.getElementById(link.dataset.dialog);
  if (dialog.open) return;
  event.preventDefault();
  dialog.showModal();
});

// Times of the reader's own zone; the title keeps UTC.
const locale = body.dataset.locale || root.lang;
const format = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
for (const time of all('time[data-local]')) time.textContent = format.format(new Date(time.dateTime));

// Guesses how strong a new password is, by its length, its kinds of characters and how often they repeat.
for (const hint of all('[data-strength-of]')) {
  const input = document.getElementById(hint.dataset.strengthOf);
  const says = hint.dataset.says.split('|');
  const text = hint.querySelector('span');
  const update = () => {
    const { value } = input;
    const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((kind) =>
      kind.test(value),
    ).length;
    const bits = new Set(value).size * Math.log2(value.length + 1) * (0.6 + kinds / 8);
    const strength = value === '' ? 0 : value.length < 8 ? 1 : Math.min(4, 1 + Math.floor(bits / 18));
    hint.dataset.strength = strength;
    text.textContent = says[strength - 1] ?? '';
  };
  input.addEventListener('input', update);
  update();
}

// Marks the way in that was used last on this device.
const ways = all('[data-way]');
if (ways.length > 0) {
  try {
    const key = `way:${body.dataset.realm}`;
    const last = localStorage.getItem(key);
    for (const way of ways) {
      if (way.dataset.way === last) way.classList.add('last-used');
      const keep = () => localStorage.setItem(key, way.dataset.way);
      way.addEventListener(way.matches('form') ? 'submit' : 'click', keep);
    }
  } catch {
    // Nothing is kept here.
  }
}

// A picture is sent as soon as it is chosen.
for (const input of all('input[data-sends]')) {
  input.addEventListener('change', () => input.files.length > 0 && input.form.requestSubmit());
}

// Filters that are chosen apply at once.
for (const form of all('form[data-filters]')) {
  form.addEventListener('change', ({ target }) => {
    if (target.matches('select')) form.requestSubmit();
  });
}

// Chooses a colour for the field beside it.
for (const swatch of all('[data-color-of]')) {
  const input = document.getElementById(swatch.dataset.colorOf);
  const show = () => {
    if (/^#[0-9a-f]{6}$/i.test(input.value)) swatch.value = input.value;
  };
  swatch.addEventListener('input', () => {
    input.value = swatch.value;
  });
  input.addEventListener('input', show);
  show();
}
// Shows in a frame what a form would make, while it is filled in. A frame that is new adds nothing to what the browser goes back to.
let [previews] = all('[data-preview]');
if (previews) {
  const { form } = previews;
  let waits;
  form.addEventListener('input', () => {
    clearTimeout(waits);
    waits = setTimeout(() => form.requestSubmit(previews), 400);
  });
  form.addEventListener('submit', ({ submitter }) => {
    if (!submitter.matches('[data-preview]')) return;
    previews = submitter;
    const before = document.querySelector(`iframe[name="${submitter.formTarget}"]`);
    const after = before.cloneNode();
    after.removeAttribute('src');
    before.name = '';
    before.after(after);
    after.addEventListener('load', () => {
      if (after.contentWindow.location.href !== 'about:blank') before.remove();
    });
  });
}
