/** A shop's bag, filled by its buttons and by the agent alike. */
const bag = new Map();
const shown = document.querySelector('#bag');

function add(product, quantity = 1) {
  bag.set(product, (bag.get(product) ?? 0) + quantity);
  const text = [...bag].map(([name, count]) => `${count} × ${name}`).join(', ');
  shown.textContent = text;
  return `The bag now has: ${text}`;
}

function order() {
  if (bag.size === 0) throw new Error('the bag is empty');
  bag.clear();
  shown.textContent = 'Ordered. Thank you!';
  return 'The order is placed.';
}

for (const button of document.querySelectorAll('[data-product]'))
  button.addEventListener('click', () => add(button.dataset.product));

document.addEventListener('vapi-agent-tool', ({ detail }) => {
  const { name, arguments: given } = detail;
  // A function, so that what it throws is reported to the agent.
  if (name === 'add_to_bag') detail.respondWith(() => add(given.product, given.quantity));
  if (name === 'place_order') detail.respondWith(order);
});
