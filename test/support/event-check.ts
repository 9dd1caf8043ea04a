import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** Checks events against the published schemas. */
export class EventCheck {
  private constructor(
    private readonly ajv: Ajv2020,
    private readonly webhook: ValidateFunction,
  ) {}

  static async load(url: string): Promise<EventCheck> {
    const schemas = (await (await fetch(`${url}/v1/schemas/events.json`)).json()) as object;
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
    ajv.addSchema(schemas, 'events');
    return new EventCheck(ajv, ajv.compile({ $ref: 'events#/$defs/webhook' }));
  }

  event(event: { type: string }): void {
    const validate = this.ajv.getSchema(`events#/$defs/${event.type}`);
    if (!validate) throw new Error(`${event.type} is in no published schema`);
    if (!validate(event)) this.fail(event, validate);
  }

  body(body: { data: { type: string } }): void {
    this.event(body.data);
    if (!this.webhook(body)) this.fail(body, this.webhook);
  }

  private fail(what: object, validate: ValidateFunction): never {
    throw new Error(
      `${JSON.stringify(what)} is not what the schema says: ${this.ajv.errorsText(validate.errors)}`,
    );
  }
}
