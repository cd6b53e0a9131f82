/** Figures by day as a line chart beside those of the period before; a day is chosen by pointer or arrow keys. */
import { css, html, LitElement } from 'lit';
import { dateLocale, say, sayCount } from '../language/words.ts';
// Before uPlot.
import './valid-language.ts';
import uPlot from 'uplot';
import { count, dayName } from '../pure/format.ts';
import { shared } from './style.ts';

const height = 208;

export class DayChartElement extends LitElement {
  static override styles = [
    shared,
    css`
      /* What uPlot’s own sheet does, for the parts that are used here. */
      .uplot, .u-wrap { position: relative; }
      .u-wrap { user-select: none; }
      .uplot canvas { position: relative; display: block; width: 100%; height: 100%; }
      .u-over, .u-under { position: absolute; }
      .u-axis, .u-select, .u-legend { display: none; }
      .u-cursor-x { position: absolute; top: 0; left: 0; height: 100%; border-right: 1px dashed var(--edge); pointer-events: none; }
      .u-cursor-y { display: none; }
      .u-cursor-pt { position: absolute; top: 0; left: 0; border-radius: 50%; border: 0 solid; background-clip: padding-box !important;
        pointer-events: none; }
      .u-off { display: none; }
      .plot { direction: ltr; height: ${height}px; overflow: hidden; }
      .said { min-height: 1.25rem; margin: 0.5rem 0 0; }
      .key { display: inline-block; width: 1rem; margin-inline-end: 0.25rem; border-top: 2px solid var(--accent); vertical-align: middle; }
      .key.old { border-top: 2px dashed var(--edge); }
      .ink { color: var(--accent); }
      .old-ink { color: var(--edge); }
      .text-ink { color: var(--muted); }
      .line-ink { color: var(--line); }
    `,
  ];
  static override properties = {
    days: { attribute: false },
    values: { attribute: false },
    earlier: { attribute: false },
    summary: { attribute: false },
    at: { state: true },
  };
  /** `YYYY-MM-DD` each, without a gap. */
  declare days: string[];
  declare values: number[];
  /** Of as many days before. */
  declare earlier: number[];
  /** What a screen reader hears of the whole. */
  declare summary: string;
  /** The day that is read out, by its index. */
  declare at: number | null;
  #plot: uPlot | null = null;
  #scheme = matchMedia('(prefers-color-scheme: dark)');
  #width = new ResizeObserver(() => {
    const { clientWidth } = this.#place();
    if (this.#plot && clientWidth > 0) this.#plot.setSize({ width: clientWidth, height });
  });

  constructor() {
    super();
    this.days = [];
    this.values = [];
    this.earlier = [];
    this.summary = '';
    this.at = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#scheme.addEventListener('change', this.#draw);
    if (this.hasUpdated) this.#draw();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#scheme.removeEventListener('change', this.#draw);
    this.#width.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('days')) this.at = null;
  }

  protected override updated(changed: Map<string, unknown>): void {
    if (['days', 'values', 'earlier'].some((name) => changed.has(name))) this.#draw();
  }

  protected override render() {
    const last = Math.max(0, this.days.length - 1);
    const at = this.at ?? last;
    return html`<p class="muted small"><span class="key"></span>${say('thisPeriod')} <span class="key old"></span>${say('before')}</p>
      <div class="plot" role="slider" tabindex="0" aria-label=${this.summary} aria-valuemin="0" aria-valuemax=${last}
        aria-valuenow=${at} aria-valuetext=${this.#text(at)} @keydown=${this.#key}></div>
      <p class="said muted small" aria-hidden="true">${this.at === null ? '' : this.#text(at)}</p>
      <span hidden><i class="ink"></i><i class="old-ink"></i><i class="text-ink"></i><i class="line-ink"></i></span>`;
  }

  #text(at: number): string {
    const day = this.days[at];
    if (day === undefined) return '';
    return say('dayBeside', {
      day: dayName(day),
      now: count(this.values[at] ?? 0),
      days: sayCount('days', this.days.length),
      before: count(this.earlier[at] ?? 0),
    });
  }

  #place(): HTMLElement {
    return this.renderRoot.querySelector('.plot') as HTMLElement;
  }

  /** A canvas knows no custom properties. */
  #color(name: string): string {
    return getComputedStyle(this.renderRoot.querySelector(`.${name}`) as HTMLElement).color;
  }

  #draw = () => {
    const place = this.#place();
    this.#plot?.destroy();
    if (this.days.length === 0) return;
    const [ink, old, text, line] = ['ink', 'old-ink', 'text-ink', 'line-ink'].map((name) =>
      this.#color(name),
    );
    const axis = { stroke: text ?? '', font: '12px system-ui', grid: { stroke: line ?? '', width: 1 } };
    const points = { show: this.days.length === 1 };
    const x = this.days.map((_, index) => index);
    const most = Math.max(1, ...this.values, ...this.earlier);
    this.#plot = new uPlot(
      {
        ...{ width: Math.max(1, place.clientWidth), height, legend: { show: false } },
        scales: { x: { time: false }, y: { range: [0, most * 1.1] } },
        cursor: { y: false, drag: { x: false, y: false, setScale: false } },
        series: [
          {},
          { stroke: ink ?? '', width: 2, points },
          { stroke: old ?? '', width: 1.5, dash: [4, 4], points },
        ],
        axes: [
          {
            ...{
              stroke: axis.stroke,
              font: axis.font,
              grid: { show: false },
              space: 90,
              incrs: [1, 7, 14, 30, 60],
            },
            values: (_plot, splits) => splits.map((split) => shortDay(this.days[split])),
          },
          {
            ...{
              ...axis,
              size: 48,
              incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6],
            },
            values: (_plot, splits) => splits.map(count),
          },
        ],
        hooks: {
          setCursor: [
            ({ cursor }) => {
              this.at = cursor.idx ?? null;
            },
          ],
        },
      },
      [x, this.values, this.earlier],
      place,
    );
    this.#width.observe(place);
  };

  #key = (event: KeyboardEvent) => {
    const last = this.days.length - 1;
    const at = this.at ?? last;
    const next: Record<string, number> = {
      ...{ ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1 },
      ...{ Home: 0, End: last, PageUp: at + 7, PageDown: at - 7 },
    };
    const to = next[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const index = Math.min(last, Math.max(0, to));
    this.#plot?.setCursor({ left: this.#plot.valToPos(index, 'x'), top: 0 });
    this.at = index;
  };
}
customElements.define('day-chart', DayChartElement);

function shortDay(day: string | undefined): string {
  if (day === undefined) return '';
  const options = { timeZone: 'UTC', day: 'numeric', month: 'short' } as const;
  return new Intl.DateTimeFormat(dateLocale(), options).format(Date.parse(`${day}T00:00:00Z`));
}
