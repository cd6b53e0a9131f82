/** The language of a client's portal: the person's choice in this browser, else the browser's. */
import { chooseLanguage, loadWords } from '../language/languages.ts';
import { useLanguage } from '../language/words.ts';

const storedAs = 'portal-language';

/** Empty for the browser's. Storage can be forbidden; then there is no choice to remember. */
export function chosenLanguage(): string {
  try {
    return localStorage.getItem(storedAs) ?? '';
  } catch {
    return '';
  }
}

/** @param code empty for the browser's */
export function rememberLanguage(code: string): void {
  try {
    if (code) localStorage.setItem(storedAs, code);
    else localStorage.removeItem(storedAs);
  } catch {
    // The page that follows is in the browser's.
  }
}

/** Before anything of a client is shown. If its file cannot be loaded, the reader sees English. */
export async function speakLanguage(): Promise<void> {
  const { code, locale } = chooseLanguage(chosenLanguage(), navigator.languages);
  const words = await loadWords(code);
  if (!words) return;
  useLanguage(words, locale);
  document.documentElement.lang = code;
  document.documentElement.dir = code === 'ar' ? 'rtl' : 'ltr';
}
