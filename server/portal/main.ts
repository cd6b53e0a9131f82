/** Starts the portal. Its address is `…/portal/#/…`: the part after the hash names the view. */
import './portal-app.ts';
import { documentStyle } from './parts/style.ts';

const sheet = new CSSStyleSheet();
sheet.replaceSync(documentStyle.cssText);
document.adoptedStyleSheets.push(sheet);
