/** The backend that the two fields name, asked from this page. Both scripts of the page use it. */
window.vapiAgentBackend = (() => {
  const timeoutMs = 10000;
  const field = (name) => document.getElementById(`vapi-agent-${name}`).value.trim();

  return {
    tenant: () => field('tenant').toLowerCase(),

    /** The address as it is meant: people leave the scheme out, or a slash at the end in. */
    server() {
      const written = field('server').replace(/\/+$/, '');
      return !written || written.includes('://') ? written : `https://${written}`;
    },

    /** Rejects when nothing answers within ten seconds. */
    ask(url, options) {
      const stop = new AbortController();
      const timer = setTimeout(() => stop.abort(), timeoutMs);
      const request = { cache: 'no-store', credentials: 'omit', signal: stop.signal, ...options };
      return fetch(url, request).finally(() => clearTimeout(timer));
    },
  };
})();
