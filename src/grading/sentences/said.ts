/** One sentence in every language. */
export interface Said {
  fr: string;
  en: string;
}

export function say(fr: string, en: string): Said {
  return { fr, en };
}

/** The lab host's own namespace has a name for people, too. */
export function namespaceOf(ns: string): { in: Said; of: Said; is: Said } {
  if (ns === 'main') {
    return {
      in: say('dans l’espace principal', 'in the main namespace'),
      of: say('de l’espace principal', 'of the main namespace'),
      is: say('l’espace principal', 'the main namespace'),
    };
  }
  return { in: say(`dans ${ns}`, `in ${ns}`), of: say(`de ${ns}`, `of ${ns}`), is: say(ns, ns) };
}

/** A sentence begins with a capital letter, unless it begins with a name that has none. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
