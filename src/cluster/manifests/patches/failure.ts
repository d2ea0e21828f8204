/** A patch that cannot be applied, at a place in it or in what it is applied to. */
export class PatchFailure extends Error {
  constructor(path: string, why: string) {
    super(path ? `${path}: ${why}` : why);
    this.name = 'PatchFailure';
  }
}
