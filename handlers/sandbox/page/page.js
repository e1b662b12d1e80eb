'use strict';
// What the page does by itself: sends its forms to the control API, shows new entries of the journal, lets clocks run.

const CONTROL = 'v1/';
// How many rows the journal shows.
const MOST_ROWS = 100;
// In milliseconds: how soon the other parts of the page follow the journal, and how often clocks are drawn.
const FOLLOW = 1000;
const TICK = 250;

const message = document.getElementById('message');

function tell(text, isError = false) {
  message.textContent = text;
  message.classList.toggle('error', isError);
}

function enable() {
  for (const button of document.querySelectorAll('button:disabled')) button.disabled = false;
}

// The fields of a form by name, without those that are empty; the value of a field with data-merged is JSON itself.
function collect(form) {
  const given = {};
  for (const field of form.elements) {
    if ('merged' in field.dataset) Object.assign(given, JSON.parse(field.value));
    else if (!field.name || field.value === '') continue;
    else if (field.type === 'number') given[field.name] = Number(field.value);
    else if (field.type === 'datetime-local') given[field.name] = new Date(`${field.value}Z`).toISOString().slice(0, -1);
    else given[field.name] = field.value;
  }
  return given;
}

// Replaces {name} by a value, which is not given elsewhere then.
function fill(text, given) {
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = given[name];
    delete given[name];
    return encodeURIComponent(value);
  });
}

async function send(form) {
  const given = collect(form);
  const path = fill(form.dataset.path, given);
  const options = {method: form.dataset.method};
  if (Object.keys(given).length) {
    options.headers = {'Content-Type': 'application/json'};
    options.body = JSON.stringify(given);
  }
  const answer = await fetch(CONTROL + path, options);
  const answered = await answer.json();
  if (!answer.ok) {
    mark(form, answer.headers.get('X-Error-Pointer'));
    throw new Error(answered.error);
  }
  return answered;
}

// Moves to the field that an error is about.
function mark(form, pointer) {
  const field = pointer && form.elements[pointer.split('/').pop()];
  if (!field) return;
  field.setAttribute('aria-invalid', 'true');
  field.setAttribute('aria-describedby', message.id);
  field.focus();
}

async function submit(event) {
  const form = event.target;
  if (!form.dataset.path) return;
  event.preventDefault();
  for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
  tell('');
  try {
    const answered = await send(form);
    if (form.dataset.next) {
      location.href = fill(form.dataset.next, answered);
      return;
    }
    if (form.matches('.journal form')) entries.replaceChildren();
    tell(form.dataset.done);
    await refresh();
  } catch (error) {
    tell(error.message, true);
  }
}

let refreshes = 0;
// The timer of the next time that the page is fetched.
let following = null;

// Fetches the page again, and replaces its parts.
async function refresh() {
  const number = ++refreshes;
  const answer = await fetch(location.href);
  const text = await answer.text();
  // A later answer shows a later state.
  if (!answer.ok || number !== refreshes) return;
  const fresh = new DOMParser().parseFromString(text, 'text/html');
  for (const part of document.querySelectorAll('[data-part]')) {
    const focused = document.activeElement;
    const isWithin = part !== focused && part.contains(focused);
    part.replaceChildren(...fresh.getElementById(part.id).childNodes);
    enable();
    if (isWithin) focus(part, name(focused));
  }
  draw();
  watch();
}

// Fetches the page again as long as something on it goes on.
function watch() {
  if (document.querySelector('[data-follow]')) following ??= setTimeout(follow, FOLLOW);
}

function name(control) {
  return control.getAttribute('aria-label') ?? control.textContent;
}

// Keeps the focus where it was; if that is gone, the next place is the first button of the part, or the part itself.
function focus(part, wanted) {
  const same = [...part.querySelectorAll('a, button')].find((control) => name(control) === wanted);
  (same ?? part.querySelector('button') ?? part).focus();
}

// Clocks.

function draw() {
  for (const clock of document.querySelectorAll('[data-runs]')) {
    clock.since ??= performance.now();
    const moment = Date.parse(`${clock.dataset.now}Z`) + performance.now() - clock.since;
    if (!Number.isNaN(moment)) clock.textContent = new Date(moment).toISOString().slice(0, -1);
  }
}

// The journal.

const entries = document.getElementById('entries');
const heard = document.getElementById('heard');
const pause = document.getElementById('pause');
let source = null;

function show(event) {
  entries.dataset.last = event.lastEventId;
  const template = document.createElement('template');
  template.innerHTML = event.data;
  const row = template.content.firstElementChild;
  entries.prepend(row);
  while (entries.rows.length > MOST_ROWS) entries.lastElementChild.remove();
  heard.textContent = `Request ${[...row.cells].map((cell) => cell.textContent.trim()).join(', ')}`;
  following ??= setTimeout(follow, FOLLOW);
}

async function follow() {
  following = null;
  try {
    await refresh();
  } catch (error) {
    tell(error.message, true);
  }
}

// A page that nobody sees asks for nothing: browsers keep few connections to a server.
function listen() {
  const isWanted = !document.hidden && pause.getAttribute('aria-pressed') === 'false';
  if (source) source.close();
  source = null;
  if (!isWanted) return;
  const {world, last} = entries.dataset;
  source = new EventSource(`events?world=${encodeURIComponent(world)}&after=${last}`);
  source.onmessage = show;
  source.addEventListener('gone', () => {
    source.close();
    tell('The world was deleted.', true);
  });
}

function toggle() {
  pause.setAttribute('aria-pressed', String(pause.getAttribute('aria-pressed') === 'false'));
  listen();
}

document.addEventListener('submit', submit);
enable();
watch();
setInterval(draw, TICK);
if (entries) {
  pause.addEventListener('click', toggle);
  document.addEventListener('visibilitychange', listen);
  listen();
}
