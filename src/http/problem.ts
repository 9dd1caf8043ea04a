import { z } from 'zod';
import type { AppError } from '../common/errors/app-error.js';

/** application/problem+json, RFC 9457, with a stable `code`. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    instance: z.string().optional(),
    retryable: z.boolean(),
    retryAfter: z.number().optional(),
    errors: z
      .array(
        z.object({
          path: z.string(),
          message: z.string(),
          line: z.int().optional(),
          column: z.int().optional(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem' });

export type Problem = z.infer<typeof problemSchema>;

export function toProblem(error: AppError, instance?: string): Problem {
  return {
    type: `urn:wheelhouse:error:${error.code}`,
    title: error.title,
    status: error.status,
    code: error.code,
    detail: error.detail,
    ...(instance === undefined ? {} : { instance }),
    retryable: error.retryable,
    ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
    ...(error.errors === undefined ? {} : { errors: error.errors }),
  };
}
