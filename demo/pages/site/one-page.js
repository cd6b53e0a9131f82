/** A minimal router. The view is in the query, so that a reload shows it again. */
const agent = document.querySelector('vapi-agent');
const place = document.querySelector('#view');

function show() {
  const wanted = new URLSearchParams(location.search).get('view') ?? 'shelf';
  const template = document.getElementById(wanted) ?? document.querySelector('#shelf');
  // Moved out of the view before the view goes; removed and inserted in one step, the element keeps its call.
  document.body.append(agent);
  agent.removeAttribute('placement');
  place.replaceChildren(template.content.cloneNode(true));
  const inText = place.querySelector('.agent-place');
  if (inText) {
    agent.setAttribute('placement', 'inline');
    inText.append(agent);
  }
  for (const link of document.querySelectorAll('.views a')) {
    const isHere = link.search === `?view=${template.id}`;
    link.toggleAttribute('aria-current', isHere);
    if (isHere) link.setAttribute('aria-current', 'page');
  }
}

document.querySelector('.views').addEventListener('click', (event) => {
  const link = event.target.closest('a');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, '', link.search);
  show();
});
addEventListener('popstate', show);
show();
