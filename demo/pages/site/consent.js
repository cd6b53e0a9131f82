import './events.js';

document.querySelector('#withdraw').addEventListener('click', () => {
  document.querySelector('vapi-agent').withdrawConsent();
});
