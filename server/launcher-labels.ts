/**
 * The launcher's text in each language of the element. A page loads no language before its visitor's intent, so the
 * snippet has to contain it. The same texts as `launcher` in `widget/strings`.
 */
export const launcherLabels = {
  en: 'Talk to us',
  ar: 'تحدّث إلينا',
  de: 'Sprechen Sie mit uns',
  es: 'Hable con nosotros',
  fr: 'Parlez-nous',
  it: 'Parli con noi',
  ja: 'お話はこちら',
  nl: 'Praat met ons',
  pl: 'Porozmawiaj z nami',
  pt: 'Fale com o assistente',
  tr: 'Bizimle konuşun',
  zh: '与我们通话',
} as const;
