/**
 * Pure. The requests that we send and what comes back, as far as it is looked at; and the error codes
 * that are decided by.
 */

/** Names as kafkajs files them, keys as the protocol numbers them. */
export const apis = {
  produce: { name: "Produce", key: 0 },
  fetch: { name: "Fetch", key: 1 },
  listOffsets: { name: "ListOffsets", key: 2 },
  metadata: { name: "Metadata", key: 3 },
  offsetCommit: { name: "OffsetCommit", key: 8 },
  offsetFetch: { name: "OffsetFetch", key: 9 },
  findCoordinator: { name: "GroupCoordinator", key: 10 },
  joinGroup: { name: "JoinGroup", key: 11 },
  heartbeat: { name: "Heartbeat", key: 12 },
  leaveGroup: { name: "LeaveGroup", key: 13 },
  syncGroup: { name: "SyncGroup", key: 14 },
  initProducerId: { name: "InitProducerId", key: 22 },
} as const;

/** One of them. */
export type Api = (typeof apis)[keyof typeof apis];

/** Error codes of the protocol that something here is decided by. */
export const codes = {
  unknownServerError: -1,
  offsetOutOfRange: 1,
  corruptMessage: 2,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  notLeader: 6,
  replicaNotAvailable: 9,
  messageTooLarge: 10,
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  invalidTopic: 17,
  recordListTooLarge: 18,
  illegalGeneration: 22,
  inconsistentGroupProtocol: 23,
  unknownMemberId: 25,
  rebalanceInProgress: 27,
  topicAuthorizationFailed: 29,
  outOfOrderSequence: 45,
  duplicateSequence: 46,
  invalidProducerEpoch: 47,
  storageError: 56,
  unknownProducerId: 59,
  fencedLeaderEpoch: 74,
  unknownLeaderEpoch: 75,
  offsetNotAvailable: 78,
  memberIdRequired: 79,
  fencedInstanceId: 82,
  invalidRecord: 87,
} as const;

/** Another broker leads a partition, or none does at the moment: metadata will tell. */
export const leaderMoved: ReadonlySet<number> = new Set([
  codes.unknownTopicOrPartition,
  codes.leaderNotAvailable,
  codes.notLeader,
  codes.replicaNotAvailable,
  codes.storageError,
  codes.fencedLeaderEpoch,
  codes.unknownLeaderEpoch,
  codes.offsetNotAvailable,
]);

/** The cluster's brokers and the partitions of the topics asked for. */
export interface MetadataAnswer {
  readonly brokers: readonly { nodeId: number; host: string; port: number }[];
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly topic: string;
    readonly partitionMetadata: readonly {
      readonly partitionErrorCode: number;
      readonly partitionId: number;
      readonly leader: number;
    }[];
  }[];
}

/** Which broker coordinates a group. */
export interface CoordinatorAnswer {
  readonly errorCode: number;
  readonly coordinator: { readonly nodeId: number; readonly host: string; readonly port: number };
}

/** Our place in the group's new generation; `members` is filled for the leader only. */
export interface JoinAnswer {
  readonly errorCode: number;
  readonly generationId: number;
  readonly groupProtocol: string;
  readonly leaderId: string;
  readonly memberId: string;
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
}

/** Our share of the partitions, encoded. */
export interface SyncAnswer {
  readonly errorCode: number;
  readonly memberAssignment: Buffer;
}

/** An answer that is no more than an error code. */
export interface CodeAnswer {
  readonly errorCode: number;
}

/** Answers per partition; offsets are decimal texts. */
export interface OffsetsAnswer {
  readonly errorCode?: number;
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      readonly offset: string;
    }[];
  }[];
}

/** The same for a commit, without offsets. */
export interface CommitAnswer {
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[];
  }[];
}

/** A number and an epoch that make a producer's retries recognisable. */
export interface ProducerIdAnswer {
  readonly errorCode: number;
  readonly producerId: string;
  readonly producerEpoch: number;
}
