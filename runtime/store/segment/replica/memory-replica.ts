/** LogReplica in memory: the durable one on a disk that is gone with the process. */
import { MemoryDisk } from '../memory-disk.ts';
import { openSegmentReplica, type SegmentReplica, type SegmentReplicaOptions } from './segment-replica.ts';

// As many bytes as an entry may have, and room for its frame.
const SEGMENT_BYTES = 4_259_840;

/** Opens an empty copy in memory; what it calls durable outlives nothing. */
export function openMemoryReplica(
  options: Omit<SegmentReplicaOptions, 'folder' | 'fs' | 'segmentBytes' | 'onThread'>,
): Promise<SegmentReplica> {
  const fs = new MemoryDisk({ keepsOperations: false });
  return openSegmentReplica({ ...options, folder: '/log', fs, segmentBytes: SEGMENT_BYTES });
}
