/**
 * Pure. `$name` and `${section.name}` in a value, as oslo.config replaces them (Python's
 * string.Template with dots in names). What a name stands for is the caller's business.
 */

const REFERENCE = /\$(?:(\$)|([_a-z][._a-z0-9]*)|\{([_a-z][._a-z0-9]*)\})/gi;

/** A text with its references replaced. */
export interface Substituted {
  readonly text: string;
  /** The first name that stands for nothing; the text is then of no use. */
  readonly unknown: string | undefined;
}

/** `$$` and `\$` become `$`; a `$` that begins no name stays as it is. */
export function substitute(
  text: string,
  lookUp: (name: string) => string | undefined,
): Substituted {
  let unknown: string | undefined;
  const result = text.replaceAll("\\$", "$$$$").replace(
    REFERENCE,
    (_whole, dollar: string | undefined, plain: string | undefined, braced: string | undefined) => {
      if (dollar !== undefined) return "$";
      const name = plain ?? braced ?? "";
      const value = lookUp(name);
      if (value === undefined) unknown ??= name;
      return value ?? "";
    },
  );
  return { text: result, unknown };
}
