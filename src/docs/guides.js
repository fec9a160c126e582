// The search of the guides. Without it they are plain lists and links.

const form = document.getElementById('search');
const query = document.getElementById('query');
const found = document.getElementById('found');
const [status, list] = [found.querySelector('p'), found.querySelector('ol')];
/** At most so many parts are shown. */
const SHOWN = 20;
let index;

form.hidden = false;
form.addEventListener('submit', (event) => {
  event.preventDefault();
  list.querySelector('a')?.focus();
});
query.addEventListener('input', search);
// The index is fetched when somebody is about to search.
query.addEventListener('focus', load, { once: true });
document.addEventListener('keydown', (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
  if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    query.focus();
  }
  if (event.key === 'Escape' && !found.hidden) {
    query.value = '';
    query.focus();
    search();
  }
});

function load() {
  index ??= fetch('/docs/guides.json')
    .then((answer) => answer.json())
    .then((entries) => entries.map((entry) => ({ ...entry, folded: entry.text.toLowerCase() })));
  return index;
}

async function search() {
  const asked = query.value;
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
  found.hidden = words.length === 0;
  if (found.hidden) return;
  const entries = await load();
  // Somebody has typed on meanwhile.
  if (asked !== query.value) return;
  const hits = entries
    .map((entry) => ({ entry, score: scoreOf(entry, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  const more = hits.length > SHOWN ? `, the first ${SHOWN} of them here` : '';
  status.textContent = hits.length === 0 ? 'Nothing found.' : `${hits.length} found${more}.`;
  list.replaceChildren(...hits.slice(0, SHOWN).map(({ entry }) => item(entry, words)));
}

/** How well a part fits: 0 unless it has every word. */
function scoreOf({ title, heading, folded }, words) {
  const [inTitle, inHeading] = [title.toLowerCase(), heading.toLowerCase()];
  const scores = words.map(
    (word) =>
      (inHeading.includes(word) ? 8 : 0) +
      (inTitle.includes(word) ? (heading === '' ? 9 : 3) : 0) +
      Math.min(folded.split(word).length - 1, 5),
  );
  return scores.includes(0) ? 0 : scores.reduce((sum, score) => sum + score, 0);
}

function item({ title, heading, url, text, folded }, words) {
  const line = document.createElement('li');
  const link = document.createElement('a');
  link.href = url;
  link.textContent = heading ? `${title}: ${heading}` : title;
  const from = Math.max(
    0,
    Math.min(...words.map((word) => folded.indexOf(word)).filter((at) => at >= 0)) - 60,
  );
  const excerpt = document.createElement('p');
  const start = Number.isFinite(from) ? from : 0;
  excerpt.textContent = `${start > 0 ? '… ' : ''}${text.slice(start, start + 160)}${text.length > start + 160 ? ' …' : ''}`;
  line.append(link, excerpt);
  return line;
}
