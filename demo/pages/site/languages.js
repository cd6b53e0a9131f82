/** Only the attribute changes; the element does the rest. */
const agent = document.querySelector('vapi-agent');

document.querySelector('.tiles').addEventListener('change', ({ target }) => {
  agent.lang = target.value;
});
