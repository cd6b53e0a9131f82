/** Names what a form sends, so that a double click or a lost answer makes it count only once. */
import { Refusal } from './api.ts';

export class Reference {
  #value = newReference();

  /** @param send gets the same name until it succeeds, or the server answers that the name is taken by something else */
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

/** Works on a page without https too, where `randomUUID` is missing. */
function newReference(): string {
  return `portal-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
}
