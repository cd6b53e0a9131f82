/** CSS as a plain string. The build recognises the tag and takes comments and white space out. */
export const css = (text: TemplateStringsArray): string => text[0] as string;
