/**
 * Pure. How RabbitMQ is talked to where no configuration file says so: oslo.messaging's defaults.
 */
import { MESSAGING_OPTIONS } from "../config/messaging_options.ts";
import { OptionValues } from "../config/option_values.ts";
import type { RabbitOptions } from "../config/pipeline_config.ts";
import { readRabbitOptions } from "../config/read_messaging.ts";

/** `[oslo_messaging_rabbit]` without a line. */
export function watchOptions(): RabbitOptions {
  const nothing = { commandLine: new Map(), environment: {}, files: [] };
  return readRabbitOptions(new OptionValues(MESSAGING_OPTIONS, nothing));
}
