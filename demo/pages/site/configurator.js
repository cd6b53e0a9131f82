/**
 * Shows the choices on one live element, whose attributes change in place, and writes the snippet and the tenant's
 * settings for the same result on the client's page. Only a different tenant gets a new element.
 */
const form = document.querySelector('form');
const stage = document.querySelector('#stage');
const { server } = document.body.dataset;

/** The element's defaults for missing attributes. */
const usual = {
  mode: 'voice',
  placement: 'bottom-right',
  theme: 'auto',
  size: 'medium',
  lang: '',
  label: '',
};
const flags = ['eager', 'rejoin'];
/** Keys of the tenant's `texts`. */
const words = ['launcher', 'greeting', 'greetingHelp', 'startCall', 'disclosure'];
const usualRadius = '20';

const sheet = new CSSStyleSheet();
document.adoptedStyleSheets.push(sheet);
let agent;
/** The server's settings of the tenants, by slug. */
const tenants = new Map();

/** The tenant's settings on the server. @throws when they cannot be fetched */
async function settingsOf(tenant) {
  const url = `${server}/v1/widget/${tenant}`;
  if (!tenants.has(tenant))
    tenants.set(
      tenant,
      realFetch(url).then((response) => response.json()),
    );
  return await tenants.get(tenant);
}

// Gives the element the settings as they would be: the preview changes nothing on the server.
const realFetch = window.fetch;
window.fetch = async (input, init) => {
  const url = String(input.url ?? input);
  const tenant = agent?.getAttribute('tenant');
  if (url !== `${server}/v1/widget/${tenant}`) return realFetch.call(window, input, init);
  const settings = await settingsOf(tenant);
  return Response.json({ ...settings, ...changesOf(readForm(), settings) });
};

/** The form's values; an absent flag is off. */
function readForm() {
  return Object.fromEntries(new FormData(form));
}

/** What to set on the server, as in `PATCH /v1/tenants/{slug}`, which replaces `texts` as a whole. */
function changesOf(chosen, { texts, modes }) {
  const own = Object.fromEntries(words.map((key) => [key, chosen[key].trim()]).filter(([, text]) => text));
  return {
    ...(modes.includes(chosen.mode) ? {} : { modes: [...modes, chosen.mode] }),
    ...(Object.keys(own).length > 0 ? { texts: { ...texts, ...own } } : {}),
    ...(chosen.rejoin ? { rejoinCalls: true } : {}),
  };
}

/** The other attributes, and the custom properties: before a visitor shows intent, nothing else defines the looks. */
function looksOf(chosen, { appearance, texts }) {
  const wanted = { ...chosen, label: chosen.launcher.trim() || (texts.launcher ?? '') };
  const attributes = Object.keys(usual)
    .filter((name) => wanted[name] !== usual[name])
    .map((name) => [name, wanted[name]]);
  const accent = chosen.ownColour ? chosen.accent : appearance.accentColor;
  const radius = chosen.radius === usualRadius ? appearance.radius : chosen.radius;
  const properties = [
    ...(accent ? [`--vapi-agent-accent: ${accent}`] : []),
    ...(radius === undefined ? [] : [`--vapi-agent-radius: ${radius}px`]),
  ];
  return {
    attributes: [...attributes, ...flags.filter((name) => chosen[name]).map((name) => [name, ''])],
    style: properties.length > 0 ? `vapi-agent { ${properties.join('; ')} }` : '',
  };
}

async function show() {
  const chosen = readForm();
  const settings = await settingsOf(chosen.tenant);
  // A newer choice is on its way.
  if (chosen.tenant !== readForm().tenant) return;
  const { attributes, style } = looksOf(chosen, settings);
  const changes = changesOf(chosen, settings);
  sheet.replaceSync(style);
  present(chosen.tenant, attributes);
  const panel = agent.shadowRoot?.querySelector('vapi-agent-panel');
  if (panel?.config) panel.config = { ...settings, ...changes };

  document.querySelector('#accent-value').textContent = chosen.accent;
  document.querySelector('#radius-value').textContent = `${chosen.radius} px`;
  document.querySelector('#snippet').textContent = snippet(chosen.tenant, attributes, style);
  document.querySelector('#settings').textContent = JSON.stringify(changes, null, 2);
  document.querySelector('#settings-hint').innerHTML =
    Object.keys(changes).length > 0
      ? `The body of <code>PATCH /v1/tenants/${chosen.tenant}</code>.`
      : 'Nothing: the snippet is enough.';
  for (const status of document.querySelectorAll('[role=status]')) status.textContent = '';
}

/** Changes the element in place, so that a panel stays open and a call continues. */
function present(tenant, attributes) {
  if (agent?.getAttribute('tenant') !== tenant) {
    agent?.remove();
    agent = document.createElement('vapi-agent');
    agent.setAttribute('tenant', tenant);
  }
  const wanted = new Map(attributes);
  for (const name of [...Object.keys(usual), ...flags]) {
    if (!wanted.has(name)) agent.removeAttribute(name);
    else if (agent.getAttribute(name) !== wanted.get(name)) agent.setAttribute(name, wanted.get(name));
  }
  if (!agent.isConnected) stage.append(agent);
}

function snippet(tenant, attributes, style) {
  const escaped = (text) => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');
  const markup = [['tenant', tenant], ...attributes]
    .map(([name, value]) => (value === '' ? ` ${name}` : ` ${name}="${escaped(value)}"`))
    .join('');
  return [
    ...(style ? [`<style>${style}</style>`] : []),
    `<script type="module" src="${server}/widget.js"></script>`,
    `<vapi-agent${markup}></vapi-agent>`,
  ].join('\n');
}

async function copy({ currentTarget: button }) {
  const source = document.getElementById(button.dataset.copies);
  const status = button.parentElement.querySelector('[role=status]');
  try {
    await navigator.clipboard.writeText(source.textContent);
    status.textContent = 'Copied';
  } catch {
    getSelection().selectAllChildren(source);
    status.textContent = 'Your browser does not let pages copy; the text is selected';
  }
}

form.addEventListener('input', ({ target }) => {
  if (target.name === 'accent') form.elements.ownColour.checked = true;
  void show();
});
// The fields are reset only after this event.
form.addEventListener('reset', () => setTimeout(show));
form.addEventListener('submit', (event) => event.preventDefault());
for (const button of document.querySelectorAll('[data-copies]')) button.addEventListener('click', copy);
void show();
