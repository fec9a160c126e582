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

// What stands open on the page, such as after an error in it, stands before it.
for (const dialog of all('dialog[open]')) {
  dialog.close();
  dialog.showModal();
}

// Has the tab that is shown in sight, where there are more than the screen has room for.
for (const tab of all('.tabs [aria-current]')) {
  const { parentElement: tabs } = tab;
  tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
}

// Times of the reader's own zone; the title keeps UTC.
const locale = body.dataset.locale || root.lang;
const format = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
for (const time of all('time[data-local]')) time.textContent = format.format(new Date(time.dateTime));

// What happened, by the days of the reader's own zone.
const [days] = all('[data-days]');
if (days?.children.length > 0) {
  const day = new Intl.DateTimeFormat(locale, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  });
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
  const model = days.firstElementChild.cloneNode(true);
  const entries = [...days.querySelectorAll('li')];
  const groups = Map.groupBy(entries, (entry) => {
    const time = entry.querySelector('time');
    const at = new Date(time.dateTime);
    time.parentElement.replaceChildren(time);
    time.textContent = clock.format(at);
    return day.format(at);
  });
  const panels = [...groups].map(([name, of], at) => {
    const panel = model.cloneNode(true);
    const title = panel.querySelector('h2');
    title.textContent = name;
    title.id = `day-${at}`;
    panel.setAttribute('aria-labelledby', title.id);
    panel.querySelector('ul').replaceChildren(...of);
    return panel;
  });
  days.replaceChildren(...panels);
}

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

// Cuts a picture to a square before it is sent: what is seen of it is moved and enlarged by pointer, wheel or keys.
for (const input of all('input[data-crops]')) {
  const { form } = input;
  const canvas = form.querySelector('canvas');
  const zoom = form.querySelector('input[type=range]');
  const box = canvas.closest('[hidden]');
  const side = canvas.width;
  let picture = null;
  let middle = { x: 0, y: 0 };
  const scale = () => (side / Math.min(picture.width, picture.height)) * zoom.value;
  const draw = () => {
    const by = scale();
    const within = (at, length) => Math.min(Math.max(at, side / 2 / by), length - side / 2 / by);
    middle = { x: within(middle.x, picture.width), y: within(middle.y, picture.height) };
    const pen = canvas.getContext('2d');
    pen.clearRect(0, 0, side, side);
    pen.setTransform(by, 0, 0, by, side / 2 - middle.x * by, side / 2 - middle.y * by);
    pen.drawImage(picture, 0, 0);
    pen.resetTransform();
  };
  const move = (x, y) => {
    const by = scale() * (canvas.clientWidth / side);
    middle = { x: middle.x - x / by, y: middle.y - y / by };
    draw();
  };
  const enlarge = (by) => {
    zoom.value = Number(zoom.value) + by;
    draw();
  };
  input.addEventListener('change', async () => {
    // What this browser cannot show is sent as it is; the server says what is wrong with it.
    picture = input.files[0] ? await createImageBitmap(input.files[0]).catch(() => null) : null;
    box.hidden = !picture;
    if (!picture) return;
    zoom.value = 1;
    middle = { x: picture.width / 2, y: picture.height / 2 };
    draw();
  });
  zoom.addEventListener('input', draw);
  canvas.addEventListener('pointerdown', (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener('pointermove', (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) move(event.movementX, event.movementY);
  });
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    enlarge(event.deltaY < 0 ? 0.1 : -0.1);
  });
  canvas.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: [8, 0], ArrowRight: [-8, 0], ArrowUp: [0, 8], ArrowDown: [0, -8] }[event.key];
    if (step) move(...step);
    else if (event.key === '+') enlarge(0.1);
    else if (event.key === '-') enlarge(-0.1);
    else return;
    event.preventDefault();
  });
  form.addEventListener('submit', (event) => {
    if (!picture) return;
    event.preventDefault();
    canvas.toBlob(
      (blob) => {
        const files = new DataTransfer();
        files.items.add(new File([blob], 'picture.webp', { type: blob.type }));
        input.files = files.files;
        picture = null;
        form.requestSubmit();
      },
      'image/webp',
      0.9,
    );
  });
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
  let frame = document.querySelector(`iframe[name="${previews.formTarget}"]`);
  let count = 0;
  form.addEventListener('submit', ({ submitter }) => {
    if (!submitter.matches('[data-preview]')) return;
    previews = submitter;
    const next = frame.cloneNode();
    next.removeAttribute('src');
    count += 1;
    next.name = `preview-${count}`;
    submitter.formTarget = next.name;
    frame.after(next);
    frame = next;
    next.addEventListener('load', () => {
      if (next !== frame || next.contentWindow.location.href === 'about:blank') return;
      for (const other of next.parentElement.querySelectorAll('iframe')) if (other !== next) other.remove();
    });
  });
}

// Ticks all boxes of a table, and says how many are.
for (const every of all('[data-all]')) {
  const boxes = [...every.closest('table').querySelectorAll('tbody [type=checkbox]')];
  const says = every.form.querySelector('[data-chosen]');
  const update = () => {
    const count = boxes.filter(({ checked }) => checked).length;
    every.checked = count === boxes.length;
    every.indeterminate = count > 0 && !every.checked;
    says.textContent = says.dataset.chosen.replace('#', count);
  };
  every.addEventListener('change', () => {
    for (const box of boxes) box.checked = every.checked;
    update();
  });
  for (const box of boxes) box.addEventListener('change', update);
  update();
}

// Goes on with what is done in steps.
for (const form of all('form[data-goes-on]')) form.requestSubmit();

// Keeps searches by a name on this browser: a list of links, and a field for one more.
for (const saved of all('[data-saved]')) {
  const key = `saved:${saved.dataset.path}`;
  const input = saved.querySelector('input');
  const read = () => {
    try {
      return JSON.parse(localStorage.getItem(key)) ?? [];
    } catch {
      return [];
    }
  };
  const write = (entries) => {
    try {
      localStorage.setItem(key, JSON.stringify(entries));
    } catch {
      // Nothing is kept here.
    }
    draw();
  };
  const draw = () => {
    for (const old of saved.querySelectorAll('.kept')) old.remove();
    const entries = read();
    saved.prepend(
      ...entries.map(([name, query]) => {
        const row = document.createElement('span');
        const link = document.createElement('a');
        const remove = document.createElement('button');
        row.className = 'kept';
        link.className = 'item';
        link.textContent = name;
        link.href = saved.dataset.path + query;
        remove.type = 'button';
        remove.className = 'ghost';
        remove.textContent = '×';
        remove.setAttribute('aria-label', `${saved.dataset.remove}: ${name}`);
        remove.addEventListener('click', () => write(read().filter(([other]) => other !== name)));
        row.append(link, remove);
        return row;
      }),
    );
  };
  const keep = () => {
    const name = input.value.trim();
    if (!name) return input.focus();
    const others = read().filter(([other]) => other !== name);
    write([...others, [name, new URL(saved.dataset.saved, location).search]]);
    input.value = '';
  };
  input.nextElementSibling.addEventListener('click', keep);
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    keep();
  });
  draw();
}

// Finds users, organizations and pages from everywhere (ARIA, combobox pattern): what the page of the search finds, in a dialog.
const palette = document.getElementById('palette');
if (palette) {
  const input = palette.querySelector('input');
  const list = palette.querySelector('[role=listbox]');
  const status = palette.querySelector('[aria-live]');
  let asked = new AbortController();
  let soon;
  if (!/mac|iphone|ipad/i.test(navigator.userAgent)) {
    for (const key of all('.finder .key')) key.textContent = 'Ctrl K';
  }
  const options = () => [...list.querySelectorAll('a')];
  const choose = (option) => {
    for (const one of options()) one.setAttribute('aria-selected', String(one === option));
    if (option) input.setAttribute('aria-activedescendant', option.id);
    else input.removeAttribute('aria-activedescendant');
    option?.scrollIntoView({ block: 'nearest' });
  };
  const chosen = () => list.querySelector('[aria-selected=true]');
  const find = async () => {
    asked.abort();
    asked = new AbortController();
    const url = new URL(input.form.action);
    url.searchParams.set('q', input.value);
    let found;
    try {
      const answer = await fetch(url, { signal: asked.signal });
      // Whoever is signed out by now signs in again first.
      if (answer.redirected) return location.assign(url);
      found = new DOMParser().parseFromString(await answer.text(), 'text/html');
    } catch {
      return;
    }
    const groups = [...found.querySelectorAll('[data-found] section')];
    for (const [at, group] of groups.entries()) {
      const name = group.querySelector('h2');
      name.id = `palette-group-${at}`;
      name.setAttribute('role', 'presentation');
      group.setAttribute('role', 'group');
      group.setAttribute('aria-labelledby', name.id);
    }
    list.replaceChildren(...groups);
    for (const [at, option] of options().entries()) {
      option.id = `palette-option-${at}`;
      option.setAttribute('role', 'option');
      option.tabIndex = -1;
    }
    list.hidden = groups.length === 0;
    status.textContent = list.hidden ? status.dataset.none : '';
    choose(options()[0]);
  };
  input.addEventListener('focus', () => list.childElementCount === 0 && find());
  input.addEventListener('input', () => {
    clearTimeout(soon);
    // Enter shall not open what was found for another text.
    choose();
    soon = setTimeout(find, 120);
  });
  input.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = options();
    if (step && all.length > 0) {
      event.preventDefault();
      choose(all.at((all.indexOf(chosen()) + step) % all.length));
    }
  });
  input.form.addEventListener('submit', (event) => {
    if (!chosen()) return;
    event.preventDefault();
    chosen().click();
    palette.close();
  });
  document.addEventListener('keydown', (event) => {
    if (!(event.metaKey || event.ctrlKey) || event.key.toLowerCase() !== 'k') return;
    event.preventDefault();
    if (!palette.open) palette.showModal();
  });
  palette.addEventListener('click', ({ target }) => target === palette && palette.close());
}
