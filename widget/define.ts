/**
 * The script entry: `<script type="module" src="https://HOST/widget.js">` registers `<vapi-agent>`.
 * If a page includes it twice, even from two addresses, the first class stays.
 */
import { VapiAgent } from './vapi-agent.ts';

try {
  customElements.define('vapi-agent', VapiAgent);
} catch {
  // It is there already.
}
