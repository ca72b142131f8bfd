/** Types of the page's build for tests. */
export function verifyScript(): string;
export function wholePage(script: string): string;
