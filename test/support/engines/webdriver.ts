/** As much of a W3C WebDriver client as the tests need: one session, over plain HTTP. */

/** An element of the page, as the protocol writes it. */
export type ElementReference = Record<string, string>;

export class WebDriverSession {
  readonly #base: string;

  private constructor(base: string) {
    this.#base = base;
  }

  /**
   * @param driver base URL of a driver that is ready
   * @param capabilities what the session must have
   * @throws {Error} with the driver's words when it refuses
   */
  static async open(driver: string, capabilities: Record<string, unknown>): Promise<WebDriverSession> {
    const { sessionId } = await command<{ sessionId: string }>('POST', `${driver}/session`, {
      capabilities: { alwaysMatch: capabilities },
    });
    return new WebDriverSession(`${driver}/session/${sessionId}`);
  }

  navigate(url: string): Promise<void> {
    return this.#post('url', { url });
  }

  url(): Promise<string> {
    return command('GET', `${this.#base}/url`);
  }

  /** Runs a function's body in the page; `arguments` are the JSON values given. Promises are waited for. */
  execute<Result>(body: string, args: unknown[] = []): Promise<Result> {
    return this.#post('execute/sync', { script: body, args });
  }

  /** A click of the mouse in the middle of the element, after it was scrolled into view. */
  click(element: ElementReference): Promise<void> {
    return this.#post(`element/${Object.values(element)[0]}/click`, {});
  }

  /** One key, in the way of the page's focus; special keys have code points of WebDriver's own. */
  async press(key: string): Promise<void> {
    const actions = [
      { type: 'keyDown', value: key },
      { type: 'keyUp', value: key },
    ];
    await this.#post('actions', { actions: [{ type: 'key', id: 'keyboard', actions }] });
  }

  /** The mouse comes to rest over the element. */
  async hover(element: ElementReference): Promise<void> {
    const actions = [{ type: 'pointerMove', origin: element, x: 0, y: 0, duration: 0 }];
    const parameters = { pointerType: 'mouse' };
    await this.#post('actions', { actions: [{ type: 'pointer', id: 'mouse', parameters, actions }] });
  }

  /** What follows is about this frame; `null` is the page itself. */
  frame(element: ElementReference | null): Promise<void> {
    return this.#post('frame', { id: element });
  }

  /** The window's outer size in CSS pixels. */
  async resize(width: number, height: number): Promise<void> {
    await this.#post('window/rect', { width, height });
  }

  close(): Promise<void> {
    return command('DELETE', this.#base);
  }

  #post<Result>(path: string, body: unknown): Promise<Result> {
    return command('POST', `${this.#base}/${path}`, body);
  }
}

async function command<Result>(method: string, url: string, body?: unknown): Promise<Result> {
  const response = await fetch(url, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: Result & { error?: string; message?: string } };
  if (!response.ok) throw new Error(`WebDriver: ${value.error}: ${value.message}`);
  return value;
}
