/** Shows what is chosen at once, as a new element, and writes the snippet that makes the same on the client's page. */
const form = document.querySelector('form');
const { server } = document.body.dataset;
const defaults = {
  mode: 'voice',
  placement: 'bottom-right',
  theme: 'auto',
  size: 'medium',
  lang: '',
  label: '',
};
const sheet = new CSSStyleSheet();
document.adoptedStyleSheets.push(sheet);

const escaped = (text) => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');

function show() {
  const chosen = Object.fromEntries(new FormData(form));
  const attributes = Object.entries(defaults).filter(([name, usual]) => chosen[name] !== usual);
  const looks = [
    ...(chosen.ownColour ? [`--vapi-agent-accent: ${chosen.accent}`] : []),
    ...(chosen.radius === '20' ? [] : [`--vapi-agent-radius: ${chosen.radius}px`]),
  ];
  const agent = document.createElement('vapi-agent');
  agent.setAttribute('tenant', chosen.tenant);
  for (const [name] of attributes) agent.setAttribute(name, chosen[name]);
  const style = looks.length > 0 ? `vapi-agent { ${looks.join('; ')} }` : '';
  sheet.replaceSync(style);
  document.querySelector('#stage').replaceChildren(agent);

  const names = ['tenant', ...attributes.map(([name]) => name)];
  const markup = names.map((name) => ` ${name}="${escaped(chosen[name])}"`).join('');
  document.querySelector('#snippet').textContent = [
    ...(style ? [`<style>${style}</style>`] : []),
    `<script type="module" src="${server}/widget.js"></script>`,
    `<vapi-agent${markup}></vapi-agent>`,
  ].join('\n');
}

form.addEventListener('input', show);
document.querySelector('#copy').addEventListener('click', async () => {
  await navigator.clipboard.writeText(document.querySelector('#snippet').textContent);
  document.querySelector('[role=status]').textContent = 'Copied';
});
show();
