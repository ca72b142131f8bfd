/** nact's hierarchical paths. */

const VALID_NAME = /^[a-z0-9-$_.+!*'(),]+$/i;

/** Place of an actor in its system; immutable. */
export class ActorPath {
  readonly system: string;
  readonly parts: string[];

  constructor(parts: string[], system: string) {
    this.system = system;
    this.parts = parts;
  }

  /**
   * Path of a child. @throws Error when the name is not made of the letters that RFC 1738 leaves unescaped
   */
  createChildPath(name: string): ActorPath {
    if (!ActorPath.isValidName(name)) {
      throw new Error(
        'Invalid argument: path may only contain URI encoded characters, RFC1738 alpha, digit, safe, extra',
      );
    }
    return new ActorPath([...this.parts, name], this.system);
  }

  static isValidName(name: unknown): name is string {
    return typeof name === 'string' && VALID_NAME.test(name);
  }

  static root(system?: string): ActorPath {
    return new ActorPath([], system as string);
  }

  toString(): string {
    return `${this.system}://${this.parts.join('/')}`;
  }
}
