/** Makes any operator colour readable on the portal's backgrounds. Pure. */

type Rgb = [number, number, number];

/** WCAG 2's contrast ratio, 1 to 21. @param a @param b `#rrggbb` */
export function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(parse(a)), luminance(parse(b))].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/**
 * @param color `#rrggbb`
 * @returns it, or the nearest mixture with black or white whose contrast to every background is at least 4.5
 */
export function readable(color: string, backgrounds: string[]): string {
  const towards: Rgb = luminance(parse(backgrounds[0] ?? '#ffffff')) > 0.4 ? [0, 0, 0] : [255, 255, 255];
  for (let step = 0; step <= 20; step += 1) {
    const mixed = format(mix(parse(color), towards, step / 20));
    if (backgrounds.every((background) => contrast(mixed, background) >= 4.5)) return mixed;
  }
  return format(towards);
}

function parse(color: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)) as Rgb;
}

function format(color: Rgb): string {
  return `#${color.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return from.map((part, index) => part + ((to[index] ?? 0) - part) * share) as Rgb;
}

function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
