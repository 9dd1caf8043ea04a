import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { problemSchema } from './problem.js';

type JsonObject = Record<string, unknown>;

/** zod speaks JSON Schema 2020-12, which is what OpenAPI 3.1 wants; named parts become components. */
function toJsonSchema(
  schema: z.ZodType,
  io: 'input' | 'output',
): { schema: JsonObject; components: JsonObject } {
  const made = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' }) as JsonObject;
  const { $defs, $schema: _dialect, ...rest } = made;
  const text = JSON.stringify({ rest, $defs: $defs ?? {} }).replaceAll('#/$defs/', '#/components/schemas/');
  const moved = JSON.parse(text) as { rest: JsonObject; $defs: JsonObject };
  return { schema: moved.rest, components: moved.$defs };
}

/** Every operation may end in a problem; saying so once here keeps the controllers readable. */
function addProblems(document: OpenAPIObject): void {
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  for (const item of Object.values(document.paths)) {
    for (const method of ['get', 'put', 'post', 'delete', 'patch'] as const) {
      const operation = item[method];
      if (operation)
        operation.responses['default'] = { description: 'What went wrong, with a stable code', content };
    }
  }
  const { components } = toJsonSchema(problemSchema, 'output');
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...(components as Record<string, object>) },
  };
}

export function openApiDocument(app: INestApplication, version: string): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Wheelhouse')
    .setDescription('Sandboxes, terminals and continuous grading for training platforms')
    .setVersion(version)
    .addBearerAuth()
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    standardSchemaConverter: ((schema: unknown, options: { schemaType?: 'input' | 'output' }) =>
      toJsonSchema(schema as z.ZodType, options?.schemaType ?? 'output')) as never,
  });
  addProblems(document);
  return document;
}
