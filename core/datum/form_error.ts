/**
 * Pure. Why something is no datum: thrown while one is read, turned into a refusal by read_datum.ts.
 */

/** `decode`: the bytes are no such text. `invalid`: they are, and a member is missing or unusable. */
export class FormError extends Error {
  override readonly name = "FormError";

  constructor(
    readonly class_: "decode" | "invalid",
    text: string,
    /** In characters from 1, where it is known. */
    readonly column?: number,
  ) {
    super(text);
  }
}

/** An error of class `invalid`, to be thrown. */
export function invalidForm(text: string): FormError {
  return new FormError("invalid", text);
}
