/** A line that shows how far a long command is. */

const WIDTH = 30;

/** `label [#####.....]  42 %`; `share` in [0, 1]. */
export function progressBar(share: number, label: string): string {
  const done = Math.round(Math.max(0, Math.min(1, share)) * WIDTH);
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `${label} [${'#'.repeat(done)}${'.'.repeat(WIDTH - done)}] ${percent} %`;
}
