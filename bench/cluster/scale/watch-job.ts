/** What the process of the watchers is told, and what it answers. */

/** Bucket with the members' keys. */
export const BUCKET = 'witan-scale';

/** Asks how many changes were taken in since its start; answered with that number. */
export const HOW_MANY = 'how-many';
