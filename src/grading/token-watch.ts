import { TOKEN_PATTERN } from '../labs/params.js';
import { isObject, type Json } from './json.js';
import type { Observations } from './observation.js';

/** Texts that are remembered as judged; a learner who makes up more makes us ask again, not look away. */
const MAX_JUDGED = 20_000;

/** Looks through what a learner leaves for a token that was drawn for another one. */
export class TokenWatch {
  private judged: Set<string>;

  constructor(
    /** The run's own. */
    private readonly own: readonly string[],
    /** Of these texts, those that are tokens of other learners of this lab. */
    private readonly foreign: (candidates: string[]) => Promise<ReadonlySet<string>>,
  ) {
    this.judged = new Set(own);
  }

  /** `found` gets the name of the observation, never the token; each text is judged once. */
  search(observations: Observations, found: (observation: string) => void): void {
    if (this.judged.size > MAX_JUDGED) this.judged = new Set(this.own);
    const places = new Map<string, string>();
    for (const [name, { value }] of Object.entries(observations)) {
      for (const text of textsOf(value)) {
        for (const [candidate] of text.matchAll(TOKEN_PATTERN)) {
          if (this.judged.has(candidate)) continue;
          this.judged.add(candidate);
          places.set(candidate, name);
        }
      }
    }
    if (places.size === 0) return;
    void this.foreign([...places.keys()]).then(
      (tokens) => {
        for (const [candidate, name] of places) if (tokens.has(candidate)) found(name);
      },
      () => {
        // Asked again with the next look.
        for (const candidate of places.keys()) this.judged.delete(candidate);
      },
    );
  }
}

function* textsOf(value: Json): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (Array.isArray(value)) for (const item of value) yield* textsOf(item);
  else if (isObject(value)) for (const item of Object.values(value)) yield* textsOf(item);
}
