import { z } from 'zod';

export const LOCALES = ['fr', 'en'] as const;
export type Locale = (typeof LOCALES)[number];

export const idSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,47}$/, 'must be 1 to 48 characters of [a-z0-9-], a letter first');

/** Text per locale; lint asks for every locale of the lab. */
export const localized = z.partialRecord(z.enum(LOCALES), z.string().min(1).max(300));
export type Localized = z.infer<typeof localized>;

/** The text in the asked locale, else in the lab's first. */
export function textIn(text: Localized, locale: string, locales: readonly string[]): string {
  return text[locale as Locale] ?? text[locales[0] as Locale] ?? Object.values(text)[0] ?? '';
}
