import type { ItemMemory } from '../protocols/bridge/item-memory.ts';

/** Bytes of items kept, oldest let go first. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Output items of earlier replies, for Responses clients that repeat them by id alone. A provider keeps them unless
 * told not to; in front of one that cannot, the proxy does, for as long as it lives. Keyed by caller.
 */
export class ItemStore {
  /** JSON by key, in order of age. */
  readonly #kept = new Map<string, string>();
  #bytes = 0;

  memory(caller: string): ItemMemory {
    return {
      find: (id) => {
        const json = this.#kept.get(`${caller}:${id}`);
        return json === undefined ? undefined : JSON.parse(json);
      },
      keep: (id, item) => this.#keep(`${caller}:${id}`, JSON.stringify(item)),
    };
  }

  #keep(key: string, json: string): void {
    this.#forget(key);
    this.#kept.set(key, json);
    this.#bytes += json.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= MAX_BYTES) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#kept.get(key)?.length ?? 0;
    this.#kept.delete(key);
  }
}
