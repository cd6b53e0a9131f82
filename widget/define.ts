/**
 * The script entry: `<script type="module" src="https://HOST/widget.js">` registers `<vapi-agent>`.
 * A page that includes it twice, even from two addresses, keeps the first class.
 */
import { VapiAgent } from './vapi-agent.ts';

if (!customElements.get('vapi-agent')) customElements.define('vapi-agent', VapiAgent);
