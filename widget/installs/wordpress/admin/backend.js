/** The backend that the two fields name, queried from this page. Both scripts of the page use it. */
window.vapiAgentBackend = (() => {
  const timeoutMs = 10000;
  const field = (name) => document.getElementById(`vapi-agent-${name}`).value.trim();

  return {
    tenant: () => field('tenant').toLowerCase(),

    /** The intended address: people omit the scheme, or add a slash at the end. */
    server() {
      const written = field('server').replace(/\/+$/, '');
      return !written || written.includes('://') ? written : `https://${written}`;
    },

    /** Rejects if there is no answer within ten seconds. */
    ask(url, options) {
      const stop = new AbortController();
      const timer = setTimeout(() => stop.abort(), timeoutMs);
      const request = { cache: 'no-store', credentials: 'omit', signal: stop.signal, ...options };
      return fetch(url, request).finally(() => clearTimeout(timer));
    },
  };
})();
