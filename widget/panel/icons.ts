/** The panel's icons: 24 x 24, strokes in the text's colour, hidden from screen readers. Lazy parts have their own. */
import { type SVGTemplateResult, svg } from 'lit';

export const icon = (path: string): SVGTemplateResult =>
  svg`<svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" stroke-width="2"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${path}></path></svg>`;

export const icons = {
  close: icon('M6 6l12 12M18 6L6 18'),
  minimise: icon('M6 9l6 6 6-6'),
  microphone: icon(
    'M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.500V21',
  ),
  microphoneOff: icon(
    'M4 4l16 16M9 9v2a3 3 0 0 0 4.5 2.600M15 11V6a3 3 0 0 0-5.7-1.300M5.5 11a6.5 6.5 0 0 0 10 5.500M18.5 11a6.5 6.5 0 0 1-.6 2.700M12 17.500V21',
  ),
  phone: icon(
    'M6.5 3.500h2.700l1.5 4.3-2 1.600a12 12 0 0 0 5.9 5.900l1.6-2 4.3 1.500v2.700a2 2 0 0 1-2.2 2A17 17 0 0 1 4.5 5.700a2 2 0 0 1 2-2.200z',
  ),
  hangUp: icon(
    'M3.2 14.800c-1-3 3.6-6.3 8.8-6.300s9.8 3.3 8.8 6.300c-.3.9-1.1 1.2-2 1l-2.6-.6c-.8-.2-1.2-.8-1.2-1.600v-1.400a11 11 0 0 0-6 0v1.400c0 .8-.4 1.4-1.2 1.600l-2.6.6c-.9.2-1.7-.1-2-1z',
  ),
  settings: icon('M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4'),
  notice: icon('M12 7.500v5.500M12 16.500v.1M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z'),
};
