/**
 * Asks the backend how the client is set up, shows it beside "As the client is set up", and adds it to the form: the
 * site stores it, because a page sends the backend no request before a visitor approaches the button.
 */
(({ __, sprintf }, backend) => {
  const kept = document.getElementById('vapi-agent-client');
  const { form } = kept;
  /** The element's defaults for what a client leaves unset. */
  const usual = { placement: 'bottom-right', theme: 'auto', mode: 'voice', rejoin: 'no' };
  const placeholders = { label: __('Talk to us', 'vapi-agent'), accent: '#14635c' };
  /** Set while the backend is being asked. */
  let asking = null;

  const choices = (name) => [...document.getElementById(`vapi-agent-${name}`).options];

  function show() {
    const client = JSON.parse(kept.value);
    for (const [name, otherwise] of Object.entries(placeholders)) {
      document.getElementById(`vapi-agent-${name}`).placeholder = client[name] || otherwise;
    }
    for (const [name, otherwise] of Object.entries(usual)) {
      const [first, ...others] = choices(name);
      const chosen = others.find(({ value }) => value === (client[name] || otherwise));
      /* translators: %s: the current value, such as Top left */
      const text = __('As the client is set up: %s', 'vapi-agent');
      first.text = client.tenant ? sprintf(text, chosen.text) : __('As the client is set up', 'vapi-agent');
    }
  }

  /** Silent on failure: "Test connection" reports it. */
  async function take() {
    const [server, tenant] = [backend.server(), backend.tenant()];
    if (!server || !tenant) return;
    const answer = await backend.ask(`${server}/v1/widget/${encodeURIComponent(tenant)}`);
    const told = answer.ok ? await answer.json() : null;
    // Another client may have been filled in meanwhile.
    const isWanted = backend.server() === server && backend.tenant() === tenant;
    if (!told || told.tenant !== tenant || !isWanted) return;
    const { accentColor, radius, theme, placement } = told.appearance;
    const client = {
      ...{ server, tenant, radius, theme, placement, accent: accentColor },
      ...{ mode: told.modes[0], label: told.texts.launcher, rejoin: told.rejoinCalls ? 'yes' : 'no' },
    };
    kept.value = JSON.stringify(client);
    show();
  }

  function ask() {
    const asked = take()
      .catch(() => {})
      .then(() => {
        if (asking === asked) asking = null;
      });
    asking = asked;
  }

  for (const name of ['server', 'tenant']) {
    document.getElementById(`vapi-agent-${name}`).addEventListener('change', ask);
  }
  // Tested again after a fix.
  document.getElementById('vapi-agent-test').addEventListener('click', ask);
  form.addEventListener('submit', (event) => {
    if (!asking) return;
    event.preventDefault();
    // Its button is named "submit", which hides the method.
    asking.then(() => HTMLFormElement.prototype.submit.call(form));
  });
  show();
  ask();
})(window.wp.i18n, window.vapiAgentBackend);
