/** Names what a form sends, so that a double click or an answer that was lost makes it count once. */
import { Refusal } from './api.ts';

export class Reference {
  #value = newReference();

  /** @param send is given the same name until it has succeeded, or the server says that the name was for something else */
  async use<Result>(send: (reference: string) => Promise<Result>): Promise<Result> {
    try {
      const result = await send(this.#value);
      this.#value = newReference();
      return result;
    } catch (error) {
      if (error instanceof Refusal && error.status === 409) this.#value = newReference();
      throw error;
    }
  }
}

/** Also on a page without https, where there is no `randomUUID`. */
function newReference(): string {
  return `portal-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
}
