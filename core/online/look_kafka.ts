/**
 * Edge (net). Kafka: logs on to a broker and asks for the topics' metadata, which makes no topic.
 */
import { Cluster } from "../kafka/cluster.ts";
import { connectionOf } from "../kafka/endpoint_connection.ts";
import { KafkaFailure } from "../kafka/failure.ts";
import type { KafkaFarEnd } from "./far_end.ts";
import { kafkaRemark, type Remark } from "./remark.ts";

/** The name that brokers' logs know a look by. */
const clientId = "tpctl-validate";

/** Rejects with a ConfigError for a file that cannot be used. */
export async function lookAtKafka(
  { topics, anyTopic, ...access }: KafkaFarEnd,
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly Remark[]> {
  const cluster = new Cluster(await connectionOf(access, clientId));
  const close = (): void => cluster.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    await cluster.refresh(topics);
    const missing = topics.flatMap((topic): Remark[] => {
      const problem = cluster.topicProblem(topic);
      if (problem === undefined) return [];
      const rule = cluster.topicIsAbsent(topic) ? "online/missing" : "online/permission";
      return [{ rule, about: "name", text: problem }];
    });
    return anyTopic && missing.length < topics.length ? [] : missing;
  } catch (error) {
    if (!(error instanceof KafkaFailure)) throw error;
    return [kafkaRemark(error)];
  } finally {
    signal.removeEventListener("abort", close);
    cluster.close();
  }
}
