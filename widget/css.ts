/** CSS as a plain string. The build recognizes the tag and removes comments and white space. */
export const css = (text: TemplateStringsArray): string => text[0] as string;
