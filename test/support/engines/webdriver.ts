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
   * @throws {Error} with the driver's message when it refuses
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

  /** The mouse comes to rest there; CSS pixels of the viewport. */
  move(x: number, y: number): Promise<void> {
    return this.#act('pointer', [{ type: 'pointerMove', x, y, duration: 0 }]);
  }

  /** The mouse goes down where it is. */
  press(): Promise<void> {
    return this.#act('pointer', [{ type: 'pointerDown', button: 0 }]);
  }

  release(): Promise<void> {
    return this.#act('pointer', [{ type: 'pointerUp', button: 0 }]);
  }

  /** One key; WebDriver has its own code points for special keys. */
  strike(value: string): Promise<void> {
    return this.#act('key', [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ]);
  }

  /** What follows concerns this frame; `null` is the page itself. */
  frame(element: ElementReference | null): Promise<void> {
    return this.#post('frame', { id: element });
  }

  /** Of the window with its bars, in CSS pixels. */
  size(): Promise<{ width: number; height: number }> {
    return command('GET', `${this.#base}/window/rect`);
  }

  resize(width: number, height: number): Promise<void> {
    return this.#post('window/rect', { width, height });
  }

  close(): Promise<void> {
    return command('DELETE', this.#base);
  }

  #act(type: 'pointer' | 'key', actions: Record<string, unknown>[]): Promise<void> {
    return this.#post('actions', { actions: [{ type, id: type, actions }] });
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
