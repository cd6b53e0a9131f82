/** Writes the element's events into the list `#events`, newest first. */
const list = document.querySelector('#events');
const names = ['ready', 'open', 'close', 'before-call', 'consent', 'call-start', 'call-end', 'error'];
const most = 8;

for (const name of names) {
  document.addEventListener(`vapi-agent-${name}`, ({ type, detail }) => {
    const line = document.createElement('li');
    const what = document.createElement('code');
    what.textContent = detail ? `${type} ${JSON.stringify(detail)}` : type;
    line.append(what);
    list.prepend(line);
    list.children[most]?.remove();
  });
}
