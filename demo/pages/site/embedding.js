/** Another author's component, with a different style. */
class BusinessCard extends HTMLElement {
  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`
      :host { display: grid; gap: 12px; justify-items: start }
      button { border: 6px solid #b91c1c !important; padding: 10px 14px; font: italic 18px serif }
      vapi-agent { --vapi-agent-accent: #0b6477 }
    `);
    root.adoptedStyleSheets = [sheet];
    root.innerHTML = `<button type="button">The component’s own</button>
      <vapi-agent tenant="riverside-dental" placement="inline" label="Book by voice"></vapi-agent>`;
  }
}
customElements.define('business-card', BusinessCard);
