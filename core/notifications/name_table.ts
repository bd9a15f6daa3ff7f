/**
 * Pure. `NameTable`: tells whether an object of a text has a member's name twice.
 */

/** Names of all objects of one text, by hash; of many names it says no. */
export class NameTable {
  #keys = new Int32Array(16_384);
  /** In which text a place was taken. */
  #texts = new Int32Array(16_384);
  #text = 0;
  #count = 0;

  clear(): void {
    this.#count = 0;
    this.#text = (this.#text + 1) | 0;
  }

  /** False where the object may have the name already. */
  add(object: number, nameHash: number): boolean {
    if (++this.#count * 2 > this.#keys.length) return false;
    const mask = this.#keys.length - 1;
    const key = Math.imul(object + 1, 0x9e3779b1) ^ nameHash;
    for (let at = Math.imul(key, 0x85ebca6b) >>> 7;; at++) {
      const place = at & mask;
      if (this.#texts[place] !== this.#text) {
        this.#texts[place] = this.#text;
        this.#keys[place] = key;
        return true;
      }
      if (this.#keys[place] === key) return false;
    }
  }
}
