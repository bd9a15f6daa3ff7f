/**
 * Pure. Why the system refused something, in words: its codes, and what they mean of a file.
 */

/** The system's code of a failed call (`ENOENT`, `ECONNRESET`); undefined where the error has none. */
export function systemCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is no folder",
  ELOOP: "its symbolic links lead in a circle",
  ENAMETOOLONG: "its name is too long",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
};

/** Why a file could not be read. */
export function whyUnreadable(error: unknown): string {
  if (systemCode(error) === "ERR_INVALID_ARG_VALUE") return "its name has a NUL character";
  if (error instanceof TypeError) return "it is not UTF-8";
  return systemCode(error) === "ENOENT" ? "it does not exist" : whyRefused(error);
}

/** Why a file could not be written, or made. */
export function whyUnwritable(error: unknown): string {
  return systemCode(error) === "ENOENT" ? "its folder does not exist" : whyRefused(error);
}

function whyRefused(error: unknown): string {
  const code = systemCode(error);
  if (code !== undefined) return reasons[code] ?? code;
  return error instanceof Error ? error.message : String(error);
}
