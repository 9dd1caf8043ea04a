/** The machine cannot run what the labs need. */
export class CannotTry extends Error {}
