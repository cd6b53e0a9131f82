/**
 * Sends the requests of a visitor's browser to the backend, from this page: its origin is the site's, so the answer is
 * the one that visitors get, and the site itself needs no outgoing connection.
 */
(({ __, sprintf }, backend) => {
  const button = document.getElementById('vapi-agent-test');
  const result = document.getElementById('vapi-agent-test-result');

  const problem = (...lines) => ({ kind: 'error', lines });

  const originToAllow = () => new URL(button.dataset.home).origin;

  async function findOut() {
    const [server, tenant] = [backend.server(), backend.tenant()];
    if (!server || !tenant)
      return problem(__('Fill in the backend URL and the client name first.', 'vapi-agent'));
    if (!isUrl(server)) {
      return problem(__('The backend URL must look like https://voice.agency.example.', 'vapi-agent'));
    }
    if (location.protocol === 'https:' && server.startsWith('http:') && !isLocal(new URL(server).hostname)) {
      return problem(__('This site uses https, so the backend URL must too.', 'vapi-agent'));
    }
    const answer = await backend.ask(`${server}/v1/widget/${encodeURIComponent(tenant)}`).catch(() => null);
    if (!answer) return unreachable(server);
    const told = await answer.json().catch(() => null);
    if (told && told.code === 'origin_not_allowed') return refused(tenant);
    if (answer.status === 429) {
      return problem(__('Too many requests to the backend. Wait a minute and test again.', 'vapi-agent'));
    }
    if (!answer.ok || !told || told.tenant !== tenant) {
      const text = __(
        /* translators: 1: a URL, 2: an HTTP status */
        'Something answers at %1$s, but it is not the backend (status %2$d). Check the URL.',
        'vapi-agent',
      );
      return problem(sprintf(text, server, answer.status));
    }
    const script = await backend.ask(`${server}/widget.js`).catch(() => null);
    if (!script?.ok) {
      return problem(
        __(
          'The backend answers, but its file widget.js is missing. Report this to the people who run it.',
          'vapi-agent',
        ),
      );
    }
    return working(server, told);
  }

  async function working(server, { tenant, name }) {
    /* translators: %s: the client's name */
    const connected = sprintf(__('Connected to “%s”.', 'vapi-agent'), name);
    const lines = [];
    const closed = await whyClosed(server, tenant);
    if (closed) lines.push(closed);
    if (originToAllow() !== location.origin) {
      const text = __(
        /* translators: %s: an origin such as https://shop.example */
        'Visitors see the site at a different address, which this page cannot test. Ask the people who run the backend whether exactly this origin is allowed too: %s',
        'vapi-agent',
      );
      lines.push(sprintf(text, originToAllow()));
    }
    if (!window.isSecureContext) {
      lines.push(
        __(
          'Browsers allow the microphone only on https pages, and this site does not use https.',
          'vapi-agent',
        ),
      );
    }
    const policy = document.permissionsPolicy || document.featurePolicy;
    if (policy && !policy.allowsFeature('microphone')) {
      lines.push(
        __(
          'This site sends a Permissions-Policy that forbids the microphone: allow microphone=(self).',
          'vapi-agent',
        ),
      );
    }
    return { kind: lines.length === 0 ? 'success' : 'warning', lines: [connected, ...lines] };
  }

  /** Asks for the permission that a visitor's call begins with; nothing is stored or started. */
  async function whyClosed(server, tenant) {
    const body = JSON.stringify({ tenant });
    const answer = await backend.ask(`${server}/v1/sessions`, { method: 'POST', body }).catch(() => null);
    const told = answer && (await answer.json().catch(() => null));
    if (told && told.code === 'tenant_paused') {
      return __(
        'It is paused: no one can start a conversation until the people who run the backend resume it.',
        'vapi-agent',
      );
    }
    if (told && told.code === 'outside_hours') {
      return __('It is outside its opening hours: no one can start a conversation now.', 'vapi-agent');
    }
    return null;
  }

  /** The backend gives the same answer to an unknown client and to a page that is not allowed. */
  function refused(tenant) {
    if (location.origin !== originToAllow()) {
      const elsewhere = __(
        /* translators: 1: the origin of this page, 2: the origin that counts, 3: the client name */
        'The backend answers, but this page (%1$s) cannot test it: visitors see the site at a different address, and only that one counts. Ask the people who run the backend whether exactly this origin is allowed: %2$s, and whether the client is named “%3$s”.',
        'vapi-agent',
      );
      return { kind: 'warning', lines: [sprintf(elsewhere, location.origin, originToAllow(), tenant)] };
    }
    const text = __(
      /* translators: 1: the client name, 2: an origin such as https://shop.example */
      'The backend answers, but refuses this site. Either there is no client “%1$s”, or the site is not on that client’s list. Ask the people who run it to allow exactly this origin: %2$s',
      'vapi-agent',
    );
    return problem(sprintf(text, tenant, originToAllow()));
  }

  /** An answer that may not be read is still an answer: a server is there, but not the backend. */
  async function unreachable(server) {
    const isThere = await backend.ask(server, { mode: 'no-cors' }).then(
      () => true,
      () => false,
    );
    const text = isThere
      ? /* translators: %s: a URL */
        __('Something answers at %s, but it is not the backend. Check the URL.', 'vapi-agent')
      : __(
          /* translators: %s: a URL */
          'Nothing answers at %s: the backend is down, the URL is mistyped, or a security plugin blocks the connection.',
          'vapi-agent',
        );
    return problem(sprintf(text, server));
  }

  function isUrl(text) {
    try {
      return Boolean(new URL(text));
    } catch {
      return false;
    }
  }

  function isLocal(host) {
    return ['localhost', '127.0.0.1', '[::1]'].includes(host);
  }

  function show({ kind, lines }) {
    result.className = `notice inline notice-${kind}`;
    result.replaceChildren(
      ...lines.map((line) => {
        const paragraph = document.createElement('p');
        paragraph.textContent = line;
        return paragraph;
      }),
    );
  }

  button.addEventListener('click', async () => {
    button.disabled = true;
    result.className = '';
    result.textContent = __('Testing…', 'vapi-agent');
    try {
      show(await findOut());
    } catch (error) {
      show(problem(String(error)));
    } finally {
      button.disabled = false;
    }
  });
})(window.wp.i18n, window.vapiAgentBackend);
