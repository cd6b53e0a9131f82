/**
 * Asks the backend what a visitor's browser would ask it, from this page: its origin is the site's, so the answer is
 * the one that visitors get, and the site itself needs no way out to the internet.
 */
(({ __, sprintf }) => {
  const button = document.getElementById('vapi-agent-test');
  const result = document.getElementById('vapi-agent-test-result');
  const field = (name) => document.getElementById(`vapi-agent-${name}`).value.trim();
  const timeoutMs = 10000;

  const get = (url, options) => {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), timeoutMs);
    const request = { cache: 'no-store', credentials: 'omit', signal: stop.signal, ...options };
    return fetch(url, request).finally(() => clearTimeout(timer));
  };

  const problem = (...lines) => ({ works: false, lines });

  const originToAllow = () => new URL(button.dataset.home).origin;

  async function findOut() {
    const tenant = field('tenant').toLowerCase();
    const written = field('server').replace(/\/+$/, '');
    if (!written || !tenant)
      return problem(__('Fill in the backend URL and the client name first.', 'vapi-agent'));
    const server = written.includes('://') ? written : `https://${written}`;
    if (!URL.canParse(server)) {
      return problem(__('The backend URL must look like https://voice.agency.example.', 'vapi-agent'));
    }
    if (location.protocol === 'https:' && server.startsWith('http:') && !isLocal(new URL(server).hostname)) {
      return problem(__('This site uses https, so the backend URL has to as well.', 'vapi-agent'));
    }
    const answer = await get(`${server}/v1/widget/${encodeURIComponent(tenant)}`).catch(() => null);
    if (!answer) return unreachable(server);
    const told = await answer.json().catch(() => null);
    if (told && told.code === 'origin_not_allowed') return refused(tenant);
    if (answer.status === 429) {
      return problem(__('The backend was asked too often. Wait a minute and test again.', 'vapi-agent'));
    }
    if (!answer.ok || !told || told.tenant !== tenant) {
      /* translators: 1: a URL, 2: an HTTP status */
      const text = __(
        'Something answers at %1$s, but it is not the backend (status %2$d). Check the URL.',
        'vapi-agent',
      );
      return problem(sprintf(text, server, answer.status));
    }
    const script = await get(`${server}/widget.js`).catch(() => null);
    if (!script?.ok) {
      return problem(
        __(
          'The backend answers, but its file widget.js is missing. Tell the people who run it.',
          'vapi-agent',
        ),
      );
    }
    return working(told.name);
  }

  function working(name) {
    /* translators: %s: the client's name */
    const lines = [sprintf(__('Connected to “%s”.', 'vapi-agent'), name)];
    if (originToAllow() !== location.origin) {
      /* translators: %s: an origin such as https://shop.example */
      const text = __('Visitors see the site at another address: %s must be allowed too.', 'vapi-agent');
      lines.push(sprintf(text, originToAllow()));
    }
    if (!window.isSecureContext) {
      lines.push(
        __('Browsers give the microphone only to https pages, and this site has none.', 'vapi-agent'),
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
    return { works: lines.length === 1, lines };
  }

  /** The backend answers an unknown client and a page that is not allowed alike. */
  function refused(tenant) {
    /* translators: 1: the client name, 2: an origin such as https://shop.example */
    const text = __(
      'The backend is there, but refuses this site. Either it knows no client “%1$s”, or the site is not on that client’s list. Ask the people who run it to allow exactly this origin: %2$s',
      'vapi-agent',
    );
    const lines = [sprintf(text, tenant, originToAllow())];
    if (location.origin !== originToAllow()) {
      /* translators: %s: an origin such as https://shop.example */
      lines.push(sprintf(__('This page, where you are testing, is %s.', 'vapi-agent'), location.origin));
    }
    return problem(...lines);
  }

  /** An answer that may not be read is still an answer: something is there, only not the backend. */
  async function unreachable(server) {
    const isThere = await get(server, { mode: 'no-cors' }).then(
      () => true,
      () => false,
    );
    const text = isThere
      ? /* translators: %s: a URL */
        __('Something answers at %s, but it is not the backend. Check the URL.', 'vapi-agent')
      : /* translators: %s: a URL */
        __(
          'Nothing answers at %s: the backend is down, the URL is mistyped, or a security plugin forbids the connection.',
          'vapi-agent',
        );
    return problem(sprintf(text, server));
  }

  function isLocal(host) {
    return ['localhost', '127.0.0.1', '[::1]'].includes(host);
  }

  function show({ works, lines }) {
    result.className = `notice inline ${works ? 'notice-success' : 'notice-error'}`;
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
    show(await findOut());
    button.disabled = false;
  });
})(window.wp.i18n);
