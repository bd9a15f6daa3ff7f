/**
 * Pure. A repair of kafkajs, made by importing this file: its request queue wakes up a hundred times a
 * second when idle, and sets timers to negative times, of which Node warns.
 */
const queue: {
  prototype: { pending: unknown[]; scheduleCheckPendingRequests(): void };
} = require("kafkajs/src/network/requestQueue");

const scheduleCheck = queue.prototype.scheduleCheckPendingRequests;
queue.prototype.scheduleCheckPendingRequests = function (): void {
  if (this.pending.length > 0) scheduleCheck.call(this);
};
