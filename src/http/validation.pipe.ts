import { StandardSchemaValidationPipe } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';

type Issue = { message: string; path?: readonly (PropertyKey | { key: PropertyKey })[] };

function pathOf(issue: Issue): string {
  let text = '';
  for (const part of issue.path ?? []) {
    const key = typeof part === 'object' ? part.key : part;
    text += typeof key === 'number' ? `[${key}]` : `${text === '' ? '' : '.'}${String(key)}`;
  }
  return text;
}

/** Checks bodies, queries and parameters against their zod schema; the answer names every wrong field. */
export function validationPipe(): StandardSchemaValidationPipe {
  return new StandardSchemaValidationPipe({
    exceptionFactory: (issues: readonly Issue[]) => {
      const errors = issues.slice(0, 50).map((issue) => ({ path: pathOf(issue), message: issue.message }));
      const first = errors[0];
      const where = first?.path ? `${first.path}: ` : '';
      return new AppError('validation_failed', `${where}${first?.message ?? 'not valid'}`, { errors });
    },
  });
}
