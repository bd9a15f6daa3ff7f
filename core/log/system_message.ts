/**
 * Pure. A line as syslog (RFC 3164's local form) and the journal (its native protocol) take it.
 */
import { LEVEL_NAMES } from "./levels.ts";
import { type LineOrigin, type LogMessage, messageText } from "./line.ts";
import type { LogLevel } from "./log.ts";
import { strftime } from "./strftime.ts";

/** What one datagram may hold; longer messages are cut. */
const messageBytesMax = 48 * 1024;

/** syslog's severities, as oslo.log gives them. */
const SEVERITIES: Readonly<Record<LogLevel, number>> = {
  debug: 7,
  info: 6,
  warning: 4,
  error: 3,
  critical: 2,
};

/** `<priority>Mmm dd hh:mm:ss program[pid]: line`. */
export function syslogDatagram(
  line: string,
  message: LogMessage,
  from: LineOrigin & { readonly facility: number },
): Uint8Array {
  const priority = from.facility * 8 + SEVERITIES[message.level];
  const time = strftime("%b %e %H:%M:%S", message.timeMs);
  return cut(`<${priority}>${time} ${from.program}[${from.pid}]: ${line}`);
}

/** The message and its fields; the journal keeps time and process by itself. */
export function journalDatagram(
  message: LogMessage,
  from: LineOrigin & { readonly facility: number },
): Uint8Array {
  const entries = [
    ["PRIORITY", `${SEVERITIES[message.level]}`],
    ["SYSLOG_FACILITY", `${from.facility}`],
    ["SYSLOG_IDENTIFIER", from.program],
    ["LOGGER_NAME", message.logger],
    ["LOGGER_LEVEL", LEVEL_NAMES[message.level]],
    ["MESSAGE", messageText(message)],
  ];
  // messageText holds no line break, so the simple form of the protocol does for every field.
  return cut(entries.map(([name, value]) => `${name}=${value}`).join("\n"), "\n");
}

function cut(text: string, end = ""): Uint8Array {
  const encoder = new TextEncoder();
  const bytes = encoder.encode(text + end);
  if (bytes.length <= messageBytesMax) return bytes;
  const kept = new TextDecoder("utf-8", { fatal: false }).decode(
    bytes.subarray(0, messageBytesMax - 8),
  );
  return encoder.encode(`${kept.replace(/\ufffd$/, "")}...${end}`);
}
