/** A whole interface for a call: what it shows follows from `agent.state` alone. */
const part = (id) => document.querySelector(`#${id}`);
const { createAgent } = await import(document.querySelector('[data-agent]').dataset.agent);
const agent = createAgent({ tenant: 'acme' });

const words = {
  idle: 'Not called yet.',
  preparing: 'One moment …',
  connecting: 'Ringing …',
  live: 'Connected.',
  ending: 'Hanging up …',
  ended: 'The call is over.',
};

function render() {
  const { phase, muted, transcript, askingMicrophone } = agent.state;
  const isResting = ['idle', 'ended', 'error'].includes(phase);
  part('call').textContent = isResting ? 'Call the bakery' : 'Hang up';
  part('mute').hidden = phase !== 'live';
  part('mute').ariaPressed = String(muted);
  if (phase !== 'error')
    part('status').textContent = askingMicrophone ? 'Please allow the microphone.' : words[phase];
  part('transcript').replaceChildren(
    ...transcript.map(({ role, final, partial }) => {
      const line = document.createElement('li');
      line.textContent = `${role === 'user' ? 'You' : 'Bakery'}: ${[...final, partial].join(' ').trim()}`;
      return line;
    }),
  );
}

agent.addEventListener('change', render);
agent.addEventListener('vapi-agent-error', ({ detail }) => {
  part('status').textContent = detail.message;
});
agent.addEventListener('vapi-agent-volume', ({ detail }) => {
  part('level').value = detail.level;
});
part('call').addEventListener('pointerenter', () => agent.prepare());
part('call').addEventListener('click', () => {
  if (['idle', 'ended', 'error'].includes(agent.state.phase)) agent.start();
  else agent.end();
});
part('mute').addEventListener('click', () => {
  if (agent.state.muted) agent.unmute();
  else agent.mute();
});
// Until now a click would have been lost.
part('call').disabled = false;
