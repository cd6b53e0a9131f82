/** Line icons of 16 pixels, drawn in the colour of the text. */
import { html } from 'lit';

const paths = {
  overview: 'M2.5 2.5h4.5v6h-4.5zM9 2.5h4.5v3.5h-4.5zM9 8.5h4.5v5h-4.5zM2.5 11h4.5v2.5h-4.5z',
  clients:
    'M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M11 3a2.3 2.3 0 0 1 0 4.5M12.5 9.8c1.3.6 2 1.9 2 3.7',
  calls:
    'M3.5 2.5h2l1.2 3-1.5 1.2a8 8 0 0 0 4.1 4.1l1.2-1.5 3 1.2v2c0 .6-.5 1-1 1A10 10 0 0 1 2.5 3.5c0-.5.4-1 1-1z',
  invoices: 'M3.5 1.5h9v13l-2.2-1.5-2.3 1.5-2.3-1.5-2.2 1.5zM6 5h4M6 8h4',
  attention:
    'M8 1.8a4 4 0 0 0-4 4c0 3.5-1.5 5-1.5 5h11s-1.5-1.5-1.5-5a4 4 0 0 0-4-4zM6.5 13.2a1.6 1.6 0 0 0 3 0',
  leads: 'M2 3.5h12v9H2zM2.500 4.500l5.500 4.500 5.500-4.500',
  settings: 'M2 4.5h6M12 4.5h2M2 11.5h2M8 11.5h6M10 2.5v4M6 9.5v4',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.5 10.5l3.5 3.5',
} as const;
export type IconName = keyof typeof paths;

export function icon(name: IconName) {
  return html`<svg class="icon" width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor"
    stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${paths[name]}></path></svg>`;
}
