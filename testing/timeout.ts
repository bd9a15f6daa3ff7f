/**
 * Edge (test runner). Loaded before every test file (bunfig.toml): real servers take seconds to
 * start, and a test that hangs must still end.
 */
import { setDefaultTimeout } from "bun:test";

setDefaultTimeout(120_000);
