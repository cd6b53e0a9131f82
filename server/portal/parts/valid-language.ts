/** uPlot formats by the browser's language as soon as it is loaded; some browsers name one that is not a language tag. */
try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en', configurable: true });
}
