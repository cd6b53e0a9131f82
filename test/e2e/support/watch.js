/** The first script of a page and of its frames: collects unexpected events in the page's `complaints`. */
(() => {
  // The element's own time limits are tested elsewhere, with a clock; here they would only measure the machine.
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ms * 100);
  const complaints = [];
  if (window === top) window.complaints = complaints;
  const complain = (text) =>
    window === top ? complaints.push(text) : top.postMessage({ complaint: text }, '*');
  addEventListener('message', ({ data }) => {
    if (data?.complaint) complaints.push(data.complaint);
  });
  addEventListener('error', ({ error, message }) => complain(`uncaught: ${message} ${error?.stack ?? ''}`));
  addEventListener('unhandledrejection', ({ reason }) =>
    complain(`unhandled: ${reason} ${reason?.stack ?? ''}`),
  );
  addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sourceFile }) =>
    complain(`policy violated: ${effectiveDirective} by ${blockedURI} from ${sourceFile}`),
  );
  for (const level of ['warn', 'error']) {
    const real = console[level];
    console[level] = (...parts) => {
      complain(parts.join(' '));
      real.apply(console, parts);
    };
  }
})();
