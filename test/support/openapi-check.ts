import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { ApiAnswer } from './api.js';

interface Operation {
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

/** Checks real answers against the served document: unknown paths, undeclared statuses and wrong shapes throw. */
export class OpenApiCheck {
  readonly checked = new Set<string>();
  private readonly ajv: Ajv2020;

  private constructor(readonly document: Document) {
    this.ajv = new Ajv2020({ strict: false, allErrors: true });
    (addFormats as unknown as (ajv: Ajv2020) => void)(this.ajv);
    this.ajv.addSchema({ $id: 'doc', components: document.components });
  }

  static async load(url: string): Promise<OpenApiCheck> {
    const response = await fetch(`${url}/openapi.json`);
    return new OpenApiCheck((await response.json()) as Document);
  }

  readonly inspect = (method: string, path: string, answer: ApiAnswer): void => {
    const template = this.templateOf(path.split('?')[0]!);
    const operation =
      template === undefined ? undefined : this.document.paths[template]?.[method.toLowerCase()];
    if (!operation) {
      // An unknown route is an answer of its own kind: always a problem.
      if (answer.status !== 404) throw new Error(`${method} ${path} is not in the OpenAPI document`);
      return this.validate(`${method} ${path} 404`, { $ref: 'doc#/components/schemas/Problem' }, answer.body);
    }
    const declared = operation.responses[String(answer.status)];
    if (!declared && answer.status < 400) {
      throw new Error(`${method} ${template}: status ${answer.status} is not declared`);
    }
    const name = `${method} ${template} ${answer.status}`;
    if (answer.status >= 400) {
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      return this.validate(name, { $ref: 'doc#/components/schemas/Problem' }, answer.body);
    }
    const schema = declared?.content?.['application/json']?.schema;
    this.checked.add(name);
    if (answer.status === 204) return;
    if (!schema) throw new Error(`${name} has no schema`);
    this.validate(name, schema, answer.body);
  };

  private templateOf(path: string): string | undefined {
    const parts = path.split('/');
    const fits = (template: string) => {
      const wanted = template.split('/');
      return wanted.length === parts.length && wanted.every((w, i) => w.startsWith('{') || w === parts[i]);
    };
    const found = Object.keys(this.document.paths).filter(fits);
    // `/v1/labs/lint` before `/v1/labs/{slug}`.
    return found.sort((a, b) => a.split('{').length - b.split('{').length)[0];
  }

  private validate(name: string, schema: object, body: unknown): void {
    const text = JSON.stringify(schema).replaceAll('"#/components', '"doc#/components');
    const validate = this.ajv.compile(JSON.parse(text) as object);
    if (!validate(body)) {
      throw new Error(
        `${name} answers what the document does not say: ${this.ajv.errorsText(validate.errors)}`,
      );
    }
  }
}
