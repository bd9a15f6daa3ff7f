/**
 * Pure. Text as it may stand in XML, in elements and in attributes.
 */

/** What XML 1.0 cannot hold at all. */
const impossible = /[^\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Nothing of it is markup; line breaks and tabs survive in attributes too. */
export function escapeXml(text: string): string {
  return text.replace(impossible, "\ufffd")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;").replaceAll("\t", "&#9;").replaceAll("\n", "&#10;");
}
