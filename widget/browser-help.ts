/** Where this browser has the setting for a blocked microphone, as a key of the texts. */
import type { StringKey } from './strings/en.ts';

type Browser = Pick<Navigator, 'userAgent' | 'maxTouchPoints'>;

export function microphoneHelpKey({ userAgent, maxTouchPoints }: Browser): StringKey {
  const isIos = /iP(hone|ad|od)/.test(userAgent);
  // A browser inside another app has no such setting; on iOS it does not call itself Safari.
  if (/; wv\)/.test(userAgent) || (isIos && !/Safari\//.test(userAgent))) return 'unsupportedBrowserHelp';
  // An iPad calls itself a Macintosh, but no Macintosh has a touch screen; on both, every browser is Safari inside.
  if (isIos || (/Macintosh/.test(userAgent) && maxTouchPoints > 1)) {
    return 'microphoneHelpIos';
  }
  if (/Firefox\//.test(userAgent)) return 'microphoneHelpFirefox';
  if (/Chrom(e|ium)\//.test(userAgent)) return 'microphoneHelpChrome';
  return /Safari\//.test(userAgent) ? 'microphoneHelpSafari' : 'microphoneDeniedHelp';
}
